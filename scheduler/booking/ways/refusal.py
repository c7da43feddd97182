"""A refusal that explains itself: what stands in the way, read anew, and the ways out of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.booking.book import check
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.ways.ways_out import ways_out
from scheduler.errors import NoCapacity, RoomTaken


def explained(
    db: Session, booking: Booking, problem: RoomTaken | NoCapacity, *, now: datetime, rules: Rules, except_id: int = 0
) -> RoomTaken | NoCapacity:
    """The same problem with ways out. A unit of work for reading.

    A race that the database itself decided comes without details: what the database knows now is filled in here.
    """
    taken, full = problem.taken if isinstance(problem, RoomTaken) else (), problem.full
    if not taken and not full:
        found = check(db, booking, now=now, rules=rules, except_id=except_id)
        taken, full = found.taken, found.full
    made = RoomTaken(taken, full) if isinstance(problem, RoomTaken) else NoCapacity(full)
    made.ways = ways_out(db, booking, now=now, rules=rules, taken=taken, full=full, except_id=except_id)
    return made
