"""The statements behind an endpoint's agenda."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, literal, select
from sqlalchemy.orm import Session

from rooms.models import Endpoint, Room, RoomUnit, UnitName
from rooms.prepared import Prepared
from rooms.queries import dated
from scheduler.models import LONGEST_SPAN, Conference, Fact, Opening, Site

ALIVE = ("planned", "provisioned", "open")


class Place(NamedTuple):
    """Where a live endpoint stands; the unit is the one that holds the room on the day."""

    endpoint_id: int
    endpoint_key: str
    room_id: int
    room: str
    unit: str


_DAY: Any = bindparam("day")


_PLACE = Prepared(
    select(Endpoint.id, Endpoint.key, Room.id, Room.name, UnitName.short)
    .join(Room, Room.id == Endpoint.room_id)
    .outerjoin(RoomUnit, and_(RoomUnit.room_id == Room.id, dated(RoomUnit, _DAY)))
    .outerjoin(UnitName, and_(UnitName.unit_id == RoomUnit.unit_id, dated(UnitName, _DAY)))
    .where(Endpoint.id == bindparam("endpoint_id"), Endpoint.revoked_at.is_(None))
)
_SITTINGS = Prepared(
    select(
        Conference.key, Conference.title, Conference.starts, Conference.ends, Conference.opens, Conference.latest_end,
        Conference.state, UnitName.short, Opening.bridge_id, Opening.jitsi_name, Opening.generation,
        Conference.kind, Site.profile, Site.given_back_at,
    )
    .join(Site, Site.conference_id == Conference.id)
    .outerjoin(Opening, and_(Opening.conference_id == Conference.id, Opening.until.is_(None)))
    .outerjoin(UnitName, and_(UnitName.unit_id == Conference.host_unit_id, dated(UnitName, _DAY)))
    .where(
        Site.room_id == bindparam("room_id"),
        Conference.state.in_([literal(state) for state in ALIVE]),
        Conference.starts < bindparam("until"),
        Conference.starts > bindparam("since"),
    )
    .order_by(Conference.starts, Conference.id)
)  # fmt: skip


class Sitting(NamedTuple):
    """One conference of a room; without an opening (``jitsi_name`` None) nobody joins it."""

    key: str
    title: str
    starts: datetime
    ends: datetime
    opens: datetime
    latest_end: datetime
    state: str
    host: str | None
    bridge_id: int | None
    jitsi_name: str | None
    generation: int | None
    kind: str
    profile: str | None
    given_back_at: datetime | None


def find_place(db: Session, endpoint_id: int, day: date) -> Place | None:
    rows = _PLACE.rows(db, endpoint_id=endpoint_id, day=day)
    return Place._make((*rows[0][:4], rows[0][4] or "")) if rows else None


def list_sittings(db: Session, room_id: int, now: datetime, until: datetime, day: date) -> list[Sitting]:
    """What is planned or running in a room, in time order, also what may already have ended by the clock."""
    rows = _SITTINGS.rows(db, room_id=room_id, since=now - LONGEST_SPAN, until=until, day=day)
    return [Sitting._make(row) for row in rows]


def list_keys_at(db: Session, endpoint_id: int, keys: Collection[str]) -> set[str]:
    """Those of the conferences, by key, that have a site in the endpoint's room."""
    if not keys:
        return set()
    query = (
        select(Conference.key)
        .join(Site, Site.conference_id == Conference.id)
        .join(Endpoint, Endpoint.room_id == Site.room_id)
        .where(Endpoint.id == endpoint_id, Conference.key.in_(keys))
    )
    return set(db.scalars(query))


def list_known_keys(db: Session, keys: Sequence[str]) -> set[str]:
    """Which of these keys of facts are stored."""
    known: set[str] = set()
    for start in range(0, len(keys), 500):
        known.update(db.scalars(select(Fact.key).where(Fact.key.in_(keys[start : start + 500]))))
    return known


def find_want_rev(db: Session, endpoint_id: int) -> int:
    """How often conduct has said where the endpoint should be."""
    return db.scalar(select(Endpoint.want_rev).where(Endpoint.id == endpoint_id)) or 0
