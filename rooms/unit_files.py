"""Units and their reforms as CSV files: bounded, UTF-8 only, every wrong field of the whole file at once.

(pure) An error's field is ``<line>.<column>``; lines count from 1 and the header is line 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rooms.errors import FieldError, Invalid
from rooms.models import LEVELS
from rooms.names import tidy

MOST_BYTES = 1_000_000
MOST_ROWS = 5_000
UNIT_COLUMNS = (
    "code", "level", "parent", "name_vi", "short_vi", "name_en", "letter_symbol", "gso", "seat", "road_km", "drive_min",
    "valid_from", "valid_to", "confidence",
)  # fmt: skip
HISTORY_COLUMNS = ("from_code", "last_day", "to_code", "to_name", "kind", "confidence")
HISTORY_KINDS = ("merge", "split", "rename", "abolish")
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}\Z")


@dataclass(frozen=True)
class UnitRow:
    """One office as a file describes it; ``line`` is where."""

    line: int
    code: str
    level: str
    parent: str
    name: str
    short: str
    name_en: str
    letter_symbol: str
    gso: str
    seat: str
    road_km: int | None
    drive_min: int | None
    valid_from: date | None
    valid_to: date | None
    confidence: str


@dataclass(frozen=True)
class HistoryRow:
    """One dated reform: what became of ``from_code`` after ``last_day``."""

    line: int
    from_code: str
    last_day: date
    to_code: str
    to_name: str
    kind: str
    confidence: str


def read_units(data: bytes) -> list[UnitRow]:
    """The units of a CSV file with at least the columns code, level, parent and name_vi.

    Raises Invalid: too_large, not_utf8, missing_column, unknown_column, and one error per wrong field.
    """
    reader = Reader(data, UNIT_COLUMNS, required=("code", "level", "parent", "name_vi"), ignored=("type",))
    rows, seen = [], set()
    for line in reader:
        row = _unit_row(line)
        if row.code and row.code in seen:
            line.wrong("code", "twice")
        if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
            line.wrong("valid_to", "before", other="valid_from")
        seen.add(row.code)
        rows.append(row)
    reader.finish()
    return rows


def _unit_row(line: Line) -> UnitRow:
    name = line.text("name_vi", 200, required=True)
    return UnitRow(
        line=line.number,
        code=line.code("code", required=True),
        level=line.choice("level", LEVELS),
        parent=line.code("parent"),
        name=name,
        short=line.text("short_vi", 60) or name[:60],
        name_en=line.text("name_en", 200),
        letter_symbol=line.text("letter_symbol", 20),
        gso=line.digits("gso"),
        seat=line.text("seat", 100),
        road_km=line.number_in("road_km", 0, 2_000),
        drive_min=line.number_in("drive_min", 0, 2_000),
        valid_from=line.day("valid_from"),
        valid_to=line.day("valid_to"),
        confidence=line.choice("confidence", ("high", "medium", "low"), default="high"),
    )


def read_history(data: bytes) -> list[HistoryRow]:
    """The reforms of a CSV file with all the columns of ``HISTORY_COLUMNS``; raises as ``read_units``."""
    reader = Reader(data, HISTORY_COLUMNS, required=HISTORY_COLUMNS)
    rows = []
    for line in reader:
        kind = line.choice("kind", HISTORY_KINDS)
        to_code = line.code("to_code", required=kind in ("merge", "split", "rename"))
        if kind == "abolish" and to_code:
            line.wrong("to_code", "not_wanted")
        row = HistoryRow(
            line=line.number,
            from_code=line.code("from_code", required=True),
            last_day=line.day("last_day", required=True) or date.max,
            to_code=to_code,
            to_name=line.text("to_name", 200),
            kind=kind,
            confidence=line.choice("confidence", ("high", "medium", "low"), default="high"),
        )
        rows.append(row)
    reader.finish()
    return rows


class Line:
    """One line of a file; what is wrong with it is added to the file's errors."""

    def __init__(self, number: int, values: Mapping[str, str], errors: list[FieldError]) -> None:
        self.number = number
        self._values = values
        self._errors = errors

    def wrong(self, column: str, code: str, **data: Any) -> None:
        self._errors.append(FieldError(f"{self.number}.{column}", code, {"line": self.number, **data}))

    def text(self, column: str, most: int, *, required: bool = False) -> str:
        value = tidy(self._values.get(column) or "")
        if required and not value:
            self.wrong(column, "required")
        if len(value) > most:
            self.wrong(column, "too_long", max=most)
        elif not value.isprintable():
            self.wrong(column, "not_text")
        return value

    def code(self, column: str, *, required: bool = False) -> str:
        value = self.text(column, 200, required=required)
        if value and not CODE.match(value):
            self.wrong(column, "not_a_code")
        return value

    def choice(self, column: str, allowed: tuple[str, ...], *, default: str = "") -> str:
        value = self.text(column, 200) or default
        if value not in allowed:
            self.wrong(column, "not_one_of", allowed=list(allowed))
        return value

    def digits(self, column: str) -> str:
        value = self.text(column, 200)
        if value and not re.fullmatch(r"[0-9]{1,10}", value):
            self.wrong(column, "not_a_number")
        return value

    def number_in(self, column: str, low: int, high: int) -> int | None:
        value = self.digits(column)
        if not re.fullmatch(r"[0-9]{1,10}", value):
            return None
        if not low <= int(value) <= high:
            self.wrong(column, "out_of_range", low=low, high=high)
        return int(value)

    def day(self, column: str, *, required: bool = False) -> date | None:
        value = self.text(column, 200, required=required)
        if not value:
            return None
        try:
            day = date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else None
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 2200:
            self.wrong(column, "not_a_date")
            return None
        return day


class Reader:
    """The lines of a CSV file; ``finish`` raises Invalid with all that was wrong."""

    def __init__(
        self, data: bytes, known: tuple[str, ...], *, required: tuple[str, ...], ignored: tuple[str, ...] = ()
    ) -> None:
        self.errors: list[FieldError] = []
        if len(data) > MOST_BYTES:
            raise Invalid([FieldError("file", "too_large", {"max": MOST_BYTES})])
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            # Old files are in TCVN3 or VNI fonts; guessing would store wrong names for ever.
            raise Invalid([FieldError("file", "not_utf8", {"byte": problem.start})]) from problem
        self._rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        self._header = [tidy(name) for name in next(self._rows, [])]
        for name in required:
            if name not in self._header:
                self.errors.append(FieldError(f"1.{name}", "missing_column", {"line": 1}))
        for name in self._header:
            if name not in (*known, *ignored) or self._header.count(name) > 1:
                self.errors.append(FieldError(f"1.{name[:60]}", "unknown_column", {"line": 1}))
        self.finish()

    def __iter__(self) -> Any:
        try:
            for count, values in enumerate(self._rows, start=1):
                if count > MOST_ROWS:
                    raise Invalid([FieldError("file", "too_many_rows", {"max": MOST_ROWS})])
                line = Line(self._rows.line_num, dict(zip(self._header, values, strict=False)), self.errors)
                if not any(values):
                    continue
                if len(values) != len(self._header):
                    line.wrong("columns", "wrong_count", expected=len(self._header), found=len(values))
                    continue
                yield line
        except csv.Error as problem:
            line_number = self._rows.line_num
            raise Invalid([FieldError(f"{line_number}.columns", "not_csv", {"line": line_number})]) from problem

    def finish(self) -> None:
        if self.errors:
            raise Invalid(self.errors)
