"""The statements on what was typed and not sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from confsvc.models import Unsent
from rooms.once import insert_once


def find_unsent(db: Session, account_id: int, form: str) -> Unsent | None:
    return db.scalar(select(Unsent).where(Unsent.account_id == account_id, Unsent.form == form))


def set_unsent(db: Session, account_id: int, form: str, fields: Sequence[Sequence[str]], at: datetime) -> None:
    """One row a person and form, also when two pages of one person save at once: the later one stays."""
    values = {"fields": [list(pair) for pair in fields], "at": at}
    if not insert_once(db, Unsent, [{"account_id": account_id, "form": form, **values}]):
        db.execute(update(Unsent).where(Unsent.account_id == account_id, Unsent.form == form).values(**values))


def delete_unsent(db: Session, account_id: int, form: str) -> None:
    db.execute(delete(Unsent).where(Unsent.account_id == account_id, Unsent.form == form))


def delete_unsent_before(db: Session, at: datetime) -> None:
    db.execute(delete(Unsent).where(Unsent.at < at))
