"""Rows of text into a CSV or XLSX file that spreadsheets open as it is meant."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from integrations.documents.tables import escaped

_BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets read the file in an old code page


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a mark; what would be a formula gets a ' before it, which ``read_table`` takes away again."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([escaped(cell) for cell in row])
    return (_BYTE_ORDER_MARK + out.getvalue()).encode()


def write_xlsx(sheets: Sequence[tuple[str, Sequence[Sequence[str]], Sequence[int]]]) -> bytes:
    """Each sheet: its name, its rows, the first of them the heading, and the widths of its columns. Every cell is
    text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    heading, plain = book.add_format({"bold": True, "num_format": "@"}), book.add_format({"num_format": "@"})
    for name, rows, widths in sheets:
        sheet = book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, plain)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell, plain if number else heading)
    book.close()
    return out.getvalue()
