"""Statements for making a letter of invitation: its draft, its sittings, its trial run, and the districts there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rooms.models import Unit
from rooms.queries import dated
from scheduler.booking.approving.models import LetterDraft
from scheduler.models import Conference

_OFF = ("draft", "cancelled", "postponed")


def find_letter_draft(db: Session, leader_id: int) -> LetterDraft | None:
    return db.scalar(select(LetterDraft).where(LetterDraft.conference_id == leader_id))


def find_last_letter_draft(db: Session, host_unit_id: int) -> LetterDraft | None:
    """The newest that this office saved for any meeting."""
    query = select(LetterDraft).where(LetterDraft.host_unit_id == host_unit_id)
    return db.scalar(query.order_by(LetterDraft.saved_at.desc(), LetterDraft.id.desc()).limit(1))


def set_letter_draft(db: Session, leader: Conference, said: dict[str, Any], *, by: str, at: datetime) -> None:
    """The draft of this meeting, made or replaced; the meeting is held by the caller, so nobody else makes it too."""
    found = find_letter_draft(db, leader.id)
    if found is None:
        found = LetterDraft(conference_id=leader.id, host_unit_id=leader.host_unit_id)
        db.add(found)
    found.said, found.saved_by, found.saved_at = said, by, at
    db.flush()


def list_letter_sittings(db: Session, conference: Conference, *, series: bool, most: int) -> Sequence[Conference]:
    """What the letter invites to, rising: all that count with the conference, and with ``series`` those of its series
    that do not begin before it."""
    query = select(Conference).where(Conference.state.not_in(_OFF), Conference.trial_for_id.is_(None))
    if series and conference.series_id is not None:
        query = query.where(Conference.series_id == conference.series_id, Conference.starts >= conference.starts)
    else:
        query = query.where(Conference.counted_with == conference.counted_with)
    return db.scalars(query.order_by(Conference.starts, Conference.id).limit(most)).all()


def find_line_test(db: Session, conference_ids: Sequence[int]) -> datetime | None:
    """When the first trial run of these begins."""
    query = select(Conference.starts).where(
        Conference.trial_for_id.in_(conference_ids), Conference.state.not_in(_OFF)
    )  # fmt: skip
    return db.scalar(query.order_by(Conference.starts).limit(1))


def list_districts(db: Session, day: date) -> set[int]:
    """The districts that there are on that day."""
    return set(db.scalars(select(Unit.id).where(Unit.level == "district", dated(Unit, day))))
