"""Rows of text out of a CSV or XLSX file that somebody sent.

Everything is bounded before it is unpacked: bytes, sheets, rows, columns, signs in a cell. A formula is its own text
and is never computed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from integrations.errors import Refused

MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 16 * 1024 * 1024
MOST_PARTS = 200
MOST_SHEETS = 20
MOST_ROWS = 2000
MOST_COLUMNS = 40
LONGEST_CELL = 4000
_BLANK = 50  # rows without text that a sheet may have among the others
_ZIP = b"PK\x03\x04"
_BLANK_LINES = 20_000  # lines without text that a CSV file may have among the others
_BEGINS, _SIGN = r"(?:^|(?<=[;\t\r\n]))", r"(?='*[=+\-@\t\r])"
_FORMULA, _ESCAPED = re.compile(_BEGINS + _SIGN), re.compile(f"{_BEGINS}'{_SIGN}")
_XML = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n\0]*<|\xfe\xff|\xff\xfe")
_BINARY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")

NumberedRow = tuple[int, tuple[str, ...]]
"""The row's number as a spreadsheet shows it, and its cells; rows without any text are left out."""


def read_table(data: bytes) -> list[NumberedRow]:
    """The rows of the first sheet, whatever of the two the file is.

    Raises Refused with the reason "too_large", "too_many_rows", "not_utf8", "not_csv" or "not_a_plan_file".
    """
    if len(data) > MOST_BYTES:
        raise Refused("too_large")
    found = list(islice(_xlsx(data) if data.startswith(_ZIP) else _csv(data), MOST_ROWS + 1))
    if len(found) > MOST_ROWS:
        raise Refused("too_many_rows")
    return found


def _csv(data: bytes) -> Iterator[NumberedRow]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Refused("not_utf8") from problem
    if _BINARY.search(text):
        raise Refused("not_csv")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for count, row in enumerate(reader, start=1):
            if count > MOST_ROWS + _BLANK_LINES:
                raise Refused("too_many_rows")
            yield from _kept(reader.line_num, map(_unescaped, row))
    except csv.Error as problem:
        raise Refused("not_csv") from problem


def _delimiter(text: str) -> str:
    """What stands most often in the first lines: spreadsheets in Vietnamese write semicolons."""
    head = text[:4000]
    return max((",", ";", "\t"), key=head.count)


def _kept(number: int, cells: Iterable[str]) -> Iterator[NumberedRow]:
    row = [cell.strip() for cell in cells]
    while row and not row[-1]:
        row.pop()
    if len(row) > MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in row):
        raise Refused("too_large")
    if row:
        yield number, tuple(row)


def _xlsx(data: bytes) -> Iterator[NumberedRow]:
    try:
        _check_parts(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        if len(book.worksheets) > MOST_SHEETS:
            raise Refused("too_large")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file claims of its size is not believed
        last = MOST_ROWS + _BLANK
        rows = sheet.iter_rows(max_row=last + 1, max_col=MOST_COLUMNS + 1, values_only=True)
        for number, row in enumerate(rows, start=1):
            if number > last:
                raise Refused("too_many_rows")
            yield from _kept(number, map(_shown, row))
    except (  # SyntaxError: of either XML parser that openpyxl uses
        zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError,
        NotImplementedError, RuntimeError, SyntaxError, OSError,
    ) as problem:  # fmt: skip
        raise Refused("not_a_plan_file") from problem


def _check_parts(data: bytes) -> None:
    """Looks at what the archive would become before anything of it is read as XML; zipfile gives no part more bytes
    than its head says."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise Refused("too_large")
        for part in parts:  # whatever its name: the archive itself says which part is a sheet
            content = archive.read(part)
            if _XML.match(content):
                _check_xml(content)


def _check_xml(content: bytes) -> None:
    """Spreadsheets declare no entities; whoever does wants them to grow. In UTF-16 one could not see it."""
    wide = content[:2] in (b"\xfe\xff", b"\xff\xfe") or b"\0" in content
    if wide or b"<!" in content.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise Refused("not_a_plan_file")


def _shown(value: Any) -> str:
    """A cell as people read it: days as dd/MM/yyyy, times as 14:30, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y}" if value.time() == time() else f"{value:%H:%M %d/%m/%Y}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):  # a time in the format of lengths
        return f"{int(value.total_seconds()) // 3600:02}:{int(value.total_seconds()) // 60 % 60:02}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else ""


def escaped(cell: str) -> str:
    """The cell for a CSV file with a ' before all that a spreadsheet would compute, or read as escaped although it is
    not. Signs after a semicolon, a tab or a new line are meant too: a spreadsheet that takes those for the ends of
    cells or rows, as in Vietnamese, begins a new one there."""
    return _FORMULA.sub("'", cell)


def _unescaped(cell: str) -> str:
    return _ESCAPED.sub("", cell)
