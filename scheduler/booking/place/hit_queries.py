"""Statements on conferences that are booked where something is closed, or carries less than it did."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from scheduler.booking.place.capacity import Amount, Load
from scheduler.booking.place.reservations import KEYS
from scheduler.models import LONGEST_SPAN, Conference, Reservation
from scheduler.sight_queries import Sight


class Hit(NamedTuple):
    """A conference that is booked there."""

    id: int
    key: str
    host_unit_id: int
    starts: datetime
    ends: datetime


_HIT = (Conference.id, Conference.key, Conference.host_unit_id, Conference.starts, Conference.ends)


def list_hit(
    db: Session, room_ids: Sequence[int], line_ids: Sequence[int], bridge_ids: Sequence[int], since: datetime,
    until: datetime,
) -> list[Hit]:  # fmt: skip
    """Conferences that hold some of this during [since, until), by start."""
    mine = or_(
        Reservation.room_id.in_(room_ids), Reservation.line_id.in_(line_ids), Reservation.bridge_id.in_(bridge_ids)
    )
    holds = exists().where(
        Reservation.conference_id == Conference.id, Reservation.holds.is_(True), Reservation.starts < until,
        Reservation.starts > since - LONGEST_SPAN, Reservation.ends > since, mine,
    )  # fmt: skip
    return [Hit._make(row) for row in db.execute(select(*_HIT).where(holds).order_by(Conference.starts, Conference.id))]


def list_room_spans(
    db: Session, room_ids: Sequence[int], since: datetime, until: datetime
) -> dict[int, list[tuple[datetime, datetime]]]:
    """When conferences hold these rooms during [since, until), by room and start."""
    query = select(Reservation.room_id, Reservation.starts, Reservation.ends).where(
        Reservation.room_id.in_(room_ids), Reservation.holds.is_(True), Reservation.conference_id.is_not(None),
        Reservation.starts < until, Reservation.starts > since - LONGEST_SPAN, Reservation.ends > since,
    )  # fmt: skip
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for room_id, starts, ends in db.execute(query.order_by(Reservation.starts)):
        found.setdefault(room_id or 0, []).append((starts, ends))
    return found


def list_closed_out(db: Session, conference_ids: Collection[int]) -> set[int]:
    """Those of the conferences that hold something while it is closed."""
    closed = aliased(Reservation)
    same: list[ColumnElement[bool]] = [
        getattr(closed, name) == getattr(Reservation, name) for name in KEYS.values()
    ]  # a missing key equals nothing
    query = (
        select(Reservation.conference_id)
        .join(closed, or_(*same))
        .where(
            Reservation.conference_id.in_(conference_ids), Reservation.holds.is_(True), closed.closure_id.is_not(None),
            closed.starts < Reservation.ends, closed.ends > Reservation.starts,
        )
    )  # fmt: skip
    return {found for found in db.scalars(query.distinct()) if found is not None}


def list_troubled(db: Session, trouble: str) -> list[int]:
    """Conferences ahead that are marked so."""
    alive = Conference.state.in_(("pending", "planned", "provisioned", "open"))
    return list(db.scalars(select(Conference.id).where(Conference.trouble == trouble, alive).order_by(Conference.id)))


def list_titles(db: Session, keys: Collection[str], sight: Sight) -> dict[str, str]:
    """Titles by key, of those that the asker may look at."""
    query = select(Conference.key, Conference.title).where(Conference.key.in_(keys), sight.condition())
    return {row[0]: row[1] for row in db.execute(query)}


def list_resources(db: Session, conference_id: int) -> list[tuple[str, int]]:
    """The lines ("line_id") and hosts ("bridge_id") that a conference takes part of."""
    query = select(Reservation.line_id, Reservation.bridge_id).where(
        Reservation.conference_id == conference_id, Reservation.room_id.is_(None)
    )
    found = [("line_id", line) if line is not None else ("bridge_id", host) for line, host in db.execute(query)]
    return [(column, resource_id) for column, resource_id in dict.fromkeys(found) if resource_id is not None]


class Part(NamedTuple):
    """What one conference takes of a line or a host."""

    hit: Hit
    load: Load


def list_parts(db: Session, column: str, resource_id: int, since: datetime) -> list[Part]:
    """Of a line ("line_id") or a host ("bridge_id"), what has not ended at ``since``, by start."""
    sizes = (Reservation.starts, Reservation.ends, Reservation.seats, Reservation.kbps_up, Reservation.kbps_down)
    query = (
        select(*_HIT, *sizes)
        .join(Conference, Conference.id == Reservation.conference_id)
        .where(getattr(Reservation, column) == resource_id, Reservation.holds.is_(True), Reservation.ends > since)
    )
    rows: Any = db.execute(query.order_by(Reservation.starts, Conference.id))
    return [Part(Hit._make(row[:5]), Load(row[5], row[6], Amount(*row[7:]))) for row in rows]
