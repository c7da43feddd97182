"""What a recipient does on the page behind the link of his letters: opens it, and says that he has received it.

Opening never counts as more, since mail scanners open every link. Units of work.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from rooms.errors import NotFound
from rooms.once import poke
from scheduler.receipt_queries import (
    add_receipt,
    find_entry,
    list_conference_ids,
    newest_told,
    set_acknowledged,
    set_opened,
)


def note_opened(db: Session, item_id: int, mail: str, *, now: datetime) -> None:
    """The first time only. Raises NotFound."""
    uid = _uid(db, item_id)
    add_receipt(db, uid, mail)
    if set_opened(db, uid, mail, now):
        _changed(db, uid)


def acknowledge(db: Session, item_id: int, mail: str, *, now: datetime) -> None:
    """He has received what he was told last. Raises NotFound."""
    uid = _uid(db, item_id)
    add_receipt(db, uid, mail)
    set_opened(db, uid, mail, now)
    if set_acknowledged(db, uid, mail, newest_told(db, uid, mail), now):
        _changed(db, uid)


def _uid(db: Session, item_id: int) -> str:
    item = find_entry(db, item_id)
    if item is None:
        raise NotFound(kind="page", key=item_id)
    return item.uid


def _changed(db: Session, uid: str) -> None:
    poke(db, *(f"conference:{number}" for number in list_conference_ids(db, uid)))
