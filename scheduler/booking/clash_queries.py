"""The statements on clashes of people that somebody has confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rooms.once import insert_once
from scheduler.models import KnownClash


def list_known(db: Session, conference_id: int) -> set[tuple[int, str]]:
    """For this conference: the other one and the mail address of whoever sits in both."""
    query = select(KnownClash.other_id, KnownClash.mail).where(KnownClash.conference_id == conference_id)
    return {(other_id, mail) for other_id, mail in db.execute(query)}


def add_known(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep who said so first."""
    insert_once(db, KnownClash, rows)
