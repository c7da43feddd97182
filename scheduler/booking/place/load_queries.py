"""Which conferences and closures take how much of a line or a video host, for people who look at it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.booking.place.capacity import Amount, Load
from scheduler.models import LONGEST_SPAN, Closure, Conference, Reservation
from scheduler.sight_queries import Sight


class Part(NamedTuple):
    """What one conference takes, all its sites there together; ``title`` and ``key`` are empty for those who may not
    know it; ``closed``: it is a closure, and the title its reason."""

    load: Load
    host_unit_id: int
    key: str
    title: str
    closed: bool


def list_line_parts(db: Session, line_id: int, since: datetime, until: datetime, sight: Sight) -> list[Part]:
    """What is held of a line during [since, until), by start."""
    return _parts(db, Reservation.line_id == line_id, since, until, sight)


def list_bridge_parts(db: Session, bridge_id: int, since: datetime, until: datetime, sight: Sight) -> list[Part]:
    """As `list_line_parts`, of a video host."""
    return _parts(db, Reservation.bridge_id == bridge_id, since, until, sight)


def _parts(db: Session, resource: Any, since: datetime, until: datetime, sight: Sight) -> list[Part]:
    whose = (Reservation.conference_id, Reservation.closure_id, Reservation.starts, Reservation.ends)
    sizes = [func.sum(size) for size in (Reservation.seats, Reservation.kbps_up, Reservation.kbps_down)]
    taken = (
        select(*whose, *[size.label(f"size{n}") for n, size in enumerate(sizes)])
        .where(resource, Reservation.holds.is_(True), Reservation.starts < until, Reservation.ends > since)
        .where(Reservation.starts > since - LONGEST_SPAN)
        .group_by(*whose)
        .subquery()
    )
    query = (
        select(
            taken.c.starts, taken.c.ends, taken.c.size0, taken.c.size1, taken.c.size2, Conference.host_unit_id,
            Conference.key, Conference.title, sight.condition(), Closure.reason,
        )
        .select_from(taken)
        .outerjoin(Conference, Conference.id == taken.c.conference_id)
        .outerjoin(Closure, Closure.id == taken.c.closure_id)
        .order_by(taken.c.starts)
    )  # fmt: skip
    found = []
    for starts, ends, *sums, host, key, title, seen, reason in db.execute(query):
        load = Load(starts, ends, Amount(*(int(size) for size in sums)))
        shown = Part(load, host or 0, "", reason or "", reason is not None)
        found.append(shown._replace(key=key, title=title) if seen else shown)
    return found
