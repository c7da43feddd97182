"""What may come in as a signed letter: a PDF of bounded size that bears no mark of secrecy."""

from __future__ import annotations

import pytest

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
