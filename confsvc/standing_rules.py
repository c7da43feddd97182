"""The rules that hold now: what the configuration says with the rows of calendar and rules over it, kept in memory.

One process keeps one current ``Rules``; whoever needs them asks here each time. They are read again when rows changed
("rules" is poked, in this process or by another), and now and then in case nobody was heard.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.jobs import Rounds
from scheduler.booking.booking import Rules
from scheduler.booking.place.capacity_queries import list_bridge_limits, list_profiles
from scheduler.calendar_acts import TOPIC
from scheduler.calendar_queries import find_calendar
from scheduler.rule_queries import list_parents, list_rules

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=15)
"""Ticks come at least once a minute; a busy service ticks often and need not look each time."""


def read_rules(db: Session, base: Rules) -> Rules:
    """The configured rules ``base`` with what the rows say. The one place that knows which parts come from rows."""
    return replace(
        base, calendar=find_calendar(db), book=base.book.with_rows(list_rules(db), list_parents(db)),
        profiles=list_profiles(db) or base.profiles, bridge_limits=list_bridge_limits(db),
    )  # fmt: skip


class StandingRules:
    """The current rules of this process; before the first reading the configured ones, ``base``."""

    def __init__(self, database: Database, base: Rules) -> None:
        self._database = database
        self._base = base
        self._current = base
        self._again = False
        self._task: asyncio.Task[None] | None = None

    @property
    def current(self) -> Rules:
        return self._current

    async def read_again(self) -> Rules:
        """Read the rows; whoever has just changed some waits for this, so that the next request sees them. Rules that
        say the same stay the same object, so that who keeps something made by them sees it at once."""
        found = await self._database.read(read_rules, self._base)
        if found != self._current:
            self._current = found
        return self._current

    def read_soon(self) -> None:
        """Read the rows beside what goes on; one more reading waits while one runs."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read_while_poked())

    async def _read_while_poked(self) -> None:
        while self._again:
            self._again = False
            try:
                await self.read_again()
            except SQLAlchemyError:
                log.exception("the rules could not be read; the next round reads them again")

    async def stop(self) -> None:
        """Wait for the reading under way."""
        if self._task is not None:
            await self._task

    def round(self) -> Rounds:
        """For the clock's jobs."""

        async def look(_now: datetime) -> None:
            await self.read_again()

        return Rounds(EVERY, look)


__all__ = ["TOPIC", "StandingRules", "read_rules"]
