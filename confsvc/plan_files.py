"""A plan's file: from bytes to lines with named fields and back, and how lines travel in a form.

CSV, XLSX and calendar files hold the same fields, so that what was exported can be imported again.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from confsvc.i18n import text
from confsvc.plan_words import GROUPS, HEADINGS, NEEDED, columns_of, shown_headings
from confsvc.web.pages.phrases import FORMS, KINDS, REASONS
from integrations.calendar.plan_file import Entry, read_entries, write_entries
from integrations.documents.sheets import write_csv, write_xlsx
from integrations.documents.tables import LONGEST_CELL, MOST_BYTES, MOST_ROWS, NumberedRow, read_table
from integrations.errors import Refused
from rooms.errors import FieldError, Invalid
from scheduler.local_time import LOCAL

__all__ = [
    "MOST_BYTES", "MOST_ROWS", "TYPES", "Line", "PlanFile", "Planned", "pack", "read_plan", "template", "unpack",
    "write_plan",
]  # fmt: skip
WIDTHS = (12, 8, 8, 44, 24, 18, 18, 18, 40, 28, 18, 28, 40)
TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
         "ics": "text/calendar"}  # fmt: skip
_HEADING_WITHIN = 15
_MOST_UNPACKED = 12 * 1024 * 1024
_MOST_NUMBER = 10_000_000
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a pair of surrogates, which JSON can say and no database takes."""


@dataclass(frozen=True)
class Line:
    """One row: its number in the file, its fields as written, and why it cannot be taken whatever stands in it."""

    number: int
    fields: Mapping[str, str]
    trouble: str = ""


@dataclass(frozen=True)
class PlanFile:
    """The rows, and headings that say nothing here."""

    lines: tuple[Line, ...]
    unused: tuple[str, ...] = field(default=())


def read_plan(data: bytes) -> PlanFile:
    """Raises Invalid about "file"."""
    if not data.strip():
        raise Invalid([FieldError("file", "required")])
    try:
        if data[:200].lstrip(b"\xef\xbb\xbf \r\n\t").upper().startswith(b"BEGIN:VCALENDAR"):
            return PlanFile(tuple(_line(entry) for entry in read_entries(data, LOCAL)))
        return _of_table(read_table(data))
    except Refused as problem:
        limits = {"most": MOST_BYTES, "max": MOST_ROWS if problem.reason == "too_many_rows" else MOST_BYTES}
        raise Invalid([FieldError("file", problem.reason, limits)]) from problem


def _of_table(rows: Sequence[NumberedRow]) -> PlanFile:
    """Titles may stand above the headings."""
    for place, (_, cells) in enumerate(rows[:_HEADING_WITHIN]):
        columns = columns_of(cells)
        if len(columns) < 3:
            continue
        missing = [name for name in NEEDED if name not in columns.values()]
        if missing:
            raise Invalid([FieldError(HEADINGS[name], "missing_column") for name in missing])
        lines = [
            Line(number, {name: row[n] for n, name in columns.items() if n < len(row) and row[n]})
            for number, row in rows[place + 1 :]
        ]
        unused = tuple(cell for n, cell in enumerate(cells) if cell and n not in columns)
        return PlanFile(tuple(line for line in lines if line.fields), unused)
    raise Invalid([FieldError(HEADINGS[name], "missing_column") for name in NEEDED])


def _line(entry: Entry) -> Line:
    fields = {name: value for name, value in entry.extra.items() if name in HEADINGS}
    fields |= {"title": entry.summary, "note": entry.note}
    if entry.starts is not None:
        local = entry.starts.astimezone(LOCAL)
        fields |= {"date": f"{local:%d/%m/%Y}", "start": f"{local:%H:%M}"}
    if entry.starts is not None and entry.ends is not None:
        fields["end"] = shown_end(entry.starts, entry.ends)
    return Line(entry.number, {name: value for name, value in fields.items() if value}, entry.trouble)


def shown_end(starts: datetime, ends: datetime) -> str:
    """17:00, with its day when that is another."""
    until = ends.astimezone(LOCAL)
    return f"{until:%H:%M}" if until.date() == starts.astimezone(LOCAL).date() else f"{until:%H:%M %d/%m/%Y}"


def pack(lines: Sequence[Line]) -> str:
    """Lines as a text for a form: small, and read again by ``unpack``."""
    rows = [[line.number, dict(line.fields), line.trouble] for line in lines]
    return base64.b64encode(zlib.compress(json.dumps(rows, ensure_ascii=False).encode(), 9)).decode()


def unpack(packed: str) -> tuple[Line, ...]:
    """Raises Invalid about "file" for what ``pack`` did not make."""
    try:
        opened = zlib.decompressobj()
        content = opened.decompress(base64.b64decode(packed, validate=True), _MOST_UNPACKED)
        rows = json.loads(content) if opened.eof else None
        if not isinstance(rows, list) or len(rows) > MOST_ROWS:
            raise ValueError("not a list of rows")
        lines = tuple(_checked(*row) for row in rows)
        if len({line.number for line in lines}) < len(lines):
            raise ValueError("a number stands for two rows")
        return lines
    except (ValueError, TypeError, zlib.error, RecursionError) as problem:
        raise Invalid([FieldError("file", "not_a_plan_file")]) from problem


def _checked(number: object, fields: object, trouble: object) -> Line:
    if not isinstance(number, int) or not isinstance(fields, dict) or not isinstance(trouble, str):
        raise ValueError("not a row")
    if not 0 < number < _MOST_NUMBER:
        raise ValueError("not the number of a row")
    if any(name not in HEADINGS or not isinstance(value, str) for name, value in fields.items()):
        raise ValueError("not the fields of a row")
    if any(len(value) > LONGEST_CELL or _HALF.search(value) for value in fields.values()):
        raise ValueError("longer than a cell can be, or no text")
    return Line(number, {name: value.replace("\0", "") for name, value in fields.items()}, trouble[:40])


@dataclass(frozen=True)
class Planned:
    """A conference to be written: UID or another lasting name, times, and its fields in words."""

    uid: str
    starts: datetime
    ends: datetime
    fields: Mapping[str, str]


def write_plan(kind: str, planned: Sequence[Planned], language: str, *, stamp: datetime) -> bytes:
    """The file; ``kind``: of TYPES."""
    if kind == "ics":
        name = text("Plan of meetings", language)
        return write_entries(((one.uid, _entry(one)) for one in planned), stamp=stamp, name=name)
    rows = [shown_headings(language), *([one.fields.get(name, "") for name in HEADINGS] for one in planned)]
    return write_csv(rows) if kind == "csv" else write_xlsx([(text("Plan", language), rows, WIDTHS)])


def _entry(one: Planned) -> Entry:
    apart = ("title", "note", "date", "start", "end")
    extra = {name: one.fields.get(name, "") for name in HEADINGS if name not in apart}
    return Entry(0, one.fields.get("title", ""), one.fields.get("note", ""), one.starts, one.ends, extra)


def template(kind: str, language: str, units: Sequence[tuple[str, str]], *, now: datetime) -> bytes:
    """An empty plan with two examples, and in XLSX a second sheet of what may be written; ``units``: code, name."""
    day = now.astimezone(LOCAL) + timedelta(days=30)
    kinds = {code: text(shown, language) for code, shown in KINDS.items()}
    forms = {code: text(shown, language) for code, shown in FORMS.items()}
    districts = text("all districts", language)
    examples = [
        [f"{day:%d/%m/%Y}", "08:00", "10:00", text("Monthly briefing", language), kinds["briefing"], forms["online"],
         "", "", districts, "", "", "", text("Example: delete this row", language)],
        [f"{day:%d/%m/%Y}", "14:00", "17:00", text("Training", language), kinds["training"], forms["online"], "", "",
         "; ".join(code for code, _ in units[-3:]), "", "", "", text("Example: delete this row", language)],
    ]  # fmt: skip
    rows = [shown_headings(language), *examples]
    if kind == "csv":
        return write_csv(rows)
    known = [[text("Column", language), text("What may be written", language), text("Meaning", language)]]
    for column, words in (("kind", kinds), ("form", forms)):
        known += [[text(HEADINGS[column], language), said, ""] for said in words.values()]
    known += [[text(HEADINGS["reason"], language), text(said, language), ""] for said in REASONS.values()]
    known.append([text(HEADINGS["sites"], language), districts, ""])
    known += [[text(HEADINGS["sites"], language), code, name] for code, name in units]
    return write_xlsx([(text("Plan", language), rows, WIDTHS), (text("Values", language), known, (26, 48, 48))])


def is_group(folded: str) -> tuple[str, ...]:
    """The levels of offices that a group's name stands for."""
    return GROUPS.get(folded, ())
