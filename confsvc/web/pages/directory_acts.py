"""Every change of the directory that a page offers; to add one, write an ``Act`` here and its two routes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from confsvc.access import Permission
from confsvc.web.pages.directory import find_office
from confsvc.web.pages.directory_form import Act, Asks, By, Subject, Values
from confsvc.web.pages.words import LEVELS, Words
from rooms.errors import FieldError, Invalid
from rooms.queries import find_unit_row, list_units
from rooms.units import UnitWish, add_unit, change_unit, rename_unit, retire_unit

MOST_UNITS = 400


def unit_options(db: Session, subject: Subject, today: date, words: Words) -> Sequence[tuple[str, str]]:
    """Every office of the day, communes last and bounded."""
    units = sorted(list_units(db, today), key=lambda unit: unit.level == "commune")
    return [(unit.code, f"{unit.short} ({unit.code})") for unit in units[:MOST_UNITS]]


def _level_options(db: Session, subject: Subject, today: date, words: Words) -> Sequence[tuple[str, str]]:
    return [(code, words.level(code)) for code in LEVELS]


def _kind_options(db: Session, subject: Subject, today: date, words: Words) -> Sequence[tuple[str, str]]:
    said = {"merge": "Merged into", "rename": "Renamed to", "transfer": "Its tasks passed to"}
    return [(code, words(message)) for code, message in said.items()]


def _whole(db: Session, key: str, today: date) -> Subject:
    return Subject(None, "", "", values={"on": today.strftime("%d/%m/%Y"), "equip": True})


def find_unit_subject(db: Session, code: str, today: date) -> Subject:
    """An office with what its forms hold now."""
    unit = find_office(db, code, today)
    row = find_unit_row(db, code)
    values = {
        "name": unit.name, "short": unit.short, "name_en": unit.name_en, "letter_symbol": unit.letter_symbol,
        "seat": unit.seat, "road_km": unit.road_km, "drive_min": unit.drive_min,
        "kpi_host": bool(row and row.kpi_host), "on": today.strftime("%d/%m/%Y"),
        "last_day": today.strftime("%d/%m/%Y"), "kind": "merge",
    }  # fmt: skip
    return Subject(unit.id, code, unit.name, code, values)


_NAMES = (
    Asks("name", "Full name", hint="As letters write it"),
    Asks("short", "Short name", hint="As screens show it", most=60),
    Asks("name_en", "Name in English", required=False),
)
_PLAIN = (
    Asks("letter_symbol", "Symbol of letters", required=False, most=20, hint="For example GM-STTTT"),
    Asks("seat", "Seat", required=False, most=100),
    Asks("road_km", "Road from the province's office, km", "number", required=False),
    Asks("drive_min", "Driving time, minutes", "number", required=False),
    Asks("kpi_host", "Its meetings with districts count for the share", "flag", required=False),
)


def _wish(values: Values, code: str = "", level: str = "district", parent: str = "") -> UnitWish:
    return UnitWish(
        code=code, level=level, parent=parent, name=values.get("name", "-"), short=values.get("short", "-"),
        name_en=values.get("name_en", ""), letter_symbol=values["letter_symbol"], seat=values["seat"],
        road_km=values["road_km"], drive_min=values["drive_min"], kpi_host=values["kpi_host"],
    )  # fmt: skip


def _add(db: Session, subject: Subject, values: Values, by: By) -> str:
    code = values["code"].upper()
    add_unit(
        db, _wish(values, code, values["level"], values["parent"]), on=values["on"], actor=by.actor, now=by.now,
        mail_domain=by.mail_domain if values["equip"] else None,
    )  # fmt: skip
    return f"/directory/units/{code}"


def _change(db: Session, subject: Subject, values: Values, by: By) -> None:
    change_unit(db, subject.unit_code, _wish(values), actor=by.actor, now=by.now)


def _rename(db: Session, subject: Subject, values: Values, by: By) -> None:
    rename_unit(
        db, subject.unit_code, values["name"], values["short"], values["name_en"], on=values["on"], actor=by.actor,
        now=by.now, reason=values["reason"] or None,
    )  # fmt: skip


def _retire(db: Session, subject: Subject, values: Values, by: By) -> None:
    if values["last_day"] > by.today.replace(year=by.today.year + 2):
        raise Invalid([FieldError("last_day", "too_far_ahead", {"days": 730})])
    retire_unit(
        db, subject.unit_code, last_day=values["last_day"], actor=by.actor, now=by.now,
        successor=values["successor"] or None, kind=values["kind"] or "merge", reason=values["reason"] or None,
    )  # fmt: skip


ADD_UNIT = Act(
    "Add an office", "Add the office", Permission.DIRECTORY_EDIT,
    (
        Asks("code", "Code", most=20, hint="Capital letters, digits and dashes; it never changes"),
        Asks("level", "Level", "choice", options=_level_options),
        Asks("parent", "Superior office", "choice", required=False, options=unit_options, empty="None"),
        *_NAMES,
        *_PLAIN,
        Asks("on", "Exists from", "day"),
        Asks("equip", "With a hall, a line, a place for a device and a role mailbox", "flag", required=False),
    ),
    _whole, _add, done="The office is added.",
)  # fmt: skip
CHANGE_UNIT = Act(
    "Change an office", "Save", Permission.DIRECTORY_EDIT, _PLAIN, find_unit_subject, _change,
)  # fmt: skip
RENAME_UNIT = Act(
    "Rename an office", "Rename", Permission.DIRECTORY_EDIT,
    (*_NAMES, Asks("on", "The new name holds from", "day"), Asks("reason", "Basis", required=False)),
    find_unit_subject, _rename, done="The office has a new name.",
)  # fmt: skip
RETIRE_UNIT = Act(
    "Retire an office", "Retire the office", Permission.DIRECTORY_EDIT,
    (
        Asks("last_day", "Its last day", "day"),
        Asks("successor", "Successor", "choice", required=False, options=unit_options, empty="None"),
        Asks("kind", "How", "choice", options=_kind_options),
        Asks("reason", "Basis", required=False, hint="Number and symbol of the decision"),
    ),
    find_unit_subject, _retire, done="The office is retired.",
    warning="Its names, numbers and rooms end with that day; the rooms pass to the successor the day after. "
    "What was measured stays as it was.",
)  # fmt: skip
