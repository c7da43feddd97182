"""A letter of invitation as .docx, to be edited: the same words and boxes as the PDF, in Times New Roman.

Heads and signatures stand in tables without borders, as offices do it; page numbers are fields from the second page on.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from integrations.documents import letter_forms as forms
from integrations.documents.letter_content import InvitationLetter
from integrations.documents.letter_forms import FONT, LetterForm
from integrations.documents.letter_text import COUNTRY, KIND, MOTTO, LetterText, Paragraph, letter_text

_RED = "D00000"


def letter_docx(letter: InvitationLetter) -> bytes:
    """The letter as a document of Word; the same letter gives the same bytes. Raises Refused "too_large"."""
    text = letter_text(letter)
    document = Document()
    _set_page(document, text.form)
    _set_properties(document, text)
    _add_head(document, text)
    _add_title(document, text)
    for number, one in enumerate(text.body, start=1):
        _add_paragraph(document, one, text.form, last=number == len(text.body))
    _add_signature(document, text)
    out = io.BytesIO()
    document.save(out)
    return _dated(out.getvalue(), text)


def _set_page(document: Any, form: LetterForm) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(forms.BODY)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(kind), FONT)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(form.top), Mm(form.bottom)
    section.left_margin, section.right_margin = Mm(form.left), Mm(form.right)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    top = form.number_at == "top_centre"
    place = (section.header if top else section.footer).paragraphs[0]
    place.alignment = ALIGN.CENTER if top else ALIGN.RIGHT
    _add_page_number(place)


def _set_properties(document: Any, text: LetterText) -> None:
    """Titles of documents are short (255 signs); the day is the letter's own."""
    known, day = document.core_properties, text.dated
    known.title, known.author, known.comments = f"{KIND} {text.subject}"[:255], text.host[:255], ""
    known.language = "vi-VN"
    known.created = known.modified = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # the library wants it so


def _add_page_number(paragraph: Any) -> None:
    for kind, said in (("begin", None), (None, "PAGE"), ("end", None)):
        run = paragraph.add_run()
        run.font.size = Pt(forms.MOTTO)
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = said
        run._r.append(part)


def _add_head(document: Any, text: LetterText) -> None:
    width = 210 - text.form.left - text.form.right
    table = _add_table(document, 2, (forms.HEAD_LEFT, width - forms.HEAD_LEFT))
    office, country = table.rows[0].cells
    if text.superior:
        _line(office, text.superior, forms.HEAD)
    _line(office, text.host, forms.HEAD, bold=True)
    _rule(office, forms.HEAD_LEFT, 24)
    _line(country, COUNTRY, forms.HEAD, bold=True)
    _line(country, MOTTO, forms.MOTTO, bold=True)
    _rule(country, width - forms.HEAD_LEFT, 57)
    number, day = table.rows[1].cells
    _line(number, text.number, forms.MOTTO, before=4)
    if text.urgency:
        _add_stamp(number, text.urgency)
    _line(day, text.place_and_date, forms.MOTTO, italic=True, before=4)


def _add_stamp(cell: Any, urgency: str) -> None:
    """A framed line as wide as the rule says; red as the stamp's ink."""
    around = (forms.HEAD_LEFT - forms.STAMPS[urgency]) / 2
    paragraph = _line(cell, urgency, forms.MOTTO, bold=True, before=8)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(around)
    paragraph.runs[0].font.color.rgb = RGBColor.from_string(_RED)
    _border(paragraph, ("top", "left", "bottom", "right"), space="3", colour=_RED, size="8")


def _add_title(document: Any, text: LetterText) -> None:
    width = 210 - text.form.left - text.form.right
    _line(document, KIND, forms.BODY, bold=True, before=14)
    _line(document, text.subject, forms.BODY, bold=True)
    _rule(document, width, 38, after=10, padding=0)


def _add_paragraph(document: Any, one: Paragraph, form: LetterForm, *, last: bool) -> None:
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.first_line_indent, shape.line_spacing = Mm(form.indent), form.line
    shape.space_before = Pt(form.gap / 2 if one.item else form.gap)
    shape.keep_with_next = last
    paragraph.alignment = ALIGN.JUSTIFY
    if one.label:
        paragraph.add_run(one.label).bold = True
        paragraph.add_run(" " if one.text else "")
    paragraph.add_run(one.text)


def _add_signature(document: Any, text: LetterText) -> None:
    width = 210 - text.form.left - text.form.right
    _line(document, "", 6).paragraph_format.keep_with_next = True
    receivers, signing = _add_table(document, 1, (width * 0.46, width * 0.54)).rows[0].cells
    _line(receivers, "Nơi nhận:", forms.SMALL, bold=True, italic=True, align=ALIGN.LEFT)
    for one in text.recipients:
        _line(receivers, one, forms.LIST, align=ALIGN.LEFT)
    for one in text.authority:
        _line(signing, one, forms.BODY, bold=True)
    _line(signing, text.signer, forms.BODY, bold=True, before=72)


def _add_table(document: Any, rows: int, widths: tuple[float, ...]) -> Any:
    table = document.add_table(rows=rows, cols=len(widths))  # the plain style has no borders
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        part = OxmlElement(f"w:{side}")
        part.set(qn("w:w"), "0")
        part.set(qn("w:type"), "dxa")
        margins.append(part)
    table._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)  # the schema wants this order
    return table


def _line(
    place: Any, said: str, size: float, *, bold: bool = False, italic: bool = False, before: float = 0,
    align: ALIGN = ALIGN.CENTER,
) -> Any:  # fmt: skip
    """A line in a cell or in the document; a cell's own empty first paragraph is used first."""
    first = place.paragraphs[0] if place.paragraphs and hasattr(place, "width") else None
    paragraph = first if first is not None and not first.runs and not first.text else place.add_paragraph()
    paragraph.alignment, paragraph.paragraph_format.space_before = align, Pt(before)
    run = paragraph.add_run(said)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    return paragraph


def _rule(place: Any, width: float, length: float, *, after: float = 0, padding: float = 0) -> None:
    """A line of that length in mm in the middle of ``width``: the upper border of a low paragraph."""
    paragraph = _line(place, "", 2)
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(2), Pt(after)
    paragraph.paragraph_format.line_spacing = Pt(3)
    around = Mm((width - length) / 2 + padding)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = around
    _border(paragraph, ("top",), space="1", colour="000000", size="6")


def _border(paragraph: Any, sides: tuple[str, ...], *, space: str, colour: str, size: str) -> None:
    borders = OxmlElement("w:pBdr")
    for side in sides:
        part = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", size), ("space", space), ("color", colour)):
            part.set(qn(f"w:{name}"), value)
        borders.append(part)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _dated(content: bytes, text: LetterText) -> bytes:
    """The archive with one time for all parts, so that its bytes depend on the letter only."""
    day = max((text.dated.year, text.dated.month, text.dated.day), (1980, 1, 1))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, date_time=(*day, 0, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return out.getvalue()
