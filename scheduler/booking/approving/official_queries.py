"""Statements on signed letters of invitation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from rooms.models import Unit
from scheduler.models import Conference, OfficialLetter

ENDED_OTHERWISE = ("draft", "cancelled")


def find_letter_of(db: Session, leader_id: int) -> OfficialLetter | None:
    """The letter of a counted meeting, by the conference that leads it."""
    return db.scalar(select(OfficialLetter).where(OfficialLetter.conference_id == leader_id))


def find_symbol(db: Session, unit_id: int) -> str:
    """The symbol that an office's letters of invitation usually bear; "" where it is not known."""
    symbol = db.scalar(select(Unit.letter_symbol).where(Unit.id == unit_id))
    return f"GM-{symbol}" if symbol else ""


def find_letter_numbered(
    db: Session, host_unit_id: int, number: str, symbol: str, issued: date
) -> OfficialLetter | None:
    """The host's letter of this number in that year."""
    return db.scalar(
        select(OfficialLetter).where(
            OfficialLetter.host_unit_id == host_unit_id, OfficialLetter.number == number,
            OfficialLetter.symbol == symbol, OfficialLetter.year == issued.year,
        )
    )  # fmt: skip


def add_letter(db: Session, values: dict[str, Any]) -> None:
    """A new row. IntegrityError when the number is another's."""
    db.add(OfficialLetter(**values))
    db.flush()


def set_letter(db: Session, letter: OfficialLetter, values: dict[str, Any]) -> None:
    """Other values of a row. IntegrityError when the number is another's."""
    for name, value in values.items():
        setattr(letter, name, value)
    db.flush()


def list_members(db: Session, leader_id: int) -> Sequence[Conference]:
    """The conferences of a counted meeting that the letter invites to, locked, by id."""
    query = select(Conference).where(Conference.counted_with == leader_id, Conference.state.not_in(ENDED_OTHERWISE))
    return db.scalars(query.order_by(Conference.id).with_for_update(key_share=True)).all()


def set_letter_number(db: Session, conference_id: int, shown: str) -> None:
    """The number as people read it; a letter that is there is waited for no more."""
    row = update(Conference).where(Conference.id == conference_id)
    db.execute(row.values(letter_number=shown, hold_until=None, version=Conference.version + 1))


def list_named_files(db: Session, sha256s: Collection[str]) -> set[str]:
    """Which of these files some letter has that was not purged."""
    query = select(OfficialLetter.pdf_sha256).where(OfficialLetter.purged_at.is_(None))
    return {one for one in db.scalars(query.where(OfficialLetter.pdf_sha256.in_(sha256s))) if one is not None}


def count_files(db: Session, sha256: str) -> int:
    """How many letters have this file and were not purged."""
    query = select(func.count()).select_from(OfficialLetter)
    return db.scalar(query.where(OfficialLetter.pdf_sha256 == sha256, OfficialLetter.purged_at.is_(None))) or 0
