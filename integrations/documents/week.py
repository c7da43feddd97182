"""An office's work schedule of a week ("lịch công tác tuần") as a table: .docx to edit, PDF to hang up."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from integrations.documents.letter_fonts import FAMILIES
from integrations.documents.letter_forms import FONT
from integrations.documents.letter_pdf import compiled

TEMPLATE = Path(__file__).with_name("week.typ")
HEADS = ("Ngày", "Buổi", "Thời gian, nội dung", "Chủ trì", "Địa điểm", "Thành phần tham dự")
WIDTHS = (26, 16, 92, 40, 42, 51)
"""Millimetres of the columns on A4 across."""


@dataclass(frozen=True)
class WeekRow:
    """One meeting, or an empty half-day. ``day`` and ``half`` are empty where the row above says the same."""

    day: str
    half: str
    content: str = ""
    chair: str = ""
    place: str = ""
    units: str = ""


@dataclass(frozen=True)
class WeekSheet:
    """A week as printed, in Vietnamese as all official documents. ``span``: its days in words."""

    office: str
    title: str
    span: str
    rows: Sequence[WeekRow]


def week_pdf(sheet: WeekSheet, fonts: Path | None = None) -> bytes:
    """As PDF; blocks for some seconds at most. Raises as ``letter_pdf.letter_pdf``."""
    values: dict[str, Any] = {**asdict(sheet), "fonts": FAMILIES, "heads": HEADS, "widths": WIDTHS}
    return compiled(TEMPLATE, values, fonts, "pdf")


def week_docx(sheet: WeekSheet) -> bytes:
    """As a document of Word."""
    document = Document()
    _set_page(document, sheet)
    for words, size, bold in (
        (sheet.office.upper(), 13, True),
        (sheet.title.upper(), 14, True),
        (sheet.span, 13, False),
    ):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = paragraph.add_run(words)
        run.bold, run.font.size = bold, Pt(size)
    document.add_paragraph()
    table = document.add_table(rows=1, cols=len(HEADS))
    table.style, table.autofit = "Table Grid", False
    _fill(table.rows[0], HEADS, bold=True)
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    for row in sheet.rows:
        _fill(table.add_row(), (row.day, row.half, row.content, row.chair, row.place, row.units))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_page(document: Any, sheet: WeekSheet) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(12)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(0)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(15)
    document.core_properties.title, document.core_properties.author = f"{sheet.title} {sheet.span}", sheet.office
    document.core_properties.created = document.core_properties.modified = datetime(2000, 1, 1, tzinfo=UTC)


def _fill(row: Any, texts: Sequence[str], *, bold: bool = False) -> None:
    for cell, words, width in zip(row.cells, texts, WIDTHS, strict=True):
        cell.width = Mm(width)
        cell.text = words
        for paragraph in cell.paragraphs:
            for run in paragraph.runs:
                run.bold = bold
