"""From public keys and codes to ids and back, and short names of units as of a day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from rooms.models import Room, Unit, UnitName
from rooms.prepared import Prepared, listed

_ROOM_IDS = Prepared(select(Room.key, Room.id).where(listed(Room.key, "wanted")))

_UNIT_IDS = Prepared(select(Unit.code, Unit.id).where(listed(Unit.code, "wanted")))


def list_room_ids(db: Session, keys: Collection[str]) -> dict[str, int]:
    """Ids of rooms by public key, also retired ones: whether they can be booked is not asked here."""
    return dict(_ROOM_IDS.rows(db, wanted=keys)) if keys else {}


def list_unit_ids(db: Session, codes: Collection[str]) -> dict[str, int]:
    """Ids of units by code, whatever the day."""
    return dict(_UNIT_IDS.rows(db, wanted=codes)) if codes else {}


def list_unit_codes(db: Session, ids: Collection[int]) -> dict[int, str]:
    """Codes of units by id."""
    return dict(db.execute(select(Unit.id, Unit.code).where(Unit.id.in_(ids))).all()) if ids else {}


def list_short_names(db: Session, wanted: Iterable[tuple[int, date]]) -> dict[tuple[int, date], str]:
    """Short names of units, each as of its own day; without one that day, the nearest before, else the first."""
    pairs = set(wanted)
    query = (
        select(UnitName.unit_id, UnitName.short, UnitName.valid_from)
        .where(UnitName.unit_id.in_({unit for unit, _ in pairs}))
        .order_by(UnitName.valid_from)
    )
    known: dict[int, tuple[list[date], list[str]]] = {}
    for unit_id, short, valid_from in db.execute(query):
        days, shorts = known.setdefault(unit_id, ([], []))
        days.append(valid_from)
        shorts.append(short)
    return {
        (unit_id, day): known[unit_id][1][max(bisect_right(known[unit_id][0], day) - 1, 0)]
        for unit_id, day in pairs
        if unit_id in known
    }
