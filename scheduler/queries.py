"""The statements on letters: their editions, and what each address surely or perhaps knows of a calendar entry.

What arrived is written by the outbox when a letter settles. ``payload`` is a letter's: {"uid", "mail", "edition" (id),
"method", …}. Only one row of a recipient's chain is under way at a time, so nobody else writes the same row meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from rooms.once import insert_once
from scheduler.models import CalendarItem, Edition, Told


def find_told(db: Session, uid: str, mail: str) -> Told | None:
    return db.scalar(select(Told).where(Told.uid == uid, Told.mail == mail))


def add_sure_told(db: Session, payload: Mapping[str, Any], *, message_id: str | None) -> None:
    """The letter surely arrived. The first one's Message-ID is what later ones refer to."""
    edition = int(payload["edition"])
    _insert(db, payload)
    db.execute(
        update(Told)
        .where(Told.uid == payload["uid"], Told.mail == payload["mail"])
        .where(or_(Told.sure_edition.is_(None), Told.sure_edition <= edition))
        .values(sure_edition=edition, first_message_id=func.coalesce(Told.first_message_id, message_id))
        .execution_options(synchronize_session=False)
    )


def add_maybe_told(db: Session, payload: Mapping[str, Any]) -> None:
    """The letter may have arrived."""
    edition = int(payload["edition"])
    _insert(db, payload)
    db.execute(
        update(Told)
        .where(Told.uid == payload["uid"], Told.mail == payload["mail"])
        .where(or_(Told.maybe_edition.is_(None), Told.maybe_edition < edition))
        .values(maybe_edition=edition)
        .execution_options(synchronize_session=False)
    )


def _insert(db: Session, payload: Mapping[str, Any]) -> None:
    insert_once(db, Told, [{"uid": payload["uid"], "mail": payload["mail"]}])


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
