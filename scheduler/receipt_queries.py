"""Statements on what recipients did on their page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from rooms.once import insert_once
from scheduler.models import CalendarItem, Conference, Edition, Receipt, Told


def find_entry(db: Session, item_id: int) -> CalendarItem | None:
    return db.get(CalendarItem, item_id)


def find_receipt(db: Session, uid: str, mail: str) -> Receipt | None:
    return db.scalar(select(Receipt).where(Receipt.uid == uid, Receipt.mail == mail))


def add_receipt(db: Session, uid: str, mail: str) -> None:
    insert_once(db, Receipt, [{"uid": uid, "mail": mail}])


def set_opened(db: Session, uid: str, mail: str, now: datetime) -> bool:
    """True the first time."""
    row = update(Receipt).where(Receipt.uid == uid, Receipt.mail == mail, Receipt.opened.is_(None))
    return _one(db.execute(row.values(opened=now).execution_options(synchronize_session=False)))


def set_acknowledged(db: Session, uid: str, mail: str, edition: int, now: datetime) -> bool:
    """True unless the same, or a later edition, was acknowledged already."""
    row = update(Receipt).where(
        Receipt.uid == uid, Receipt.mail == mail,
        or_(Receipt.acknowledged_edition.is_(None), Receipt.acknowledged_edition < edition),
    )  # fmt: skip
    values = {"acknowledged": now, "acknowledged_edition": edition}
    return _one(db.execute(row.values(values).execution_options(synchronize_session=False)))


def newest_told(db: Session, uid: str, mail: str) -> int:
    """The newest edition that somebody surely or perhaps has; 0 without one."""
    query = select(func.max(Told.sure_edition), func.max(Told.maybe_edition))
    return max((found or 0 for found in db.execute(query.where(Told.uid == uid, Told.mail == mail)).one()), default=0)


def find_told_edition(db: Session, uid: str, mail: str) -> Edition | None:
    return db.get(Edition, newest_told(db, uid, mail))


def list_conference_ids(db: Session, uid: str) -> Sequence[int]:
    return db.scalars(select(Conference.id).where(Conference.uid == uid)).all()


def _one(result: Any) -> bool:
    return bool(result.rowcount == 1)
