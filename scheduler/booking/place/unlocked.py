"""What decides about a place and is protected by no lock, so that it is asked before them and nobody waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from scheduler.booking.place.carried import Carried
from scheduler.booking.place.carried_queries import list_carried
from scheduler.booking.place.closed_queries import find_closed
from scheduler.booking.plan import Plan


class Unlocked(NamedTuple):
    """``carried``: what devices reported lately, newest first, by room id; ``closed``: whether the host, which nobody
    limits, is closed at some time of the conference."""

    carried: Mapping[int, Sequence[Carried]]
    closed: bool


def look(db: Session, plan: Plan) -> Unlocked:
    """As things stand."""
    if not plan.booking.has_video:
        return Unlocked({}, closed=False)
    times, carried = plan.times, list_carried(db, plan.booking.room_ids, plan.booking.starts)
    if plan.bridge_id is None or plan.bridge_limited:
        return Unlocked(carried, closed=False)
    return Unlocked(carried, find_closed(db, plan.bridge_id, times.opens, times.ends_grace))
