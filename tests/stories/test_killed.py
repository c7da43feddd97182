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
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from scheduler.drain import LEASE_MARGIN
from scheduler.models import Attendance, Conference, Effect, Opening, Presence, Tally
from scheduler.outcomes import patience
from tests.fakes.smtp_sink import SmtpSink
from tests.scheduler.booking.offices import NOW, RULES, wish
from tests.scheduler.conduct.world import World
from tests.stories.forked import Forked

START = NOW + timedelta(days=7)
END = START + timedelta(minutes=30)
SHIFT = timedelta(minutes=10)
LEASE = timedelta(seconds=8 * patience("letter").deadline + LEASE_MARGIN)
MOST_KILLS = 10  # of one story: each costs a lease, and news has only so long until nobody needs it
EDITS = (timedelta(minutes=5), timedelta(days=1), timedelta(days=7) - timedelta(hours=1))
"""When the two are changed: while the first letters are under way, in peace, while the video rooms open."""
ROOT = Path(__file__).parents[2]
STEPS = ("after_claim", "after_act", "after_act:8", "after_settle", "before_advance", "after_advance")
MORE_STEPS = ("after_claim:2", "after_act:3", "after_act:9", "after_settle:6", "after_advance:2", "after_advance:4")


@dataclass
class Story:
    """Two conferences, one to be changed and one to be cancelled; who was in the first is known."""

    database: Database
    sink: SmtpSink
    video_url: str
    ended: list[str]  # the query of each call to end a room
    first: Booked
    second: Booked
    now: datetime = NOW
    moved: bool = False
    cancelled: bool = False

    async def start(self, die_at: str = "") -> asyncio.subprocess.Process:
        """A worker that goes on where the last one was, a moment later."""
        url = self.database.url.render_as_string(hide_password=False)
        command = (sys.executable, "-m", "tests.stories.worker", url, str(self.sink.port), self.video_url)
        return await asyncio.create_subprocess_exec(
            *command, self.now.isoformat(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
            env={**os.environ, VARIABLE: die_at, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    async def fork(self, until: datetime | None) -> Forked:
        """As `start`, but it starts in no time, and rests when nothing is due up to ``until``."""
        url = self.database.url.render_as_string(hide_password=False)
        return await asyncio.to_thread(Forked, url, self.sink.port, self.video_url, self.now, until)

    async def finish(self, worker: asyncio.subprocess.Process) -> int:
        """Wait for its end, killed or not; time goes on from where it was."""
        assert worker.stdout is not None
        assert worker.stderr is not None
        said, complaints = await asyncio.gather(worker.stdout.read(), worker.stderr.read())
        code = await worker.wait()
        self.heard(*said.decode().splitlines())
        if code not in (0, -signal.SIGKILL):
            pytest.fail(complaints.decode())
        return code

    def heard(self, *words: str) -> None:
        """The story's time goes on behind the last tick that a worker told of."""
        ticks = [datetime.fromisoformat(word.removeprefix("AT ")) for word in words if word.startswith("AT ")]
        if ticks:
            self.now = max(self.now, ticks[-1]) + timedelta(minutes=1)

    def edit(self) -> None:
        """Move the first by ten minutes unless it has begun, cancel the second unless it is over."""
        values: dict[str, Any] = {"actor": "account:1", "now": self.now}
        write = self.database.write_now
        if self.now < START:
            wanted = first_wish(shift=SHIFT)
            write(change, self.first.key, wanted, version=self.version(self.first), rules=RULES, **values)
            self.moved = True
        if self.now < END:
            write(cancel, self.second.key, version=self.version(self.second), reason="Trùng lịch", **values)
            self.cancelled = True

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


def check(story: Story) -> None:
    """Nothing lost, nothing said twice in two ways, nothing out of order, nothing too late."""
    first, second = story.conference(story.first), story.conference(story.second)
    assert (first.state, first.ends) == ("recorded", END + SHIFT if story.moved else END)
    assert second.state == ("cancelled" if story.cancelled else "recorded")
    known = ("done", "superseded", "needless")
    lost = [(e.kind, e.key, e.state, e.created, e.expires) for e in story.rows(Effect) if e.state not in known]
    assert lost == []
    _check_mails(story)
    _check_changes(story)
    _check_rooms(story)
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
        part = next((p for p in mail.walk() if p.get_content_type() == "text/calendar"), None)
        if part is None:  # a reminder
            continue
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
            assert effect.state == "done"
            assert got[0][1] == "REQUEST"
            assert got[-1][1] == effect.payload["method"]


def _check_rooms(story: Story) -> None:
    """Every room that was open is ended, the first's and the second's if it opened; each by one and the same call."""
    owed = story.rows(Effect, kind="end_meeting")
    assert {e.state for e in owed} == {"done"}
    names = {e.payload["jitsi_name"] for e in owed}
    (opening,) = story.rows(Opening, conference_id=story.first.id)
    assert opening.jitsi_name in names
    calls = {f"conference={name}%40conference.meet.example" for name in names}
    assert {query.replace("@", "%40") for query in story.ended} == calls


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
    assert NOW + max(EDITS) + MOST_KILLS * (LEASE + timedelta(minutes=1)) < END, "kills alone would outlast a letter"
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
            kills += await _kill_through(story, chance)
            check(story)
        database.close()
        number += 1


async def _kill_through(story: Story, chance: random.Random) -> int:
    """Kill a story's workers at random moments, before the two are changed and after; how often."""
    edit = NOW + chance.choice(EDITS)
    kills = await _kill_until(story, chance, chance.randint(0, MOST_KILLS // 2), edit)
    story.now = max(story.now, edit)
    story.edit()
    assert story.moved
    assert story.cancelled
    return kills + await _kill_until(story, chance, MOST_KILLS - kills, None)


async def _kill_until(story: Story, chance: random.Random, most: int, until: datetime | None) -> int:
    """Kill up to ``most`` workers, then let one come to rest; how many were killed."""
    kills = 0
    while not await _rests(await story.fork(until), story, chance if kills < most else None):
        kills += 1
    return kills


async def _rests(worker: Forked, story: Story, chance: random.Random | None) -> bool:
    """Whether a worker lived until it came to rest; with ``chance`` it may live for some ticks and a moment."""
    words: list[str] = []
    most = chance.randint(2, 4) if chance else sys.maxsize
    while len(words) < most and (word := await worker.said()) is not None:
        words.append(word)
    if chance:
        await worker.kill_after(chance.uniform(0, 0.1))
    while (word := await worker.said()) is not None:
        words.append(word)
    code = await worker.ended()
    worker.close()
    story.heard(*words)
    assert code in (0, -signal.SIGKILL), "it ended by itself without coming to rest"
    return code == 0
