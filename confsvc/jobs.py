"""What the clock rings: advance what is due, act on what is owed, and the slower rounds of the house.

Every round is safe to run in several processes at once and safe to miss. Nothing here decides anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from confsvc.database import Database
from confsvc.faults import passing
from confsvc.sessions import sweep
from confsvc.video import Video
from integrations.errors import IntegrationError
from rooms.hub import Hub, flush
from scheduler import outbox
from scheduler.booking.refreeze import refreeze
from scheduler.booking.refreeze_queries import list_misnamed
from scheduler.conduct.advance import advance, postpone
from scheduler.conduct.census import note_census
from scheduler.conduct.queries import find_next_due, list_due
from scheduler.drain import Handler, drain
from scheduler.timing import Timing
from scheduler.trouble import clear_silent_host, note_silent_host

log = logging.getLogger(__name__)

AT_ONCE = 100
LONGEST_SLEEP = timedelta(minutes=1)
SILENT = 2
"""Questions in a row without an answer, and a video host counts as silent."""
Round = Callable[[datetime], Awaitable[Any]]


class Looked(IntEnum):
    """What came of looking at one conference; false when nothing did."""

    NOTHING, TAKEN, PUT_OFF = range(3)


@dataclass
class Rounds:
    """Slower work with its interval; kept apart so that a failing one is said and does not stop the others."""

    every: timedelta
    work: Round
    last: datetime | None = field(default=None)

    def is_due(self, now: datetime) -> bool:
        return self.last is None or now - self.last >= self.every


def usual_rounds(database: Database, hub: Hub) -> dict[str, Rounds]:
    """What every serving process does now and then: write who was seen, forget what no rule looks at any more, put
    right what conferences ahead call their units."""

    async def write_seen(_now: datetime) -> None:
        if rows := hub.take_seen():
            await database.write(flush, rows)

    async def forget(now: datetime) -> None:
        await database.write(sweep, now=now)

    async def rename(now: datetime) -> None:
        for conference_id in await database.read(list_misnamed, now=now):
            await database.write(refreeze, conference_id, now=now)

    return {
        "seen": Rounds(timedelta(seconds=30), write_seen), "sweep": Rounds(timedelta(hours=1), forget),
        "names": Rounds(timedelta(minutes=10), rename),
    }  # fmt: skip


class Jobs:
    """The work of one process.

    ``handlers``: ``confsvc.effects.handlers``. ``rounds`` by name: `usual_rounds` and others. ``noted``: told the name
    of each video host and whether it answered. ``acts`` False: another process advances and sends, this one runs its
    rounds only. ``holder``: the name of this process in its leases (confsvc/holders.py). ``feeds``: read what happened
    and owe what others want to hear of it.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        timing: Timing,
        handlers: Mapping[str, Handler],
        videos: Mapping[int, Video],
        rounds: Mapping[str, Rounds] | None = None,
        noted: Callable[[str, bool], None] = lambda _name, _good: None,
        acts: bool = True,
        holder: str = "",
        feeds: Sequence[Round] = (),
    ) -> None:
        self.database = database
        self.now = now
        self.timing = timing
        self.handlers = handlers
        self.videos = videos
        self.noted = noted
        self.acts = acts
        self.holder = holder
        self.feeds = tuple(feeds)
        self.rounds = dict(rounds or {})
        self.rounds.setdefault("census", Rounds(timedelta(minutes=1), self._census))
        self.last_tick: datetime | None = None
        self.stopping = False
        self._failures: dict[int, int] = {}
        self._silent: dict[int, int] = {}
        self._behind: set[asyncio.Task[Any]] = set()

    async def ring(self) -> datetime | None:
        """One tick of the service: advance at once, the rest beside it. When the next tick is wanted at the latest."""
        await self.advance_due()
        for name, work in (("outbox", self.drain()), ("rounds", self.run_rounds())):
            if any(task.get_name() == name for task in self._behind):
                work.close()
            else:
                self._beside(name, work)
        self.last_tick = self.now()
        next_due, now = await self.database.read(find_next_due), self.now()
        latest = now + min(LONGEST_SLEEP, *(one.every for one in self.rounds.values()))
        # What is due and could not be advanced waits for the next ordinary tick, or the bell would never be silent.
        return min(next_due, latest) if next_due and next_due > now else latest

    async def tick(self) -> None:
        """One whole tick with everything awaited, for tests and the command line."""
        await self.advance_due()
        await self.drain()
        await self.run_rounds()
        self.last_tick = self.now()

    async def stop(self) -> None:
        """Finish the act under way and begin no other."""
        self.stopping = True
        while self._behind:
            await asyncio.gather(*self._behind, return_exceptions=True)

    async def advance_due(self) -> int:
        """Advance every conference that is due, one small unit of work each; how many steps were taken."""
        steps = 0
        while self.acts and not self.stopping:
            due = await self.database.read(list_due, now=self.now(), limit=AT_ONCE)
            looked = [await self._advance(conference_id) for conference_id in due]
            steps += looked.count(Looked.TAKEN)
            if not any(looked):  # what could not even be put off would come again at once, for ever
                return steps
        return steps

    async def drain(self) -> int:
        """Act on what is owed until nothing is due; before it, what happened becomes owed (``feeds``)."""
        await self._feed()
        if not self.acts or not await self.database.read(outbox.is_due, now=self.now()):
            return 0
        return await drain(
            self.database, self.handlers, now=self.now, stop=lambda: self.stopping, at=passing, holder=self.holder
        )

    async def _feed(self) -> None:
        for feed in self.feeds if self.acts else ():
            try:
                await feed(self.now())
            except Exception:
                log.exception("changes could not be read; what is owed already goes out")

    async def run_rounds(self) -> None:
        """The slower work whose interval has passed."""
        for name, one in self.rounds.items():
            now = self.now()
            if self.stopping or not one.is_due(now):
                continue
            one.last = now
            try:
                await one.work(now)
            except Exception:
                log.exception("the round %s failed and will come again", name)

    async def _advance(self, conference_id: int) -> Looked:
        passing("before_advance")
        try:
            step = await self.database.write(advance, conference_id, now=self.now(), timing=self.timing)
        except Exception:
            log.exception("conference %s could not be advanced", conference_id)
            return await self._postpone(conference_id)
        passing("after_advance")
        self._failures.pop(conference_id, None)
        return Looked.TAKEN if step is not None else Looked.NOTHING

    async def _postpone(self, conference_id: int) -> Looked:
        """Those behind it have their turn."""
        failures = self._failures[conference_id] = self._failures.get(conference_id, 0) + 1
        try:
            put_off = await self.database.write(postpone, conference_id, failures=failures, now=self.now())
        except Exception:
            log.exception("conference %s could not be put off either", conference_id)
            return Looked.NOTHING
        return Looked.PUT_OFF if put_off else Looked.NOTHING

    async def _census(self, now: datetime) -> None:
        """Ask every video host which rooms it has. One that does not answer says nothing about its rooms."""
        for video in self.videos.values():
            try:
                rooms = await video.client.room_census()
            except IntegrationError as problem:
                log.warning("video host %s: %s", video.name, problem)
                self.noted(video.name, False)
                self._silent[video.id] = self._silent.get(video.id, 0) + 1
                if self._silent[video.id] >= SILENT:
                    await self.database.write(note_silent_host, video.id, now=self.now())
                continue
            self.noted(video.name, True)
            if self._silent.get(video.id, SILENT):  # also the first answer after a start
                await self.database.write(clear_silent_host, video.id, now=self.now())
            self._silent[video.id] = 0
            there = frozenset(room.jitsi_name.lower() for room in rooms)
            await self.database.write(note_census, video.id, there, asked=now, now=self.now())

    def _beside(self, name: str, work: Any) -> None:
        task = asyncio.create_task(work, name=name)
        self._behind.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._behind.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("the %s work failed and will come again", task.get_name(), exc_info=problem)
