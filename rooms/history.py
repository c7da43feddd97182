"""Dated reforms of the administration from a file (merged, split, renamed, abolished), applied once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle
from rooms.changes import add_change
from rooms.equipment import EQUIPPED_LEVELS, NewOffice, equipment
from rooms.errors import FieldError, Invalid
from rooms.importing import Report
from rooms.models import Unit
from rooms.queries import add_succession, find_succession, find_unit, find_unit_row, list_names
from rooms.unit_files import HistoryRow
from rooms.units import UnitWish, add_unit, rename_unit, retire_unit


def import_history(
    db: Session, rows: Sequence[HistoryRow], *, actor: str, now: datetime, mail_domain: str, dry_run: bool = False
) -> Report:
    """Apply reforms in the order of their days. Rooms pass to whoever takes over; a unit born by a split is equipped.

    The report names units by ``from_code``: added = applied now, unchanged = had been applied before. Raises Invalid
    with the line of every reform that does not fit the directory. A dry run only checks what can be known without it.
    """
    report, errors = Report(dry_run), []
    born = {row.to_code for row in rows}
    for row in sorted(rows, key=lambda r: (r.last_day, r.kind == "abolish", r.line)):
        known = find_unit_row(db, row.from_code)
        if known is None:
            if not (dry_run and row.from_code in born):
                errors.append(_wrong(row, "from_code", "unknown"))
            continue
        if _applied(db, known, row):
            report.unchanged.append(row.from_code)
            continue
        report.added.append(row.from_code)
        if not dry_run:
            try:
                _apply(db, known, row, actor=actor, now=now, mail_domain=mail_domain)
            except Invalid as problem:
                errors += [_wrong(row, wrong.field, wrong.code) for wrong in problem.errors]
    if errors:
        raise Invalid(errors)
    return report


def _wrong(row: HistoryRow, column: str, code: str) -> FieldError:
    return FieldError(f"{row.line}.{column}", code, {"line": row.line})


def _applied(db: Session, unit: Unit, row: HistoryRow) -> bool:
    following = row.last_day + timedelta(days=1)
    if row.kind == "rename" and row.to_code == row.from_code:
        present = find_unit(db, unit.code, following)
        return present is not None and present.name == row.to_name
    if row.kind == "abolish":
        return unit.valid_to == row.last_day
    heir = find_unit_row(db, row.to_code)
    return heir is not None and find_succession(db, unit.id, heir.id, following) is not None


def _apply(db: Session, unit: Unit, row: HistoryRow, *, actor: str, now: datetime, mail_domain: str) -> None:
    following = row.last_day + timedelta(days=1)
    if row.kind == "rename" and row.to_code == row.from_code:
        rename_unit(db, unit.code, row.to_name, _short(row.to_name), "", on=following, actor=actor, now=now)
    elif row.kind == "abolish":
        retire_unit(db, unit.code, last_day=row.last_day, actor=actor, now=now)
    else:
        heir_id = _heir(db, unit, row, following, actor=actor, now=now)
        if row.kind == "split":
            _split(db, unit, heir_id, row, following, actor=actor, now=now, mail_domain=mail_domain)
        else:
            retire_unit(
                db, unit.code, last_day=row.last_day, actor=actor, now=now, successor=row.to_code, kind=row.kind
            )


def _heir(db: Session, unit: Unit, row: HistoryRow, following: date, *, actor: str, now: datetime) -> int:
    """The unit that takes over, made like its predecessor when it is new."""
    heir = find_unit_row(db, row.to_code)
    if heir is not None:
        return heir.id
    parent = db.get(Unit, unit.parent_id) if unit.parent_id else None
    wish = UnitWish(
        code=row.to_code, level=unit.level, parent=parent.code if parent else "", name=row.to_name,
        short=_short(row.to_name), letter_symbol=row.to_code if unit.letter_symbol else "", seat=unit.seat,
        road_km=unit.road_km, drive_min=unit.drive_min, kpi_host=unit.kpi_host,
    )  # fmt: skip
    heir_id = add_unit(db, wish, on=following, actor=actor, now=now)
    made = db.get_one(Unit, heir_id)
    made.position, made.confidence = unit.position, row.confidence
    db.flush()
    return heir_id


def _split(
    db: Session, unit: Unit, heir_id: int, row: HistoryRow, following: date, *, actor: str, now: datetime,
    mail_domain: str,
) -> None:  # fmt: skip
    add_succession(db, unit.id, heir_id, following, "split")
    after = {"to": row.to_code, "on": following.isoformat()}
    add_change(db, "unit", unit.id, "split", actor=actor, now=now, after=after)
    if unit.level in EQUIPPED_LEVELS:
        short = list_names(db, [heir_id], following)[heir_id].short
        office = NewOffice(heir_id, row.to_code, short, following)
        insert_bundle(db, equipment(db, [office], mail_domain=mail_domain, actor=actor, now=now))


_TYPES = ("Huyện ", "Thị xã ", "Thành phố ", "Tỉnh ", "Quận ", "Xã ", "Phường ", "Thị trấn ")
_SHORTER = (
    ("Nông nghiệp và Môi trường", "NN&MT"),
    ("Dân tộc và Tôn giáo", "DT&TG"),
)


def _short(name: str) -> str:
    """A name for screens: a district without its type, a department's field abbreviated where it is known."""
    for kind in _TYPES:
        if name.startswith(kind):
            return name.removeprefix(kind)[:60]
    for long, short in _SHORTER:
        name = name.replace(long, short)
    return name[:60]
