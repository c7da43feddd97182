"""Add, change and retire rooms and their lines; every act leaves its ``change`` row and pokes whoever watches."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.changes import add_change
from rooms.equipment import new_key
from rooms.errors import NotFound
from rooms.fields import Checks
from rooms.models import Endpoint, Line, Room, RoomUnit
from rooms.names import search_key
from rooms.once import poke
from rooms.place_queries import (
    add_holding,
    find_line,
    find_room,
    list_holdings,
    set_holding_until,
    set_line,
    set_room,
)
from rooms.queries import day_before, find_unit

FASTEST_KBPS = 100_000_000
USUAL_SHARE = 80
"""Per cent of a line that conferences may take: the office goes on working beside them."""


def add_line(
    db: Session, unit_code: str, name: str, *, on: date, actor: str, now: datetime, kbps_up: int | None = None,
    kbps_down: int | None = None, share: int = USUAL_SHARE,
) -> int:  # fmt: skip
    """A building's line; speeds in kbit/s, None until measured; ``share``: per cent that conferences may take of it.

    Returns the id. Raises Invalid.
    """
    checks = Checks()
    unit = find_unit(db, unit_code, on)
    if unit is None:
        checks.wrong("unit", "unknown")
    values = _line_values(checks, name, kbps_up, kbps_down, share)
    checks.done()
    (line_id,) = next_ids(db, Line)
    owner = unit.id if unit else 0
    insert_bundle(db, [(Line, [{"id": line_id, "owner_unit_id": owner, **values}])])
    add_change(db, "line", line_id, "added", actor=actor, now=now, after={"unit": unit_code, **values})
    return line_id


def _line_values(checks: Checks, name: str, kbps_up: int | None, kbps_down: int | None, share: int) -> dict[str, Any]:
    return {
        "name": checks.text("name", name, 120),
        "kbps_up": checks.number("kbps_up", kbps_up, 1, FASTEST_KBPS),
        "kbps_down": checks.number("kbps_down", kbps_down, 1, FASTEST_KBPS),
        "share": checks.number("share", share, 1, 100),
    }


def change_line(
    db: Session, line_id: int, name: str, *, kbps_up: int | None, kbps_down: int | None, share: int | None = None,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Another name, measured speeds or share; ``share`` None leaves it. Raises NotFound, Invalid."""
    line = find_line(db, line_id)
    if line is None:
        raise NotFound(kind="line", key=line_id)
    checks = Checks()
    values = _line_values(checks, name, kbps_up, kbps_down, line.share if share is None else share)
    checks.done()
    before = {name: getattr(line, name) for name in values}
    if before != values:
        set_line(db, line_id, values)
        add_change(db, "line", line_id, "changed", actor=actor, now=now, before=before, after=values)


def add_room(
    db: Session, unit_code: str, name: str, *, on: date, actor: str, now: datetime, line_id: int | None = None,
    backup_line_id: int | None = None,
) -> str:  # fmt: skip
    """A room that a unit holds from ``on``, with a place for an endpoint. Returns its public key. Raises Invalid."""
    checks = Checks()
    unit = find_unit(db, unit_code, on)
    if unit is None:
        checks.wrong("unit", "unknown")
    values = _room_values(db, checks, name, line_id, backup_line_id)
    checks.done()
    (room_id,) = next_ids(db, Room)
    key, holder = new_key(), unit.id if unit else 0
    room = {"id": room_id, "key": key, "search_key": search_key(values["name"]), **values}
    holding = {"room_id": room_id, "unit_id": holder, "valid_from": on, "valid_to": unit.valid_to if unit else None}
    endpoint = {"key": new_key(), "room_id": room_id}
    insert_bundle(db, [(Room, [room]), (RoomUnit, [holding]), (Endpoint, [endpoint])])
    after = {"unit": unit_code, "on": on.isoformat(), **values}
    add_change(db, "room", room_id, "added", actor=actor, now=now, after=after)
    return key


def _room_values(
    db: Session, checks: Checks, name: str, line_id: int | None, backup_line_id: int | None
) -> dict[str, Any]:
    for field, wanted in (("line", line_id), ("backup_line", backup_line_id)):
        if wanted is not None and find_line(db, wanted) is None:
            checks.wrong(field, "unknown")
    if line_id is not None and line_id == backup_line_id:
        checks.wrong("backup_line", "same")
    return {"name": checks.text("name", name, 120), "line_id": line_id, "backup_line_id": backup_line_id}


def change_room(
    db: Session, key: str, name: str, *, line_id: int | None, backup_line_id: int | None, actor: str, now: datetime
) -> None:
    """Another name or other lines. Raises NotFound, Invalid."""
    room = _find(db, key)
    checks = Checks()
    values = _room_values(db, checks, name, line_id, backup_line_id)
    checks.done()
    before = {field: getattr(room, field) for field in values}
    if before != values:
        set_room(db, room.id, {**values, "search_key": search_key(values["name"])})
        add_change(db, "room", room.id, "changed", actor=actor, now=now, before=before, after=values)
        poke(db, f"room:{room.id}")


def move_room(db: Session, key: str, unit_code: str, *, on: date, actor: str, now: datetime) -> None:
    """Give a room to another unit from ``on``. Raises NotFound, Invalid."""
    room = _find(db, key)
    checks = Checks()
    unit = find_unit(db, unit_code, on)
    if unit is None:
        checks.wrong("unit", "unknown")
    holdings = list_holdings(db, room.id)
    last = holdings[-1] if holdings else None
    if last is not None and last.valid_from >= on:
        checks.wrong("on", "later_exists", since=last.valid_from.isoformat())
    if last is not None and unit is not None and last.unit_id == unit.id and last.valid_to is None:
        checks.wrong("unit", "same")
    checks.done()
    if last is not None and (last.valid_to is None or last.valid_to >= on):
        set_holding_until(db, last.id, day_before(on))
    if unit is not None:
        add_holding(db, room.id, unit.id, on, unit.valid_to)
    before = {"unit_id": last.unit_id if last else None}
    after = {"unit": unit_code, "on": on.isoformat()}
    add_change(db, "room", room.id, "moved", actor=actor, now=now, before=before, after=after)
    poke(db, f"room:{room.id}")


def retire_room(db: Session, key: str, *, actor: str, now: datetime, reason: str | None = None) -> None:
    """Take a room out of use. Whoever calls makes sure that nothing is booked in it. Raises NotFound."""
    room = _find(db, key)
    set_room(db, room.id, {"retired_at": now})
    add_change(db, "room", room.id, "retired", actor=actor, now=now, after={"at": now.isoformat()}, reason=reason)
    poke(db, f"room:{room.id}")


def _find(db: Session, key: str) -> Room:
    room = find_room(db, key)
    if room is None or room.retired_at is not None:
        raise NotFound(kind="room", key=key)
    return room
