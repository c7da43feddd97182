"""Signed letters as files: what may come in, where they lie, and how they leave.

They are kept unchanged under their SHA-256 in the data folder and never saved anew. The look for marks of secrecy is a
warning to honest people, not a filter to trust: a scan has no text, and says so.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from confsvc.first_page import first_page_text
from rooms.errors import FieldError, Invalid
from rooms.names import search_key
from scheduler.booking.approving.official_letter import SignedFile

MOST_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 120
_MARK = re.compile(r"(?<!BÍ )(?<!\w)MẬT(?!\w)")
"""The stamp stands in capitals; "bí mật nhà nước" is a subject, not a mark."""
_NAMED = re.compile(r"(?<!bí[ _-])(?<![^\W_])mật(?![^\W_])")
_NAMED_PLAIN = re.compile(r"(?<![a-z])(toi|tuyet)[ _-]*mat(?![a-z])")


@dataclass(frozen=True)
class LetterFiles:
    """The folder of the letters."""

    folder: Path

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.pdf"

    def keep(self, content: bytes) -> str:
        """Write a file once, whole or not at all; its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if path.exists():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with half.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        half.replace(path)
        return sha256

    def read(self, sha256: str) -> bytes | None:
        """The file, or None when it is not there any more."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)


def examine(content: bytes, name: str) -> SignedFile:
    """What came in, if it may be kept; blocking, so in a thread.

    Raises Invalid on "file": too_large, not_pdf, marked_secret. ``name`` is as the browser gave it.
    """
    named = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1]).strip()[:LONGEST_NAME]
    if len(content) > MOST_BYTES:
        raise Invalid([FieldError("file", "too_large", {"most": MOST_BYTES})])
    if not content.startswith(b"%PDF-"):
        raise Invalid([FieldError("file", "not_pdf")])
    if is_marked_name(named):
        raise Invalid([FieldError("file", "marked_secret")])
    text = first_page_text(content)
    if text is not None and is_marked_text(text):
        raise Invalid([FieldError("file", "marked_secret")])
    clean = "".join(sign for sign in named if sign.isprintable()) or "letter.pdf"
    return SignedFile(hashlib.sha256(content).hexdigest(), clean, len(content), text is not None)


def is_marked_text(text: str) -> bool:
    """Whether a page bears the mark MẬT, TỐI MẬT or TUYỆT MẬT."""
    return _MARK.search(re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))) is not None


def is_marked_name(name: str) -> bool:
    """Whether a file's name says so, with or without its accents."""
    return _NAMED.search(name.lower()) is not None or _NAMED_PLAIN.search(search_key(name)) is not None
