"""Letters of invitation as PDF and .docx: the same words, the form of their date, and nobody's text as markup."""

from __future__ import annotations

import unicodedata
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.shared import Mm
from pypdf import PdfReader

from integrations.documents import letter_pdf as pdf_module
from integrations.documents.letter_content import Group, InvitationLetter, Signature, Sitting, bounded
from integrations.documents.letter_docx import letter_docx
from integrations.documents.letter_fonts import FAMILIES, font_folder, knows_vietnamese
from integrations.documents.letter_forms import FORMS, form_on
from integrations.documents.letter_pdf import MOST_PAGES, letter_pdf, letter_pictures
from integrations.documents.letter_text import day_month, letter_text, moment, number_line
from integrations.errors import Refused, Unavailable

AT = datetime(2012, 3, 5, 8, 0, tzinfo=UTC)  # hours are the letter's own, whatever the zone
FORTY = tuple(f"Đại biểu số {n:02}, chuyên viên Sở Thông tin và Truyền thông" for n in range(1, 41))
LETTER = InvitationLetter(
    superior="UBND tỉnh Bắc Giang", host="Sở Thông tin và Truyền thông", number="", symbol="GM-STTTT",
    place="Bắc Giang", dated=date(2026, 11, 24), day_open=False, subject="Tập huấn an toàn thông tin",
    groups=(Group("Tại điểm cầu tỉnh", ("Văn phòng UBND tỉnh", "Các sở, ban, ngành")),
            Group("Tại điểm cầu các huyện, thành phố", ("UBND các huyện, thành phố",))),
    purpose="Tập huấn an toàn thông tin", chair="Nguyễn Văn Hòa, Giám đốc Sở",
    sittings=(Sitting(AT, AT + timedelta(hours=2)),), line_test=datetime(2012, 3, 2, 14, 0, tzinfo=UTC),
    main_site="Phòng họp trực tuyến Sở TT&TT", member_sites="phòng họp trực tuyến UBND các huyện, thành phố",
    requirements=("Có mặt trước 15 phút; không trao đổi nội dung bí mật nhà nước",),
    notices=("(Cuộc họp được ghi hình.)",), contact="đ/c Trần Thị Bình, điện thoại 0240 3555 989",
    signature=Signature(("TM. Ủy ban nhân dân", "KT. Chủ tịch"), "Phó Chủ tịch", "Nguyễn Thị Thu Hà"),
    urgency="HOẢ TỐC", recipients=("Như thành phần mời", "Lưu: VT, CNTT"),
)  # fmt: skip


def pages(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().replace("\u200b", "").split()) for page in PdfReader(BytesIO(content)).pages]


def docx_text(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = [
        one.text for table in document.tables for row in table.rows for cell in row.cells for one in cell.paragraphs
    ]
    return " ".join(" ".join([*cells, *(one.text for one in document.paragraphs)]).split())


@pytest.mark.parametrize(
    ("day", "said"),
    [(date(2012, 3, 5), "05 tháng 3"), (date(2012, 1, 10), "10 tháng 01"), (date(2012, 12, 9), "09 tháng 12"),
     (date(2012, 2, 29), "29 tháng 02")],
)  # fmt: skip
def test_days_and_months_bear_the_zeros_that_the_rule_wants(day: date, said: str) -> None:
    assert day_month(day) == said


def test_numbers_and_times() -> None:
    assert number_line("5", "GM-UBND") == "Số: 05/GM-UBND" and number_line("12b", "GM-UBND") == "Số: 12b/GM-UBND"
    assert number_line("", "GM-UBND").split() == ["Số:", "/GM-UBND"]
    assert moment(AT).replace("\xa0", " ") == "08 giờ 00, thứ Hai, ngày 05/3/2012"
    assert moment(datetime(2012, 1, 8, 14, 30, tzinfo=UTC)).endswith("08/01/2012")


@pytest.mark.parametrize(
    ("day", "source"),
    [(date(2010, 11, 16), "TTLT 55/2005"), (date(2011, 1, 18), "TTLT 55/2005"), (date(2011, 1, 19), "TT 01/2011"),
     (date(2020, 3, 4), "TT 01/2011"), (date(2020, 3, 5), "NĐ 30/2020"), (date(2026, 11, 24), "NĐ 30/2020")],
)  # fmt: skip
def test_the_form_is_that_of_the_day(day: date, source: str) -> None:
    assert form_on(day).source.startswith(source)


def test_every_form_keeps_within_the_rules() -> None:
    for form in FORMS:
        assert 20 <= form.top <= 25 and 20 <= form.bottom <= 25 and 30 <= form.left <= 35 and 15 <= form.right <= 20
        assert form.indent in (10, 12.7) and form.gap >= 6 and 1 <= form.line <= 1.5


def test_pdf_and_docx_say_the_same() -> None:
    (text,) = pages(letter_pdf(LETTER))
    other = docx_text(letter_docx(LETTER))
    for said in (
        "UBND TỈNH BẮC GIANG", "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc", "/GM-STTTT", "Bắc Giang, ngày 24 tháng 11 năm 2026", "HOẢ TỐC", "GIẤY MỜI",
        "Sở Thông tin và Truyền thông trân trọng kính mời:", "1. Tại điểm cầu tỉnh:", "- Các sở, ban, ngành.",
        "2. Tại điểm cầu các huyện, thành phố: UBND các huyện, thành phố.", "Tới dự: Tập huấn an toàn thông tin.",
        "Thời gian: 08 giờ 00, thứ Hai, ngày 05/3/2012 (kiểm tra đường truyền: 14 giờ 00 ngày 02/3/2012).",
        "Địa điểm: Điểm cầu chính: Phòng họp", "(Cuộc họp được ghi hình.)", "điện thoại 0240 3555 989./.",
        "TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Nguyễn Thị Thu Hà", "Nơi nhận:", "- Lưu: VT, CNTT.",
    ):  # fmt: skip
        assert said in text, said
        assert said in other, said


def test_the_layout_of_the_pdf() -> None:
    content = letter_pdf(replace(LETTER, groups=(Group("Tại điểm cầu tỉnh", FORTY),)))
    assert content == letter_pdf(replace(LETTER, groups=(Group("Tại điểm cầu tỉnh", FORTY),)))
    reader = PdfReader(BytesIO(content))
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    assert reader.metadata is not None and reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == LETTER.dated
    assert len(reader.pages) == 2 and all(f"số {n:02}," in " ".join(pages(content)) for n in range(1, 41))
    assert "Nguyễn Thị Thu Hà" in pages(content)[-1] and "./." in pages(content)[-1]
    fonts = {str(font["/BaseFont"]) for page in reader.pages for font in _fonts(page)}
    names = {family.replace(" ", "") for family in FAMILIES}
    assert fonts and all(font.partition("+")[2].partition("-")[0] in names for font in fonts)
    assert len({font.partition("+")[2].partition("-")[0] for font in fonts}) == 1  # no letter from another font


def _fonts(page: Any) -> list[Any]:
    return [one.get_object() for one in page["/Resources"]["/Font"].values()]


@pytest.mark.parametrize(("day", "top"), [(date(2026, 11, 24), True), (date(2012, 3, 5), False)])
def test_where_the_page_number_stands(day: date, top: bool) -> None:
    """Points from the lower left corner; 30 mm are 85 points, 15 mm 43."""
    content = letter_pdf(replace(LETTER, dated=day, groups=(Group("Tại điểm cầu tỉnh", FORTY),)))
    found: list[list[tuple[str, float, float]]] = []
    for page in PdfReader(BytesIO(content)).pages:
        spots: list[tuple[str, float, float]] = []

        def see(text: str, cm: Any, tm: Any, _font: Any, _size: Any, spots: list[Any] = spots) -> None:
            if text.strip():
                spots.append((text.strip(), cm[4] + cm[0] * tm[4], cm[5] + cm[3] * tm[5]))

        page.extract_text(visitor_text=see)
        found.append(spots)
    edge = [[one for one in spots if (one[2] > 842 - 57 or one[2] < 57)] for spots in found]
    assert not edge[0]
    for number, spots in enumerate(edge[1:], start=2):
        ((text, x, y),) = spots
        assert text == str(number)
        assert (y > 785 and abs(x - (85 + 552) / 2) < 10) if top else (y < 57 and 535 < x < 553)
    assert min(x for spots in found for _, x, _ in spots) >= 84


def test_the_layout_of_the_docx() -> None:
    content = letter_docx(LETTER)
    assert content == letter_docx(LETTER)
    document = Document(BytesIO(content))
    section = document.sections[0]
    sides = (section.page_width, section.page_height, section.left_margin, section.right_margin, section.top_margin)
    assert [round((side or 0) / Mm(1)) for side in sides] == [210, 297, 30, 15, 20]
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert section.different_first_page_header_footer and "PAGE" in section.header.paragraphs[0]._p.xml
    assert not section.first_page_header.paragraphs[0].runs
    assert all("w:tblBorders" not in table._tbl.xml for table in document.tables)
    old = Document(BytesIO(letter_docx(replace(LETTER, dated=date(2012, 3, 5))))).sections[0]
    assert "PAGE" in old.footer.paragraphs[0]._p.xml and "PAGE" not in old.header.paragraphs[0]._p.xml


NASTY = (
    '#panic("x")', "$x^2$ \\ \\u{41}", "'\"` _a_ *b* = - + / @l <k> // c /* d", "#sys.inputs #read(\"/etc/passwd\")",
    "{{7*7}} %s </w:t>&amp;<!--", "]]> ]) }) #eval", "W" * 200, "ữ" * 300, "Nguyễn Thị " * 20,
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_nobodys_text_is_markup(text: str) -> None:
    letter = replace(
        LETTER, subject=text, purpose=text, chair=text, superior=text, place=text, contact=text,
        groups=(Group(text, (text, text)),), requirements=(text,), recipients=(text, "Lưu: VT"),
        signature=Signature((), "Giám đốc", text),
    )  # fmt: skip
    bare = "".join(text.split())
    content = letter_pdf(letter)
    printed = "".join("".join(pages(content)).split())
    assert printed.count(bare) >= 5
    assert "".join(docx_text(letter_docx(letter)).split()).count(bare) >= 5
    width = [float(x) for page in PdfReader(BytesIO(content)).pages for x in page.mediabox[2:3]]
    assert width and set(map(round, width)) == {595}


def test_signs_that_no_document_can_bear_are_taken_out() -> None:
    letter = bounded(replace(LETTER, chair="A\x00\x0b\u202eB\ud800\ufffe  C\n D\u00adE", subject="e\u0302\u0301"))
    assert letter.chair == "A B C DE" and letter.subject == unicodedata.normalize("NFC", "ế")
    assert letter_pdf(letter)[:5] == b"%PDF-" and letter_docx(letter)[:2] == b"PK"


def test_what_is_longer_than_any_letter_is_refused() -> None:
    for wrong in (
        replace(LETTER, chair="x" * 4001), replace(LETTER, requirements=("a",) * 601),
        replace(LETTER, requirements=("x" * 3000,) * 50), replace(LETTER, urgency="GẤP"),
    ):  # fmt: skip
        with pytest.raises(Refused):
            letter_pdf(wrong)
        with pytest.raises(Refused):
            letter_docx(wrong)


def test_the_largest_letter_is_made_in_time_or_refused() -> None:
    letter = replace(LETTER, groups=(Group("Tại điểm cầu tỉnh", tuple(f"{n} " + "x" * 190 for n in range(600))),))
    assert len(PdfReader(BytesIO(letter_pdf(letter))).pages) > MOST_PAGES
    with pytest.raises(Refused):
        letter_pictures(letter)
    assert [one[:4] for one in letter_pictures(LETTER)] == [b"\x89PNG"]


def test_a_compiler_that_hangs_or_fails_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    for wrong in ("#{ while true {} }", "#panic()"):
        template = tmp_path / "letter.typ"
        template.write_text(wrong)
        monkeypatch.setattr(pdf_module, "TEMPLATE", template)
        monkeypatch.setattr(pdf_module, "MOST_SECONDS", 1)
        with pytest.raises(Unavailable):
            letter_pdf(LETTER)


def test_sittings_are_listed() -> None:
    several = tuple(Sitting(AT + timedelta(days=n), AT + timedelta(days=n, hours=3)) for n in range(3))
    body = [one.text.replace("\xa0", " ") for one in letter_text(replace(LETTER, sittings=several)).body]
    assert "03 buổi (kiểm tra đường truyền: 14 giờ 00 ngày 02/3/2012):" in body
    assert "- Buổi 2: từ 08 giờ 00 đến 11 giờ 00, thứ Ba, ngày 06/3/2012;" in body


def test_fonts_that_lack_letters_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "Tinos-Regular.ttf").write_bytes(b"\x00\x01\x00\x00" + b"\xff" * 40)
    assert not knows_vietnamese(tmp_path / "Tinos-Regular.ttf") and not knows_vietnamese(tmp_path / "none.ttf")
    assert font_folder(tmp_path) == font_folder(None)
    lacking = Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf")
    assert font_folder() != lacking.parent or knows_vietnamese(lacking)


def test_without_a_font_the_compilers_own_draws_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.documents.letter_fonts.FOLDERS", ())
    font_folder.cache_clear()
    try:
        content = letter_pdf(LETTER)
    finally:
        font_folder.cache_clear()
    fonts = {str(font["/BaseFont"]) for page in PdfReader(BytesIO(content)).pages for font in _fonts(page)}
    assert fonts and all("LibertinusSerif" in font for font in fonts)
    assert "SỞ THÔNG TIN VÀ TRUYỀN THÔNG" in pages(content)[0]


def test_the_docx_is_an_archive_of_one_time() -> None:
    with zipfile.ZipFile(BytesIO(letter_docx(LETTER))) as archive:
        assert {part.date_time for part in archive.infolist()} == {(2026, 11, 24, 0, 0, 0)}
