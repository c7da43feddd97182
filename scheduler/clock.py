"""The bell: rings every few seconds and at the next due time. It remembers nothing; what is due is in the rows.

The one file that knows APScheduler. Its jobs are in memory only: a job store shared by two processes runs jobs twice
and blocks the loop, and we need none, since a tick may be missed or doubled without harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)


class Clock:
    """Calls ``on_tick`` every ``seconds``, at the time given to `ring_at`, and on `ring`; never twice at once.

    ``on_tick`` returns when it wants to be called next at the latest, or None. A ring during a tick is followed by
    another tick. What it raises is logged, and the bell rings again.
    """

    def __init__(self, on_tick: Callable[[], Awaitable[datetime | None]], seconds: float = 5.0) -> None:
        self._on_tick = on_tick
        self._seconds = seconds
        self._again = False
        self._ticking: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": AsyncIOExecutor()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Begin to ring, the first time at once. Needs a running loop."""
        self._scheduler.start()
        self._scheduler.add_job(self._rung, "interval", seconds=self._seconds, id="tick")
        self.ring()

    async def stop(self) -> None:
        """Ring no more, and wait for the tick under way."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._again = False
        if self._ticking is not None:
            await self._ticking

    def ring(self) -> None:
        """Ring now: something was owed or has happened. Many rings in one moment are one."""
        if not self._scheduler.running:
            return
        self._again = True
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.get_running_loop().create_task(self._tick())

    def ring_at(self, at: datetime | None) -> None:
        """Ring at this time too; a later call replaces an earlier one."""
        if at is not None and self._scheduler.running:
            self._scheduler.add_job(self._rung, "date", run_date=at, id="due", replace_existing=True)

    async def _rung(self) -> None:
        # Short, since a job that still runs when its time comes again is skipped, and the ring would be lost.
        self.ring()

    async def _tick(self) -> None:
        while self._again:
            self._again = False
            try:
                self.ring_at(await self._on_tick())
            except Exception:
                log.exception("a tick failed; the bell rings again")
