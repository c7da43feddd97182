"""What may come in as a signed letter: a PDF of bounded size that bears no mark of secrecy."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject
from sqlalchemy import insert
from sqlalchemy.orm import Session

from confsvc.letter_files import MOST_BYTES, LetterFiles, examine, is_marked_name, is_marked_text, sweep_letters
from confsvc.parts import JOBS
from confsvc.web import keys
from rooms.errors import Invalid
from scheduler.models import OfficialLetter
from tests.confsvc.conftest import START, Service
from tests.confsvc.pages.scenes import booked


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


def kept(files: LetterFiles, content: bytes, *, hours: float) -> Path:
    """A file that was written so long ago."""
    files.keep(content)
    path = files.path(hashlib.sha256(content).hexdigest())
    at = (START - timedelta(hours=hours)).timestamp()
    os.utime(path, (at, at))
    return path


async def test_files_that_no_letter_names_go_after_a_day(service: Service) -> None:
    files = LetterFiles(service.settings.var / "letters")
    lost, young = kept(files, b"%PDF-lost", hours=25), kept(files, b"%PDF-young", hours=23)
    named, purged = kept(files, b"%PDF-named", hours=99), kept(files, b"%PDF-purged", hours=99)
    half = lost.with_name(f"{lost.name}.ab12")
    half.write_bytes(b"%PDF")
    os.utime(half, (lost.stat().st_mtime,) * 2)
    rules = service.app[keys.STANDING].current

    def letters(db: Session) -> None:
        for number, path in enumerate((named, purged)):
            starts = START + timedelta(days=3 + number)
            made = booked(db, "STTTT", ["HHOA"], starts, now=START, rules=rules)
            gone = {"purged_at": START, "purged_by": "cli", "purge_reason": "x"} if path == purged else {}
            row = {"conference_id": made.id, "host_unit_id": service.unit("STTTT"), "number": str(number)}
            when = {"symbol": "GM", "issued": START.date(), "year": 2026, "recorded_by": "cli", "recorded_at": START}
            db.execute(insert(OfficialLetter).values(pdf_sha256=path.stem, **row, **when, **gone))

    service.database.write_now(letters)
    assert await sweep_letters(service.database, files, START) == 3
    assert [path.exists() for path in (lost, half, young, named, purged)] == [False, False, True, True, False]
    files.keep(b"%PDF-young")  # somebody sends it again: it is young from now on
    before = datetime.now(UTC) - timedelta(hours=1)
    assert files.remove_old([young], before) == 0 and young.exists()
    await service.app[JOBS].tick()
    assert named.exists()
