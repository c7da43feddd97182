"""The statements on comments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from scheduler.models import Comment


def add_comment(db: Session, conference_id: int, text: str, *, by: str, at: datetime) -> None:
    db.execute(insert(Comment).values(conference_id=conference_id, text=text, by=by, at=at))


def list_comments(db: Session, conference_id: int) -> Sequence[Comment]:
    """In the order in which they were written."""
    return db.scalars(select(Comment).where(Comment.conference_id == conference_id).order_by(Comment.id)).all()


def count_comments(db: Session, conference_id: int) -> int:
    return db.scalar(select(func.count(Comment.id)).where(Comment.conference_id == conference_id)) or 0
