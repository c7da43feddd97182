"""What the clock rings, on both databases: all that is due in one round, and rounds that fail alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from confsvc.config import BridgeSection
from confsvc.database import Database
from confsvc.jobs import Jobs, Rounds, usual_rounds
from confsvc.video import Video, close_videos, open_videos
from rooms.hub import Hub
from rooms.models import Endpoint
from scheduler.drain import Handler
from scheduler.models import Effect, Fact
from scheduler.outcomes import Claimed, Done, Outcome
from tests.fakes.jitsi import SECRET, SimulatedJitsi, until
from tests.scheduler.booking.offices import NOW, START
from tests.scheduler.conduct.world import END, TIMING, World


class Loop:
    """The jobs of one process and what its acts were."""

    def __init__(self, database: Database, videos: Mapping[int, Video] | None = None, **kwargs: Any) -> None:
        self.now = NOW
        self.acted: list[str] = []
        self.noted: list[tuple[str, bool]] = []
        self.jobs = Jobs(
            database, now=lambda: self.now, timing=TIMING, handlers=self.handlers, videos=videos or {},
            noted=lambda name, good: self.noted.append((name, good)), **kwargs,
        )  # fmt: skip

    @property
    def handlers(self) -> dict[str, Handler]:
        async def act(claimed: Claimed) -> Outcome:
            await asyncio.sleep(0)
            self.acted.append(claimed.key)
            return Done({"message_id": f"<{claimed.id}@x>"})

        return {"letter": act, "end_meeting": act}


async def test_one_tick_does_all_that_is_due(database: Database) -> None:
    world, loop = World(database), Loop(database)
    await loop.jobs.tick()
    assert len(loop.acted) == 4
    loop.now = END + timedelta(hours=1)
    await loop.jobs.tick()
    assert world.conference().state == "recorded"
    assert loop.acted[-1].startswith("end:")
    assert {e.state for e in world.rows(Effect)} == {"done"}


async def test_two_processes_share_the_work(database: Database) -> None:
    world = World(database)
    other = Database(database.url.render_as_string(hide_password=False))
    loops = [Loop(database), Loop(other), Loop(database)]
    for now in (NOW, END + timedelta(hours=1)):
        for loop in loops:
            loop.now = now
        await asyncio.gather(*(loop.jobs.tick() for loop in loops))
    acted = [key for loop in loops for key in loop.acted]
    assert len(acted) == len(set(acted)) == 5
    assert world.conference().state == "recorded"
    other.close()


async def test_a_ring_says_when_the_next_is_wanted(database: Database) -> None:
    World(database)
    loop = Loop(database)
    assert await loop.jobs.ring() == NOW + timedelta(minutes=1)
    loop.now = START - timedelta(minutes=70, seconds=20)
    assert await loop.jobs.ring() == START - timedelta(minutes=70)
    await until(lambda: len(loop.acted) == 4)
    await loop.jobs.stop()


async def test_a_failing_round_stops_no_other(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    done: list[datetime] = []

    async def fail(_now: datetime) -> None:
        raise ValueError("a broken round")

    async def good(now: datetime) -> None:
        done.append(now)

    database = Database(sqlite_url)
    loop = Loop(database, rounds={"a": Rounds(timedelta(minutes=1), fail), "b": Rounds(timedelta(hours=1), good)})
    for minutes in (0, 1, 59, 60):
        loop.now = NOW + timedelta(minutes=minutes)
        await loop.jobs.tick()
    assert done == [NOW, NOW + timedelta(hours=1)]
    assert caplog.text.count("the round a failed") == 4
    database.close()


async def test_who_was_seen_is_written(database: Database) -> None:
    world, hub = World(database), Hub()
    loop = Loop(database, rounds=usual_rounds(database, hub))
    hub.connect(11, 11, app="1.0", now=NOW)
    await loop.jobs.tick()
    assert [e.last_seen for e in world.rows(Endpoint, id=11)] == [NOW]


@pytest.fixture
async def jitsi() -> AsyncIterator[SimulatedJitsi]:
    async with SimulatedJitsi("http://127.0.0.1:1", events_retries=0, reservation_retries=0) as made:
        yield made


async def test_a_census_that_fails_ends_nothing_and_one_that_answers_closes_sessions(
    database: Database, jitsi: SimulatedJitsi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_APP_SECRET", SECRET)
    monkeypatch.setenv("TEST_CALLBACK", "x" * 20)
    bridge = BridgeSection(
        name="chinh", base_url=jitsi.url, muc_domain=jitsi.config.muc_domain, domain=jitsi.config.domain,
        secret_env="TEST_APP_SECRET", callback_secret_env="TEST_CALLBACK",
    )  # fmt: skip
    world = World(database)
    world.pass_time(START)
    world.seen("occupant.joined", 11, START)
    videos = open_videos({1: bridge}, lambda: START)
    loop = Loop(database, videos)
    fault = jitsi.fault("http", target="/room-census", status=401)
    loop.now = START + timedelta(minutes=10)
    await loop.jobs.tick()
    assert loop.noted == [("chinh", False)]
    assert world.rows(Fact, kind="room.gone") == []
    assert jitsi.host.faults.remove(fault)
    loop.now = START + timedelta(minutes=20)
    await loop.jobs.tick()
    assert loop.noted[-1] == ("chinh", True)
    assert [f.at for f in world.rows(Fact, kind="room.gone")] == [loop.now]
    assert world.conference().state == "open"
    await close_videos(videos)


async def test_a_process_without_jobs_leaves_them_to_another_and_runs_its_rounds(database: Database) -> None:
    world, done = World(database), list[datetime]()

    async def good(now: datetime) -> None:
        done.append(now)

    loop = Loop(database, rounds={"a": Rounds(timedelta(minutes=1), good)}, acts=False)
    loop.now = END + timedelta(hours=1)
    await loop.jobs.tick()
    assert (loop.acted, world.conference().state, done) == ([], "planned", [loop.now])
    other = Loop(database)
    await other.jobs.tick()
    assert len(other.acted) == 4
