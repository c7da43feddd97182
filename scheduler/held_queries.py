"""When rooms are held, for what and by whom, as far as somebody may know it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from rooms.models import Room
from scheduler.models import LONGEST_SPAN, Conference, Reservation, Site
from scheduler.sight_queries import Sight


class Held(NamedTuple):
    """A room held or asked for. ``own``: the viewer's office hosts it or takes part; ``seen``: may know what it is."""

    room_id: int
    starts: datetime
    ends: datetime
    holds: bool
    key: str
    title: str
    state: str
    host_unit_id: int
    conference_starts: datetime
    conference_ends: datetime
    own: bool
    seen: bool


def list_held(db: Session, room_ids: Collection[int], since: datetime, until: datetime, sight: Sight) -> list[Held]:
    """What is reserved in these rooms during [since, until), by room and start."""
    query = (
        select(
            Reservation.room_id, Reservation.starts, Reservation.ends, Reservation.holds, Conference.key,
            Conference.title, Conference.state, Conference.host_unit_id, Conference.starts, Conference.ends,
            sight.own().label("own"), sight.condition().label("seen"),
        )
        .join(Conference, Conference.id == Reservation.conference_id)
        .where(
            Reservation.room_id.in_(room_ids), Reservation.starts < until, Reservation.ends > since,
            Reservation.starts > since - LONGEST_SPAN,
        )
        .order_by(Reservation.room_id, Reservation.starts, Reservation.id)
    )  # fmt: skip
    return [Held._make(row) for row in db.execute(query)]


class BusyRow(NamedTuple):
    """A room that is held or asked for: by which unit, from when to when; ``seen``: the asker may know for what."""

    room_id: int
    room_key: str
    starts: datetime
    ends: datetime
    holds: bool
    host_unit_id: int
    conference_key: str
    seen: bool


def list_busy(
    db: Session, room_ids: Collection[int], since: datetime, until: datetime, *, sight: Sight
) -> list[BusyRow]:
    """What is reserved in these rooms during [since, until), by room and start."""
    query = (
        select(
            Reservation.room_id, Room.key, Reservation.starts, Reservation.ends, Reservation.holds,
            Conference.host_unit_id, Conference.key, sight.condition(),
        )
        .join(Room, Room.id == Reservation.room_id)
        .join(Conference, Conference.id == Reservation.conference_id)
        .where(
            Reservation.room_id.in_(room_ids), Reservation.starts < until, Reservation.ends > since,
            Reservation.starts > since - LONGEST_SPAN,
        )
        .order_by(Reservation.room_id, Reservation.starts, Reservation.id)
    )  # fmt: skip
    return [BusyRow(*row) for row in db.execute(query)]


def list_busy_rooms(db: Session, since: datetime, until: datetime) -> set[int]:
    """Rooms that a conference with video uses during [since, until)."""
    query = (
        select(Site.room_id)
        .join(Conference, Conference.id == Site.conference_id)
        .where(Conference.form != "in_person", Conference.state.in_(("planned", "provisioned", "open")))
        .where(Conference.starts < until, Conference.ends > since, Conference.starts > since - LONGEST_SPAN)
    )
    return set(db.scalars(query))
