"""A letter of invitation (Giấy mời) as plain values: who invites whom to what, when and where, and who signs.

(pure) Everything is as somebody typed it; ``bounded`` takes out what no document can bear and refuses what is too much.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from integrations.errors import Refused

LONGEST_TEXT = 4000
MOST_SIGNS = 120_000
MOST_ITEMS = 600
URGENCIES = ("HOẢ TỐC", "THƯỢNG KHẨN", "KHẨN")
AUTHORITIES = ("TM.", "KT.", "TL.", "TUQ.", "Q.")
"""On behalf of the body, for the head, by order of the head, by special mandate, acting (NĐ 30/2020, annex I)."""

T = TypeVar("T")


@dataclass(frozen=True)
class Sitting:
    """One sitting, in local time. ``label``: what it is called among several, "" for its number."""

    starts: datetime
    ends: datetime
    label: str = ""


@dataclass(frozen=True)
class Group:
    """Who is invited at one place. ``at``: "Tại điểm cầu tỉnh"; "" for those without a place of their own."""

    at: str
    who: tuple[str, ...]


@dataclass(frozen=True)
class Signature:
    """``authority``: the lines above the title, each beginning with one of AUTHORITIES ("KT. GIÁM ĐỐC"); ``title``:
    the signer's own ("PHÓ GIÁM ĐỐC"); ``name``: without academic titles."""

    authority: tuple[str, ...]
    title: str
    name: str


@dataclass(frozen=True)
class InvitationLetter:
    """``number`` "" is left open to be filled in by the document system; ``dated`` decides the form, and
    ``day_open`` leaves its day to be filled in. ``line_test``: when the line is tried. ``recipients``: the lines of
    "Nơi nhận" without their dashes; the last one is kept for the archive ("Lưu: VT, CNTT")."""

    superior: str
    host: str
    number: str
    symbol: str
    place: str
    dated: date
    day_open: bool
    subject: str
    groups: tuple[Group, ...]
    purpose: str
    chair: str
    sittings: tuple[Sitting, ...]
    line_test: datetime | None
    main_site: str
    member_sites: str
    requirements: tuple[str, ...]
    notices: tuple[str, ...]
    contact: str
    signature: Signature
    urgency: str
    recipients: tuple[str, ...]


def bounded(letter: InvitationLetter) -> InvitationLetter:
    """The letter with signs that no document can bear taken out (controls, directions, halves of pairs), in NFC.

    Raises Refused "too_large" when a text, a list or the whole is longer than any letter, "urgency" for a stamp that
    there is not.
    """
    if letter.urgency and letter.urgency not in URGENCIES:
        raise Refused("urgency")
    size = [0]
    clean: InvitationLetter = _cleaned(letter, size)
    if size[0] > MOST_SIGNS:
        raise Refused("too_large")
    return clean


def clean_text(text: str) -> str:
    """One line in NFC: every kind of space is one space, and what cannot be seen is gone."""
    normal = unicodedata.normalize("NFC", re.sub(r"\s+", " ", text)).strip()
    return "".join(sign for sign in normal if unicodedata.category(sign)[0] != "C")


def _cleaned(value: Any, size: list[int]) -> Any:
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise Refused("too_large")
        size[0] += len(value)
        return clean_text(value)
    if isinstance(value, tuple):
        if len(value) > MOST_ITEMS:
            raise Refused("too_large")
        return tuple(one for one in (_cleaned(each, size) for each in value) if one != "")
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _cleaned(getattr(value, field.name), size) for field in fields(value)})
    return value
