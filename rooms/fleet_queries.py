"""The statement behind the board of endpoints: every room in use with its device."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from rooms.models import Endpoint, Room, RoomUnit, Unit, UnitName
from rooms.queries import dated


class FleetRow(NamedTuple):
    """A room and its live device in the first slot; a room without one has no device columns."""

    room_id: int
    room_key: str
    room: str
    unit_id: int
    unit_code: str
    unit_short: str
    level: str
    endpoint_id: int | None
    endpoint_key: str | None
    kind: str | None
    model: str | None
    app_version: str | None
    paired_at: datetime | None
    last_seen: datetime | None


def list_fleet(
    db: Session, on: date, *, unit_ids: Collection[int] | None, search: str = "", room_key: str | None = None
) -> list[FleetRow]:
    """The rooms of a day in protocol order; ``unit_ids``: of these offices only; ``search`` is folded."""
    query = (
        select(
            Room.id, Room.key, Room.name, Unit.id, Unit.code, UnitName.short, Unit.level, Endpoint.id, Endpoint.key,
            Endpoint.kind, Endpoint.model, Endpoint.app_version, Endpoint.paired_at, Endpoint.last_seen,
        )
        .join(RoomUnit, and_(RoomUnit.room_id == Room.id, dated(RoomUnit, on)))
        .join(Unit, Unit.id == RoomUnit.unit_id)
        .join(UnitName, and_(UnitName.unit_id == Unit.id, dated(UnitName, on)))
        .outerjoin(Endpoint, and_(Endpoint.room_id == Room.id, Endpoint.slot == 1, Endpoint.revoked_at.is_(None)))
        .where(Room.retired_at.is_(None))
        .order_by(Unit.position, Unit.id, Room.id)
    )  # fmt: skip
    if unit_ids is not None:
        query = query.where(Unit.id.in_(unit_ids))
    if room_key is not None:
        query = query.where(Room.key == room_key)
    if search:
        keys = (Room.search_key, UnitName.search_key)
        query = query.where(or_(*(key.contains(search, autoescape=True) for key in keys)))
    return [FleetRow._make(row) for row in db.execute(query)]


class Place(NamedTuple):
    """A room by id, or the one in which an endpoint stands or stood."""

    room_key: str
    room: str


def list_places(db: Session, kind: str, ids: Collection[int]) -> dict[int, Place]:
    """``kind`` "room" or "endpoint": the rooms by the ids of these, also retired ones."""
    if kind == "endpoint":
        query = select(Endpoint.id, Room.key, Room.name).join(Room, Room.id == Endpoint.room_id)
        query = query.where(Endpoint.id.in_(ids))
    else:
        query = select(Room.id, Room.key, Room.name).where(Room.id.in_(ids))
    return {row[0]: Place(row[1], row[2]) for row in db.execute(query)}
