"""What may come in as a signed letter: a PDF of bounded size that bears no mark of secrecy."""

from __future__ import annotations

import time
from io import BytesIO

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject

from confsvc.letter_files import MOST_BYTES, examine, is_marked_name, is_marked_text
from rooms.errors import Invalid


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"PK\x03\x04", "giay-moi.pdf", "not_pdf"),
        (b"", "giay-moi.pdf", "not_pdf"),
        (b"%PDF-1.4", "Giấy mời MẬT.pdf", "marked_secret"),
        (b"%PDF-1.4", "C:\\giay moi toi mat.pdf", "marked_secret"),
        (b"%PDF-" + b"x" * MOST_BYTES, "giay-moi.pdf", "too_large"),
    ],
)
def test_what_may_not_come_in(content: bytes, name: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        examine(content, name)
    assert [(error.field, error.code) for error in refusal.value.errors] == [("file", code)]


def test_a_damaged_file_is_kept_and_said_to_be_unread() -> None:
    found = examine(b"%PDF-1.4 nothing behind it", "../x/giay\x00-moi.pdf")
    assert (found.read, found.name) == (False, "giay-moi.pdf")


def test_the_mark_is_told_from_the_subject() -> None:
    assert is_marked_text("TỐI\nMẬT") and is_marked_text("Số 5 MẬT")
    assert not is_marked_text("Tập huấn bảo vệ BÍ MẬT nhà nước; mật ong")
    assert not is_marked_name("bảo vệ bí mật nhà nước.pdf")


def page(content: bytes, *, packed: int = 1) -> bytes:
    """One page with this content, packed so that it is small as a file."""
    writer = PdfWriter()
    blank = writer.add_blank_page(width=595, height=842)
    stream = DecodedStreamObject()
    stream.set_data(content)
    for _ in range(packed):
        stream = stream.flate_encode(9)
    font = DictionaryObject({
        NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"),
    })  # fmt: skip
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    blank[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    blank[NameObject("/Contents")] = ArrayObject([writer._add_object(stream)])
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("content", [b"BT /F1 12 Tf " + b"(a) Tj " * 3_000_000 + b"ET", b" " * 400_000_000])
def test_a_small_file_that_grows_is_left_unread_in_time(content: bytes) -> None:
    """Some kilobytes that take a reader minutes or all memory: it is given neither."""
    data = page(content, packed=2)
    assert len(data) < 20_000
    began = time.perf_counter()
    assert examine(data, "giay-moi.pdf").read is False
    assert time.perf_counter() - began < 15


def test_an_ordinary_page_is_read() -> None:
    assert examine(page(b"BT /F1 12 Tf (Giay moi hop) Tj ET"), "giay-moi.pdf").read is True
