"""Real processes are killed at every named step and at random moments, and started again: nothing is lost.

What is repeated is the identical mail (same Message-ID, so the same UID and SEQUENCE, byte for byte) or the identical
call to end a room. The mail server and the video host are real sockets in this process.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from confsvc.database import Database
from confsvc.faults import VARIABLE
from rooms.models import Change
from scheduler.booking.book import book
from scheduler.booking.booking import Booked
from scheduler.booking.edit import cancel, change
from scheduler.conduct.facts import NewFact, add_fact
from scheduler.errors import TooLate, WrongMove
from scheduler.models import Attendance, Conference, Effect, Opening, Presence, Tally
from tests.fakes.smtp_sink import SmtpSink
from tests.scheduler.booking.offices import NOW, RULES, wish
from tests.scheduler.conduct.world import World

START = NOW + timedelta(days=7)  # so far ahead that no number of kills makes a letter expire
END = START + timedelta(minutes=30)
MOST_KILLS = 10  # of one story: each costs a lease, and rooms and letters have only so long until nobody needs them
ROOT = Path(__file__).parents[2]
STEPS = ("after_claim", "after_act", "after_act:8", "after_settle", "before_advance", "after_advance")
MORE_STEPS = ("after_claim:2", "after_act:3", "after_act:9", "after_settle:6", "after_advance:2", "after_advance:4")


@dataclass
class Story:
    """Two conferences, one to be changed and one to be cancelled; who was in the first is known."""

    database: Database
    sink: SmtpSink
    video_url: str
    ended: list[str]
    first: Booked
    second: Booked
    now: datetime = NOW
    edited: bool = False
    output: list[str] = field(default_factory=list)

    async def start(self, die_at: str = "") -> asyncio.subprocess.Process:
        """A worker that goes on where the last one was, a moment later."""
        url = self.database.url.render_as_string(hide_password=False)
        command = (sys.executable, "-m", "tests.stories.worker", url, str(self.sink.port), self.video_url)
        return await asyncio.create_subprocess_exec(
            *command, self.now.isoformat(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
            env={**os.environ, VARIABLE: die_at, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    async def finish(self, worker: asyncio.subprocess.Process) -> int:
        """Wait for its end, killed or not; time goes on from where it was."""
        assert worker.stdout is not None
        assert worker.stderr is not None
        said, complaints = await asyncio.gather(worker.stdout.read(), worker.stderr.read())
        code = await worker.wait()
        times = re.findall(r"AT (\S+)\n", said.decode())
        if times:
            self.now = max(self.now, datetime.fromisoformat(times[-1])) + timedelta(minutes=1)
        if code not in (0, -signal.SIGKILL):
            pytest.fail(complaints.decode())
        return code

    def edit(self) -> None:
        """Move the first by ten minutes, cancel the second; once, and only while that can be done."""
        if self.edited:
            return
        self.edited = True
        values: dict[str, Any] = {"actor": "account:1", "now": self.now}
        write = self.database.write_now
        with suppress(TooLate, WrongMove):
            moved = first_wish(shift=timedelta(minutes=10))
            write(change, self.first.key, moved, version=self.version(self.first), rules=RULES, **values)
        with suppress(TooLate, WrongMove):
            write(cancel, self.second.key, version=self.version(self.second), reason="Trùng lịch", **values)

    def version(self, booked: Booked) -> int:
        return self.conference(booked).version

    def conference(self, booked: Booked) -> Conference:
        query = select(Conference).where(Conference.id == booked.id)
        return self.database.read_now(lambda db: db.scalars(query).one())

    def rows(self, model: Any, **where: Any) -> list[Any]:
        query = select(model).filter_by(**where).order_by(model.id)
        return list(self.database.read_now(lambda db: db.scalars(query).all()))


def first_wish(shift: timedelta = timedelta()) -> Any:
    return wish(starts=START + shift, ends=END + shift, short_notice_reason="Theo chỉ đạo")


@asynccontextmanager
async def told(database: Database) -> AsyncIterator[Story]:
    ended: list[str] = []

    async def end(request: web.Request) -> web.Response:
        ended.append(request.query_string)
        return web.Response()

    async def census(_request: web.Request) -> web.Response:
        return web.json_response({"room_census": []})

    app = web.Application()
    app.add_routes([web.post("/end-meeting", end), web.get("/room-census", census)])
    world = World(database, starts=START, ends=END)
    second = wish(room_ids=(14, 15, 16), title="Họp giao ban", starts=START, ends=END)
    other = database.write_now(book, second, actor="account:1", now=NOW, rules=RULES)
    _attend(world)
    async with SmtpSink() as sink, TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        yield Story(database, sink, url, ended, world.booked, other)


def _attend(world: World) -> None:
    """Rooms 2 and 11 were in for the whole time; told before, as facts may come in any order."""
    name = world.opening().jitsi_name
    for room in (2, 11):
        start, end = START + timedelta(minutes=10), END
        data = {"connection": f"c{room}", "device": f"endpoint:k{room}", "name": f"Phòng {room}",
                "joined": start.isoformat(), "left": end.isoformat()}  # fmt: skip
        fact = NewFact(f"left|{room}", "occupant.left", "bridge:1", end, data, bridge_id=1, jitsi_name=name)
        world.database.write_now(add_fact, fact, now=NOW)


def check(story: Story, kills: int = 0) -> None:
    """Nothing lost, nothing said twice in two ways, nothing out of order.

    ``kills``: how many processes died with a batch of eight in their hands, whose leases had to run out; what such a
    lease held back for longer than it was of use may have expired, and nothing else.
    """
    assert story.conference(story.first).state == "recorded"
    late = [(e.kind, e.key, e.created, e.expires) for e in story.rows(Effect, state="expired")]
    assert len(late) <= 8 * kills, late
    others = {e.state for e in story.rows(Effect)} - {"expired"}
    assert others <= {"done", "superseded", "needless"}
    _check_mails(story)
    _check_changes(story)
    (opening,) = story.rows(Opening, conference_id=story.first.id)
    wanted = f"conference={opening.jitsi_name}%40conference.meet.example"
    if not any(kind != "letter" for kind, *_ in late):
        assert {query.replace("@", "%40") for query in story.ended} >= {wanted}
    assert len(set(story.ended)) <= 2, "one call for each room"
    devices = sorted(p.device for p in story.rows(Presence, conference_id=story.first.id))
    assert devices == ["endpoint:k11", "endpoint:k2"]
    modes = [a.mode for a in story.rows(Attendance, conference_id=story.first.id)]
    assert sorted(modes) == ["absent", "absent", "online", "online"]
    assert len(story.rows(Tally, leader_id=story.first.id)) == 1


def _check_mails(story: Story) -> None:
    by_id: dict[str, set[bytes]] = defaultdict(set)
    chains: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for one in story.sink.received:
        mail = one.message
        by_id[mail["Message-ID"]].add(one.content)
        part = next(p for p in mail.walk() if p.get_content_type() == "text/calendar")
        entry = bytes(part.get_payload(decode=True)).replace(b"\r\n ", b"").decode()  # type: ignore[arg-type]
        uid, sequence, method = (re.findall(rf"{name}:(\S+)", entry)[0] for name in ("UID", "SEQUENCE", "METHOD"))
        chains[uid, one.recipients[0]].append((int(sequence), method))
    assert {len(contents) for contents in by_id.values()} == {1}, "a repeated mail was not the identical mail"
    for booked, people in ((story.first, 4), (story.second, 3)):
        uid = story.conference(booked).uid
        letters = story.rows(Effect, kind="letter", conference_id=booked.id)
        last = {e.payload["mail"]: e for e in letters}
        assert len(last) == people
        for mail, effect in last.items():
            got = chains.get((str(uid), mail), [])
            assert got == sorted(got, key=lambda one: one[0]), "a newer letter was overtaken"
            if effect.state == "needless":
                assert got == []
                continue
            if effect.state == "expired":
                continue
            assert effect.state == "done"
            assert got[0][1] == "REQUEST"
            assert got[-1][1] == effect.payload["method"]


def _check_changes(story: Story) -> None:
    changes = story.rows(Change, subject_kind="conference", subject_id=story.first.id)
    acts = [c.act for c in changes]
    given_back = [c.after["rooms"] for c in changes if c.act == "given_back"]
    assert given_back == [[12], [13]], "a site where nobody is, is given back once, in a change of its own"
    steps = [act for act in acts if act != "given_back"]
    assert len(set(steps)) == len(steps), "a step was taken twice"
    assert acts[0] == "booked"
    assert acts[-2:] == ["end", "record"]


@pytest.mark.parametrize("step", [*STEPS, *(pytest.param(step, marks=pytest.mark.slow) for step in MORE_STEPS)])
async def test_killed_at_a_named_step(database: Database, step: str) -> None:
    async with told(database) as story:
        assert await story.finish(await story.start(step)) == -signal.SIGKILL, "it was not killed there"
        story.edit()
        assert await story.finish(await story.start()) == 0
        check(story)


@pytest.mark.slow
async def test_killed_again_and_again_at_the_same_step(database: Database) -> None:
    """A process that dies after every single letter gets on all the same."""
    async with told(database) as story:
        for deaths in range(30):
            if await story.finish(await story.start("after_settle")) == 0:
                break
            if deaths == 3:
                story.edit()
        else:
            pytest.fail("it never came to rest")
        assert deaths > 3
        check(story)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
async def test_killed_at_random_moments(
    seed: int, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two hundred kills, spread over as many stories as it takes, on both databases in turn."""
    chance, kills, number = random.Random(seed), 0, 0
    postgres, template = request.getfixturevalue("postgres"), request.getfixturevalue("empty_postgres")
    empty: Path = request.getfixturevalue("empty_sqlite")
    while kills < 200:
        if number % 2:
            url = postgres.url(postgres.create(template=template))
        else:
            folder = tmp_path_factory.mktemp("killed")
            url = f"sqlite:///{shutil.copy(empty, folder / 'confsvc.sqlite3')}"
        database = Database(url)
        async with told(database) as story:
            mine = await _kill_through(story, chance)
            check(story, mine)
            kills += mine
        database.close()
        number += 1


async def _kill_through(story: Story, chance: random.Random) -> int:
    """Kill a story's workers at random moments until one comes to rest; how often it was killed."""
    kills = 0
    while True:
        worker = await story.start()
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"
        if kills < MOST_KILLS:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(worker.wait()), chance.uniform(0, 0.35))
            with suppress(ProcessLookupError):
                worker.kill()
        if await story.finish(worker) == 0:
            return kills
        kills += 1
        if kills == 5:
            story.edit()
