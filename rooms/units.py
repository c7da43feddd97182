"""Add, change, rename and retire offices, each from a day on; every act leaves its ``change`` row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.changes import add_change
from rooms.equipment import NewOffice, equipment
from rooms.errors import NotFound
from rooms.fields import Checks
from rooms.models import LEVELS, RoomUnit, Unit, UnitExtId, UnitName
from rooms.names import search_key
from rooms.once import poke
from rooms.place_queries import add_holding, list_held
from rooms.queries import (
    add_names,
    add_succession,
    day_before,
    find_unit_row,
    last_position,
    list_name_rows,
    set_name_until,
    set_open_until,
    set_unit,
)
from rooms.unit_files import CODE


@dataclass(frozen=True)
class UnitWish:
    """An office as somebody describes it. ``parent`` is a code, empty for the top."""

    code: str
    level: str
    parent: str
    name: str
    short: str
    name_en: str = ""
    letter_symbol: str = ""
    seat: str = ""
    road_km: int | None = None
    drive_min: int | None = None
    kpi_host: bool = False


def add_unit(
    db: Session, wish: UnitWish, *, on: date, actor: str, now: datetime, mail_domain: str | None = None
) -> int:
    """Make an office that exists from ``on``; with ``mail_domain`` it gets hall, line, endpoint and role contact.

    Its place in protocol order is the last. Returns the id. Raises Invalid.
    """
    checks = Checks()
    values = _checked(checks, wish)
    if not CODE.match(wish.code):
        checks.wrong("code", "not_a_code")
    elif find_unit_row(db, wish.code):
        checks.wrong("code", "taken")
    checks.choice("level", wish.level, LEVELS)
    parent = find_unit_row(db, wish.parent) if wish.parent else None
    if wish.parent and (parent is None or not _exists(parent, on)):
        checks.wrong("parent", "unknown")
    name, short, name_en = _names(checks, wish.name, wish.short, wish.name_en)
    checks.done()
    (unit_id,) = next_ids(db, Unit)
    unit = {
        "id": unit_id, "code": wish.code, "level": wish.level, "parent_id": parent.id if parent else None,
        "position": last_position(db) + 1, "valid_from": on, **values,
    }  # fmt: skip
    insert_bundle(db, [(Unit, [unit]), (UnitName, [_name_row(unit_id, wish.code, name, short, name_en, on)])])
    after = {**asdict(wish), "valid_from": on.isoformat()}
    add_change(db, "unit", unit_id, "added", actor=actor, now=now, after=after)
    if mail_domain:
        office = NewOffice(unit_id, wish.code, short, on)
        insert_bundle(db, equipment(db, [office], mail_domain=mail_domain, actor=actor, now=now))
    return unit_id


def _exists(unit: Unit, on: date) -> bool:
    return unit.valid_from <= on and (unit.valid_to is None or on <= unit.valid_to)


def _checked(checks: Checks, wish: UnitWish) -> dict[str, Any]:
    return {
        "letter_symbol": checks.text("letter_symbol", wish.letter_symbol, 20, required=False),
        "seat": checks.text("seat", wish.seat, 100, required=False),
        "road_km": checks.number("road_km", wish.road_km, 0, 2_000),
        "drive_min": checks.number("drive_min", wish.drive_min, 0, 2_000),
        "kpi_host": wish.kpi_host,
    }


def _names(checks: Checks, name: str, short: str, name_en: str) -> tuple[str, str, str]:
    return (
        checks.text("name", name, 200),
        checks.text("short", short, 60),
        checks.text("name_en", name_en, 200, required=False),
    )


def _name_row(unit_id: int, code: str, name: str, short: str, name_en: str, since: date) -> dict[str, Any]:
    key = search_key(name, short, name_en, code)
    return {
        "unit_id": unit_id, "name": name, "short": short, "name_en": name_en, "search_key": key, "valid_from": since,
        "valid_to": None,
    }  # fmt: skip


def change_unit(db: Session, code: str, wish: UnitWish, *, actor: str, now: datetime) -> None:
    """Change what is not dated: symbol, seat, road, driving time, host or not. Raises NotFound, Invalid."""
    unit = _find(db, code)
    checks = Checks()
    values = _checked(checks, wish)
    checks.done()
    before = {name: getattr(unit, name) for name in values}
    if before != values:
        set_unit(db, unit.id, values)
        add_change(db, "unit", unit.id, "changed", actor=actor, now=now, before=before, after=values)


def rename_unit(
    db: Session, code: str, name: str, short: str, name_en: str, *, on: date, actor: str, now: datetime,
    reason: str | None = None,
) -> None:  # fmt: skip
    """Give a unit another name from ``on``; a name that was to begin on that very day is replaced.

    Raises NotFound; Invalid when ``on`` is outside the unit's life or a later name exists already.
    """
    unit = _find(db, code)
    checks = Checks()
    name, short, name_en = _names(checks, name, short, name_en)
    names = list_name_rows(db, unit.id)
    if not _exists(unit, on):
        checks.wrong("on", "outside_life")
    elif names[-1].valid_from > on:
        checks.wrong("on", "later_exists", since=names[-1].valid_from.isoformat())
    checks.done()
    last = names[-1]
    before = {"name": last.name, "short": last.short, "name_en": last.name_en}
    row = _name_row(unit.id, unit.code, name, short, name_en, on)
    if last.valid_from == on:
        last.name, last.short, last.name_en, last.search_key = name, short, name_en, row["search_key"]
        db.flush()
    else:
        set_name_until(db, last.id, day_before(on))
        add_names(db, [{**row, "valid_to": unit.valid_to}])
    after = {"name": name, "short": short, "name_en": name_en, "on": on.isoformat()}
    add_change(db, "unit", unit.id, "renamed", actor=actor, now=now, before=before, after=after, reason=reason)


def retire_unit(
    db: Session, code: str, *, last_day: date, actor: str, now: datetime, successor: str | None = None,
    kind: str = "merge", reason: str | None = None,
) -> None:  # fmt: skip
    """End a unit with ``last_day``. Its rooms pass to ``successor`` (a code) the day after, else nobody holds them.

    Names, numbers and holdings end with it. Raises NotFound; Invalid when it ended before or has no such successor.
    """
    unit = _find(db, code)
    checks = Checks()
    following = last_day + timedelta(days=1)
    heir = find_unit_row(db, successor) if successor else None
    if not _exists(unit, last_day) or unit.valid_to is not None:
        checks.wrong("last_day", "outside_life")
    if successor and (heir is None or heir.id == unit.id or not _exists(heir, following)):
        checks.wrong("successor", "unknown")
    checks.choice("kind", kind, ("merge", "rename", "transfer"))
    checks.done()
    held = list_held(db, unit.id, last_day)
    for table in (UnitName, UnitExtId, RoomUnit):
        set_open_until(db, table, unit.id, last_day)
    set_unit(db, unit.id, {"valid_to": last_day})
    if heir is not None:
        add_succession(db, unit.id, heir.id, following, kind)
        for room_id in held:
            add_holding(db, room_id, heir.id, following, heir.valid_to)
    after = {"valid_to": last_day.isoformat(), "successor": successor, "kind": kind if successor else None}
    add_change(
        db, "unit", unit.id, "retired", actor=actor, now=now, before={"valid_to": None}, after=after, reason=reason
    )
    poke(db, *(f"room:{room_id}" for room_id in held))


def _find(db: Session, code: str) -> Unit:
    unit = find_unit_row(db, code)
    if unit is None:
        raise NotFound(kind="unit", key=code)
    return unit
