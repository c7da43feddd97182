"""Signed letters as files: what may come in, where they lie, and how they leave.

They are kept unchanged under their SHA-256 in the data folder and never saved anew. The look for marks of secrecy is a
warning to honest people, not a filter to trust: a scan has no text, and says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from confsvc.database import Database
from confsvc.first_page import first_page_text
from confsvc.jobs import Rounds
from rooms.errors import FieldError, Invalid
from rooms.names import search_key
from scheduler.booking.approving.official_letter import SignedFile
from scheduler.booking.approving.official_queries import list_named_files

log = logging.getLogger(__name__)

MOST_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 120
YOUNG = timedelta(days=1)
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

    def keep(self, content: bytes) -> bool:
        """Write a file once, whole or not at all; False when it is there already, which makes it young again."""
        path = self.path(hashlib.sha256(content).hexdigest())
        try:
            os.utime(path)
            return False
        except FileNotFoundError:
            pass  # the usual case
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with half.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        half.replace(path)
        return True

    def read(self, sha256: str) -> bytes | None:
        """The file, or None when it is not there any more."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def old(self, before: datetime) -> list[Path]:
        """Whatever was last written before that moment, also halves that a killed process left."""
        return sorted(path for path in self.folder.glob("??/*.pdf*") if _is_old(path, before))

    def remove_old(self, paths: Iterable[Path], before: datetime) -> int:
        """Those of them that nobody wrote again meanwhile; how many."""
        gone = [path for path in paths if _is_old(path, before)]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)


async def sweep_letters(database: Database, files: LetterFiles, now: datetime) -> int:
    """Remove files that no letter names; how many. One that is younger than a day is never touched: its letter may
    just be on the way into the database."""
    before = now - YOUNG
    found = await asyncio.to_thread(files.old, before)
    named = await database.read(list_named_files, [path.stem for path in found if path.suffix == ".pdf"])
    lost = [path for path in found if path.suffix != ".pdf" or path.stem not in named]
    removed = await asyncio.to_thread(files.remove_old, lost, before) if lost else 0
    if removed:
        log.warning("%s files that no letter names were removed", removed)
    return removed


def letter_round(database: Database, files: LetterFiles) -> Rounds:
    """For the clock's jobs: at the start and once a day."""

    async def sweep(now: datetime) -> None:
        await sweep_letters(database, files, now)

    return Rounds(timedelta(days=1), sweep)


def _is_old(path: Path, before: datetime) -> bool:
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


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
