"""The statements on letters: their editions, and what each address surely or perhaps knows of a calendar entry.

What arrived is written by the outbox when a letter settles. ``payload`` is a letter's: {"uid", "mail", "edition" (id),
"method", …}. Only one row of a recipient's chain is under way at a time, so nobody else writes the same row meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from rooms.once import insert_once
from scheduler.models import CalendarItem, Edition, Told


def knows(db: Session, uid: str, mail: str, part: str | None) -> bool:
    """Whether somebody surely or perhaps got anything about the entry, or of one date of it: that, or the whole."""
    query = exists().where(Told.uid == uid, Told.mail == mail)
    return bool(db.scalar(select(query if part is None else query.where(Told.part.in_(("", part))))))


def find_first_message_id(db: Session, uid: str, mail: str) -> str | None:
    """Of the first REQUEST of the entry that surely came to this address, whatever date it was about."""
    query = select(Told.first_message_id).where(Told.uid == uid, Told.mail == mail, Told.first_message_id.is_not(None))
    return db.scalar(query.order_by(Told.id).limit(1))


def list_told_mails(db: Session, uid: str) -> Sequence[str]:
    """Everybody who surely or perhaps got anything about the entry."""
    return db.scalars(select(Told.mail).where(Told.uid == uid).distinct().order_by(Told.mail)).all()


def add_sure_told(db: Session, payload: Mapping[str, Any], *, message_id: str | None) -> None:
    """The letter surely arrived. The Message-ID of the first invitation is what later letters refer to."""
    edition = int(payload["edition"])
    first = message_id if payload.get("method") == "REQUEST" else None
    _insert(db, payload)
    db.execute(
        update(Told)
        .where(*_row(payload), or_(Told.sure_edition.is_(None), Told.sure_edition <= edition))
        .values(sure_edition=edition, first_message_id=func.coalesce(Told.first_message_id, first))
        .execution_options(synchronize_session=False)
    )


def add_maybe_told(db: Session, payload: Mapping[str, Any]) -> None:
    """The letter may have arrived."""
    edition = int(payload["edition"])
    _insert(db, payload)
    db.execute(
        update(Told)
        .where(*_row(payload), or_(Told.maybe_edition.is_(None), Told.maybe_edition < edition))
        .values(maybe_edition=edition)
        .execution_options(synchronize_session=False)
    )


def _insert(db: Session, payload: Mapping[str, Any]) -> None:
    insert_once(db, Told, [{"uid": payload["uid"], "mail": payload["mail"], "part": payload.get("part") or ""}])


def _row(payload: Mapping[str, Any]) -> tuple[ColumnElement[bool], ...]:
    return Told.uid == payload["uid"], Told.mail == payload["mail"], Told.part == (payload.get("part") or "")


def find_calendar_item(db: Session, uid: str) -> CalendarItem | None:
    return db.scalar(select(CalendarItem).where(CalendarItem.uid == uid))


def find_edition(db: Session, edition_id: int) -> Edition | None:
    """What a letter says."""
    return db.get(Edition, edition_id)


def lock_calendar_item(db: Session, uid: str) -> CalendarItem:
    """The entry, which nobody else changes until the end of this transaction."""
    return db.scalars(select(CalendarItem).where(CalendarItem.uid == uid).with_for_update()).one()


def set_calendar_item(db: Session, uid: str, values: Mapping[str, Any]) -> None:
    db.execute(update(CalendarItem).where(CalendarItem.uid == uid).values(**values))


def last_number(db: Session, uid: str) -> int:
    """Of the entry's editions; 0 without one."""
    return db.scalar(select(func.max(Edition.number)).where(Edition.uid == uid)) or 0


def find_related(db: Session, uid: str) -> str | None:
    """The entry that this one belongs to, as its first edition said."""
    content = db.scalar(select(Edition.content).where(Edition.uid == uid, Edition.number == 1))
    return (content or {}).get("related_to")
