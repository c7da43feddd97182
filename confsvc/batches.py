"""Works through meetings that are postponed or brought back together, one unit of work each, until none waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from confsvc.database import Database
from confsvc.jobs import Rounds
from rooms.errors import Problem
from scheduler.booking.booking import Rules
from scheduler.booking.giving_way.postpone import do_item, skip_item
from scheduler.booking.giving_way.postpone_queries import find_waiting

EVERY = timedelta(0)
"""Every tick: looking costs one short query, and whoever has just made a batch watches it."""


async def work_batches(database: Database, now: datetime, rules: Rules) -> int:
    """Every waiting item; how many there were. Several processes may do this at once, and one that is killed leaves
    nothing half done."""
    count = 0
    while (item := await database.read(find_waiting)) is not None:
        try:
            await database.write(do_item, item, now=now, rules=rules)
        except Problem as problem:  # one that cannot be put back is told and does not hold up the others
            await database.write(skip_item, item, problem.code, now=now)
        count += 1
    return count


def batch_round(database: Database, rules: Callable[[], Rules]) -> Rounds:
    """For the clock's jobs."""

    async def work(now: datetime) -> None:
        await work_batches(database, now, rules())

    return Rounds(EVERY, work)
