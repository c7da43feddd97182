"""The signed letter of invitation (Giấy mời): its number, symbol, date and file as the document system made them.

Nothing of it is ever made up here. Numbers run by office, symbol and year (NĐ 30/2020); of several sittings that count
once the letter belongs to the one that leads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.booking.approving import official_queries as queries
from scheduler.booking.approving.stored import current, invited, party_of
from scheduler.booking.booking import Booked
from scheduler.booking.letters import owe_edition
from scheduler.booking.queries import find_conference
from scheduler.errors import LetterTaken, WrongMove
from scheduler.models import Conference, OfficialLetter

LONGEST_SYMBOL = 30  # CodeNotation, annex VI of NĐ 30/2020
LONGEST_REASON = 500
OLDEST = timedelta(days=400)
_NUMBER = re.compile(r"[0-9]{1,8}[A-Za-z]?")
_SYMBOL = re.compile(r"[0-9A-ZĐƯƠÂĂÊÔ]+(?:[-&.][0-9A-ZĐƯƠÂĂÊÔ]+)*")


@dataclass(frozen=True)
class SignedFile:
    """The letter's PDF as it lies in the data folder. ``read``: its first page has text and bears no mark of secrecy;
    False when there is no text to read, as in a scan."""

    sha256: str
    name: str
    size: int
    read: bool


@dataclass(frozen=True)
class Numbered:
    """Number, symbol and day as typed."""

    number: str
    symbol: str
    issued: date

    @property
    def shown(self) -> str:
        """05/GM-UBND: below 10 with a leading zero."""
        return f"{self.number.zfill(2) if self.number.isdecimal() else self.number}/{self.symbol}"


def numbered(number: str, symbol: str, issued: date | None, *, today: date) -> Numbered:
    """What was typed, made uniform. Raises Invalid with every wrong field."""
    digits, letters = number.strip().lstrip("0"), symbol.strip().upper()
    errors = []
    if not _NUMBER.fullmatch(digits):
        errors.append(FieldError("number", "letter_number" if number.strip() else "required"))
    if not _SYMBOL.fullmatch(letters) or len(letters) > LONGEST_SYMBOL:
        errors.append(FieldError("symbol", "letter_symbol" if symbol.strip() else "required"))
    if issued is None:
        errors.append(FieldError("issued", "required"))
    elif not today - OLDEST <= issued <= today:
        errors.append(FieldError("issued", "in_the_future" if issued > today else "too_old"))
    if errors or issued is None:
        raise Invalid(errors)
    return Numbered(digits, letters, issued)


def record_letter(
    db: Session, key: str, wanted: Numbered, *, version: int, file: SignedFile | None, actor: str, now: datetime
) -> Booked:
    """Record or correct the letter of a conference, and so of all that count with it; ``file`` None keeps the one that
    is there. Whoever is invited is told the number.

    Raises NotFound, Stale, WrongMove (a draft has no letter, nor what was cancelled), LetterTaken.
    """
    conference = current(db, key, version)
    if conference.state in queries.ENDED_OTHERWISE:
        raise WrongMove(state=conference.state, to="letter")
    leader = db.get_one(Conference, conference.counted_with)
    there = queries.find_letter_of(db, leader.id)
    other = queries.find_letter_numbered(db, leader.host_unit_id, wanted.number, wanted.symbol, wanted.issued)
    if other is not None and other.conference_id != leader.id:
        raise LetterTaken()
    before = _facts(there) or {"letter_number": conference.letter_number, "issued": None, "sha256": None}
    values: dict[str, Any] = {
        "number": wanted.number, "symbol": wanted.symbol, "issued": wanted.issued, "year": wanted.issued.year,
        "recorded_by": actor, "recorded_at": now,
    }  # fmt: skip
    if file is not None:
        values |= {"pdf_sha256": file.sha256, "pdf_name": file.name, "pdf_size": file.size, "pdf_read": file.read,
                   "purged_at": None, "purged_by": None, "purge_reason": None}  # fmt: skip
    try:
        if there is not None:
            queries.set_letter(db, there, values)
        else:
            queries.add_letter(db, {"conference_id": leader.id, "host_unit_id": leader.host_unit_id, **values})
    except IntegrityError as problem:  # somebody recorded the same number at the same moment
        raise LetterTaken() from problem
    for member in queries.list_members(db, leader.id):
        _tell(db, member, wanted, now=now)
    after = {**_facts(queries.find_letter_of(db, leader.id))}
    add_change(db, "conference", conference.id, "letter", actor=actor, now=now, before=before, after=after)
    return Booked(conference.id, key, version + 1)


def purge_letter(db: Session, key: str, *, reason: str, actor: str, now: datetime) -> str | None:
    """Take the letter's file out of the system for good; the row says that it was there, who took it and why.

    Returns the file's SHA-256 when no other letter needs it: the caller deletes it after the commit. Raises NotFound
    (no such letter or file), Invalid (no reason).
    """
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid([FieldError("reason", "too_long" if said else "required", {"max": LONGEST_REASON})])
    conference = find_conference(db, key)
    letter = queries.find_letter_of(db, conference.counted_with) if conference else None
    if conference is None or letter is None or letter.pdf_sha256 is None or letter.purged_at is not None:
        raise NotFound(kind="letter", key=key)
    sha256 = letter.pdf_sha256
    queries.set_letter(
        db, letter, {"pdf_name": "", "purged_at": now, "purged_by": actor, "purge_reason": said}
    )  # fmt: skip
    add_change(db, "conference", conference.id, "letter_purged", actor=actor, now=now, before={}, after={}, reason=said)
    poke(db, f"conference:{conference.id}")
    return sha256 if not queries.count_files(db, sha256) else None


def _tell(db: Session, member: Conference, wanted: Numbered, *, now: datetime) -> None:
    """Write the number; people who are invited and have not met yet are told, if it is new to them."""
    new = member.letter_number != wanted.shown
    queries.set_letter_number(db, member.id, wanted.shown)
    db.refresh(member)
    if new and member.state in ("planned", "provisioned") and member.starts > now:
        owe_edition(
            db, member, party_of(db, member), "changed", invited(db, member), now=now, expires=member.ends
        )  # fmt: skip
    poke(db, f"conference:{member.id}")


def _facts(letter: OfficialLetter | None) -> dict[str, Any]:
    if letter is None:
        return {}
    shown = Numbered(letter.number, letter.symbol, letter.issued).shown
    return {"letter_number": shown, "issued": letter.issued.isoformat(), "sha256": letter.pdf_sha256}
