"""The statements that find the rooms around taken ones: little of each room, because a refusal looks at all of them."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from rooms.models import Room, RoomUnit, Unit, UnitName
from rooms.prepared import Prepared
from rooms.queries import dated


class NearRoom(NamedTuple):
    """A room in use with the unit that holds it on a day."""

    id: int
    key: str
    name: str
    unit_id: int
    unit_level: str
    unit_short: str
    parent_id: int | None


_DAY: Any = bindparam("day")
_NAMED = and_(UnitName.unit_id == Unit.id, dated(UnitName, _DAY))
_ROOMS = Prepared(
    select(Room.id, Room.key, Room.name, Unit.id, Unit.level, UnitName.short, Unit.parent_id)
    .join(RoomUnit, and_(RoomUnit.room_id == Room.id, dated(RoomUnit, _DAY)))
    .join(Unit, and_(Unit.id == RoomUnit.unit_id, dated(Unit, _DAY)))
    .join(UnitName, _NAMED)
    .where(Room.retired_at.is_(None))
    .order_by(Unit.position, Unit.id, Room.id)
)
_ORDER = Prepared(select(Unit.id).join(UnitName, _NAMED).where(dated(Unit, _DAY)).order_by(Unit.position, Unit.id))


def list_near_rooms(db: Session, day: date) -> list[NearRoom]:
    """All rooms of a day, in the units' protocol order."""
    return [NearRoom._make(row) for row in _ROOMS.rows(db, day=day)]


def list_unit_order(db: Session, day: date) -> dict[int, int]:
    """The place of each unit of a day in protocol order."""
    return {row[0]: number for number, row in enumerate(_ORDER.rows(db, day=day))}
