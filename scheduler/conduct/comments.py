"""What people write beside a conference: seen by whoever may look at it, mailed to nobody, never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from rooms.errors import FieldError, Invalid
from rooms.once import poke
from scheduler.conduct.comment_queries import add_comment, count_comments

LONGEST_COMMENT = 2000
MOST_COMMENTS = 200


def comment(db: Session, conference_id: int, text: str, *, actor: str, now: datetime) -> None:
    """Write a comment of at most LONGEST_COMMENT signs. Raises Invalid."""
    said = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not said:
        raise Invalid([FieldError("comment", "required")])
    if len(said) > LONGEST_COMMENT:
        raise Invalid([FieldError("comment", "too_long", {"max": LONGEST_COMMENT})])
    if count_comments(db, conference_id) >= MOST_COMMENTS:
        raise Invalid([FieldError("comment", "too_many", {"max": MOST_COMMENTS})])
    add_comment(db, conference_id, said, by=actor, at=now)
    poke(db, f"conference:{conference_id}")
