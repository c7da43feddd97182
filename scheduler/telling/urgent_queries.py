"""The statements on whom urgent things are told by telephone, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from rooms.models import Person
from scheduler.models import Effect, Guest

CHANNELS = ("reminder", "sms", "alarm")


class Called(NamedTuple):
    """Somebody of the directory; ``phone`` as it stands there."""

    person_id: int
    name: str
    phone: str
    language: str


class Sent(NamedTuple):
    """What became of one message of a conference by another way than letters."""

    channel: str
    what: str
    to: str
    state: str
    attempts: int
    settled: datetime | None
    due: datetime
    error: str | None


def list_called(db: Session, conference_id: int) -> list[Called]:
    """The chair and the sites' contacts who are in the directory with a telephone."""
    query = (
        select(Person.id, Person.name, Person.phone, Guest.language)
        .join(Person, or_(Person.id == Guest.person_id, Person.mail == Guest.mail))
        .where(
            Guest.conference_id == conference_id, Guest.role.in_(("chair", "contact")), Guest.removed_at.is_(None),
            Person.phone != "", Person.retired_at.is_(None),
        )
        .order_by(Guest.id)
    )  # fmt: skip
    return [Called(*row) for row in db.execute(query)]


def list_sent(db: Session, conference_id: int) -> list[Sent]:
    """Reminders and short messages of a conference, the newest first."""
    query = select(Effect).where(Effect.conference_id == conference_id, Effect.kind.in_(CHANNELS))
    return [
        Sent(
            row.kind, row.payload["what"], str(row.payload.get("mail") or row.payload.get("name") or ""), row.state,
            row.attempts, row.settled, row.due, row.last_error,
        )
        for row in db.scalars(query.order_by(Effect.id.desc()).limit(200))
    ]  # fmt: skip
