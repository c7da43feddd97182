"""Every statement on units and their history. Rooms, lines and people: place_queries.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from rooms.models import Unit, UnitExtId, UnitName, UnitSuccession


@dataclass(frozen=True)
class UnitOn:
    """An office as it was on a day. ``valid_to`` is the last day it existed, None while open-ended."""

    id: int
    code: str
    level: str
    parent_id: int | None
    position: int
    name: str
    short: str
    name_en: str
    kpi_host: bool
    letter_symbol: str
    seat: str
    road_km: int | None
    drive_min: int | None
    valid_from: date
    valid_to: date | None
    confidence: str


def dated(table: Any, on: Any) -> Any:
    """The condition that a dated row holds on a day."""
    return and_(table.valid_from <= on, or_(table.valid_to.is_(None), table.valid_to >= on))


_UNIT: Select[*tuple[Any, ...]] = select(
    Unit.id, Unit.code, Unit.level, Unit.parent_id, Unit.position, UnitName.name, UnitName.short, UnitName.name_en,
    Unit.kpi_host, Unit.letter_symbol, Unit.seat, Unit.road_km, Unit.drive_min, Unit.valid_from, Unit.valid_to,
    Unit.confidence,
)  # fmt: skip


def _units_on(on: date) -> Select[*tuple[Any, ...]]:
    return _UNIT.join(UnitName, and_(UnitName.unit_id == Unit.id, dated(UnitName, on))).where(dated(Unit, on))


def list_units(
    db: Session, on: date, *, levels: Collection[str] | None = None, parent_id: int | None = None, key: str = ""
) -> list[UnitOn]:
    """The units of a day in protocol order, never alphabetical; ``key`` is a folded part of a name."""
    query = _units_on(on).order_by(Unit.position, Unit.id)
    if levels is not None:
        query = query.where(Unit.level.in_(levels))
    if parent_id is not None:
        query = query.where(Unit.parent_id == parent_id)
    if key:
        query = query.where(UnitName.search_key.contains(key, autoescape=True))
    return [UnitOn(*row) for row in db.execute(query)]


def find_unit(db: Session, code: str, on: date) -> UnitOn | None:
    """The unit with this code, if it exists on that day."""
    row = db.execute(_units_on(on).where(Unit.code == code)).one_or_none()
    return UnitOn(*row) if row else None


def find_unit_by_id(db: Session, unit_id: int, on: date) -> UnitOn | None:
    """The unit with this id, if it exists on that day."""
    row = db.execute(_units_on(on).where(Unit.id == unit_id)).one_or_none()
    return UnitOn(*row) if row else None


@dataclass(frozen=True)
class NameOn:
    name: str
    short: str
    name_en: str


def list_names(db: Session, unit_ids: Collection[int], on: date) -> dict[int, NameOn]:
    """What units were called on a day. One that did not exist then gets the name nearest to it in time."""
    query = select(UnitName).where(UnitName.unit_id.in_(unit_ids)).order_by(UnitName.valid_from)
    names: dict[int, NameOn] = {}
    for row in db.scalars(query):
        if row.unit_id not in names or row.valid_from <= on:
            names[row.unit_id] = NameOn(row.name, row.short, row.name_en)
    return names


def list_unit_rows(db: Session, codes: Collection[str]) -> dict[str, Unit]:
    """Units by code whatever the day, for those who change them."""
    return {unit.code: unit for unit in db.scalars(select(Unit).where(Unit.code.in_(codes)))}


def find_unit_row(db: Session, code: str) -> Unit | None:
    return db.scalar(select(Unit).where(Unit.code == code))


def last_position(db: Session) -> int:
    """The position of the last unit in protocol order."""
    return db.scalar(select(func.coalesce(func.max(Unit.position), 0))) or 0


def list_name_rows(db: Session, unit_id: int) -> list[UnitName]:
    """All names of a unit, oldest first."""
    return list(db.scalars(select(UnitName).where(UnitName.unit_id == unit_id).order_by(UnitName.valid_from)))


def list_ext_ids(db: Session, unit_ids: Collection[int], scheme: str) -> dict[int, str]:
    """The latest number of each unit in a foreign scheme (GSO)."""
    query = select(UnitExtId.unit_id, UnitExtId.value).where(
        UnitExtId.unit_id.in_(unit_ids), UnitExtId.scheme == scheme
    )
    return {row.unit_id: row.value for row in db.execute(query.order_by(UnitExtId.valid_from))}


def find_by_ext_id(db: Session, scheme: str, value: str, on: date) -> UnitOn | None:
    """Whose number this was on a day; numbers are given again to others (GSO 24)."""
    query = _units_on(on).join(UnitExtId, UnitExtId.unit_id == Unit.id)
    row = db.execute(
        query.where(UnitExtId.scheme == scheme, UnitExtId.value == value, dated(UnitExtId, on))
    ).one_or_none()
    return UnitOn(*row) if row else None


def add_names(db: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    db.execute(insert(UnitName), [dict(row) for row in rows])


def set_unit(db: Session, unit_id: int, values: Mapping[str, Any]) -> None:
    db.execute(update(Unit).where(Unit.id == unit_id).values(**values))


def set_open_until(db: Session, table: Any, unit_id: int, last_day: date) -> None:
    """Close the open-ended dated rows of a unit (names, numbers, rooms) on ``last_day``."""
    db.execute(
        update(table)
        .where(table.unit_id == unit_id, or_(table.valid_to.is_(None), table.valid_to > last_day))
        .values(valid_to=last_day)
    )


def set_name_until(db: Session, name_id: int, last_day: date) -> None:
    db.execute(update(UnitName).where(UnitName.id == name_id).values(valid_to=last_day))


def find_succession(db: Session, from_id: int, to_id: int, on_date: date) -> UnitSuccession | None:
    return db.scalar(
        select(UnitSuccession).where(
            UnitSuccession.from_id == from_id, UnitSuccession.to_id == to_id, UnitSuccession.on_date == on_date
        )
    )


def add_succession(db: Session, from_id: int, to_id: int, on_date: date, kind: str) -> None:
    db.execute(insert(UnitSuccession).values(from_id=from_id, to_id=to_id, on_date=on_date, kind=kind))


def list_successions(db: Session, until: date) -> list[UnitSuccession]:
    """Who took over from whom up to a day, oldest first."""
    query = select(UnitSuccession).where(UnitSuccession.on_date <= until).order_by(UnitSuccession.on_date)
    return list(db.scalars(query))


_SUCCESSOR = (
    select(UnitSuccession.to_id)
    .join(Unit, Unit.id == UnitSuccession.from_id)
    .where(
        UnitSuccession.from_id == bindparam("from_id"),
        UnitSuccession.on_date <= bindparam("on"),
        UnitSuccession.kind.in_(("merge", "rename", "transfer")),
        Unit.valid_to < bindparam("on"),
    )
    .order_by(UnitSuccession.on_date.desc())
    .limit(1)
)


def find_successor(db: Session, unit_id: int, on: date) -> int:
    """Who stands for a unit on a day: itself while it exists, else whoever took over, step by step."""
    for _ in range(20):
        following = db.scalar(_SUCCESSOR, {"from_id": unit_id, "on": on})
        if following is None:
            break
        unit_id = following
    return unit_id


def day_before(day: date) -> date:
    return day - timedelta(days=1)
