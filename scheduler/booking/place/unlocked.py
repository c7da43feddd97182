"""What decides about a place and needs no lock, so that it is asked before them and nobody waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from scheduler.booking.place.carried import Carried
from scheduler.booking.place.carried_queries import list_carried
from scheduler.booking.place.closed_queries import find_closed
from scheduler.booking.place.expected import ShowRate
from scheduler.booking.place.expected_queries import find_expected
from scheduler.booking.plan import Plan


class Unlocked(NamedTuple):
    """``carried``: what devices reported lately, newest first, by room id; ``closed``: whether the host, which nobody
    limits, is closed at some time of the conference; ``expected``: of the series that it is a date of."""

    carried: Mapping[int, Sequence[Carried]]
    closed: bool
    expected: ShowRate | None = None


def look(db: Session, plan: Plan, *, except_id: int = 0) -> Unlocked:
    """As things stand; ``except_id``: the conference that is changed."""
    if not plan.booking.has_video:
        return Unlocked({}, closed=False)
    times, carried = plan.times, list_carried(db, plan.booking.room_ids, plan.booking.starts)
    if plan.bridge_id is None:
        return Unlocked(carried, closed=False)
    closed = not plan.bridge_limited and find_closed(db, plan.bridge_id, times.opens, times.ends_grace)
    return Unlocked(carried, closed, find_expected(db, except_id) if except_id else plan.expected)
