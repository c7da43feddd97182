"""Units from a file into the directory; the same file a second time changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.changes import add_change, change_row
from rooms.equipment import EQUIPPED_LEVELS, NewOffice, equipment
from rooms.errors import FieldError, Invalid
from rooms.models import Change, Unit, UnitExtId, UnitName
from rooms.names import search_key
from rooms.queries import find_unit, last_position, list_unit_rows, set_unit
from rooms.unit_files import UnitRow
from rooms.units import rename_unit

HOST_LEVELS = ("province_body", "province_agency")
"""Whose meetings with districts the indicator counts (domain.md 4.1)."""
_PLAIN = ("letter_symbol", "seat", "road_km", "drive_min", "confidence")


@dataclass
class Report:
    """What an import did, or with ``dry_run`` would do: the codes of the units concerned."""

    dry_run: bool
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def import_units(
    db: Session, rows: Sequence[UnitRow], *, on: date, actor: str, now: datetime, mail_domain: str,
    equip: Collection[str] = EQUIPPED_LEVELS, dry_run: bool = False,
) -> Report:  # fmt: skip
    """Add the units that are new and bring the others to what the file says as of ``on``.

    A unit with another name is renamed from ``on``; one that the file does not list is left alone. New units of a
    level in ``equip`` get hall, line, endpoint and role contact. Protocol order is the order of the file, after what
    exists. Raises Invalid: unknown parent, another level than before.
    """
    known = list_unit_rows(db, {row.code for row in rows} | {row.parent for row in rows if row.parent})
    _check(rows, known)
    report = Report(dry_run)
    new = [row for row in rows if row.code not in known]
    report.added = [row.code for row in new]
    for row in rows:
        if row.code in known:
            changed = _bring_up_to_date(db, known[row.code], row, on=on, actor=actor, now=now, dry_run=dry_run)
            (report.changed if changed else report.unchanged).append(row.code)
    if new and not dry_run:
        _add(db, new, known, on=on, actor=actor, now=now, mail_domain=mail_domain, equip=equip)
    return report


def _check(rows: Sequence[UnitRow], known: dict[str, Unit]) -> None:
    errors = []
    codes = {row.code for row in rows} | set(known)
    for row in rows:
        if row.parent and (row.parent not in codes or row.parent == row.code):
            errors.append(FieldError(f"{row.line}.parent", "unknown", {"line": row.line, "value": row.parent}))
        unit = known.get(row.code)
        if unit is not None and unit.level != row.level:
            errors.append(FieldError(f"{row.line}.level", "differs", {"line": row.line, "value": unit.level}))
    if errors:
        raise Invalid(errors)


def _bring_up_to_date(
    db: Session, unit: Unit, row: UnitRow, *, on: date, actor: str, now: datetime, dry_run: bool
) -> bool:
    """Whether anything differs; changed unless ``dry_run``."""
    before: dict[str, Any] = {name: getattr(unit, name) for name in _PLAIN}
    after: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    differs = {name for name in _PLAIN if before[name] != after[name]}
    day = max(on, unit.valid_from)
    present = find_unit(db, unit.code, day)
    renamed = present is not None and (present.name, present.short, present.name_en) != (
        row.name, row.short, row.name_en,
    )  # fmt: skip
    if not dry_run and differs:
        set_unit(db, unit.id, {name: after[name] for name in differs})
        add_change(
            db, "unit", unit.id, "changed", actor=actor, now=now,
            before={name: before[name] for name in differs}, after={name: after[name] for name in differs},
        )  # fmt: skip
    if not dry_run and renamed:
        rename_unit(db, unit.code, row.name, row.short, row.name_en, on=day, actor=actor, now=now)
    return bool(differs) or renamed


def _add(
    db: Session, new: Sequence[UnitRow], known: dict[str, Unit], *, on: date, actor: str, now: datetime,
    mail_domain: str, equip: Collection[str],
) -> None:  # fmt: skip
    ids = {row.code: unit_id for row, unit_id in zip(new, next_ids(db, Unit, len(new)), strict=True)}
    parents = {code: unit.id for code, unit in known.items()} | ids
    first = last_position(db) + 1
    rows: dict[Any, list[dict[str, Any]]] = {Unit: [], UnitName: [], UnitExtId: [], Change: []}
    offices = []
    positions = {row.code: position for position, row in enumerate(new, start=first)}
    for row in _parents_first(new):
        unit_id, since = ids[row.code], row.valid_from or on
        span = {"valid_from": since, "valid_to": row.valid_to}
        rows[Unit].append(
            {"id": unit_id, "code": row.code, "level": row.level, "parent_id": parents.get(row.parent),
             "position": positions[row.code], "kpi_host": row.level in HOST_LEVELS, **span,
             **{name: getattr(row, name) for name in _PLAIN}}
        )  # fmt: skip
        rows[UnitName].append(
            {"unit_id": unit_id, "name": row.name, "short": row.short, "name_en": row.name_en,
             "search_key": search_key(row.name, row.short, row.name_en, row.code), **span}
        )  # fmt: skip
        if row.gso:
            rows[UnitExtId].append({"unit_id": unit_id, "scheme": "gso", "value": row.gso, **span})
        after = {name: v.isoformat() if isinstance(v, date) else v for name, v in asdict(row).items() if name != "line"}
        rows[Change].append(change_row("unit", unit_id, "added", actor=actor, now=now, after=after))
        if row.level in equip:
            offices.append(NewOffice(unit_id, row.code, row.short, since, row.valid_to))
    insert_bundle(db, list(rows.items()))
    insert_bundle(db, equipment(db, offices, mail_domain=mail_domain, actor=actor, now=now))


def _parents_first(rows: Sequence[UnitRow]) -> list[UnitRow]:
    """A unit after its parent, otherwise the order of the file: SQLite checks references row by row."""
    ordered: list[UnitRow] = []
    waiting = {row.code: row for row in rows}
    while waiting:
        ready = [row for row in waiting.values() if row.parent not in waiting]
        if not ready:
            raise Invalid([FieldError(f"{r.line}.parent", "circle", {"line": r.line}) for r in waiting.values()])
        ordered += ready
        for row in ready:
            del waiting[row.code]
    return ordered
