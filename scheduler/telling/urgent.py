"""Urgent things are told by a second way, too: whom they concern is decided here, by which way at the edge."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from scheduler import outbox
from scheduler.models import Conference

URGENT = "urgent"
SHORT_NOTICE = timedelta(hours=24)
"""Called off or moved less than this before the start."""


def owe_urgent(
    db: Session, conference: Conference, what: str, *, mark: str, now: datetime, expires: datetime
) -> None:  # fmt: skip
    """Owe that the chair and the sites' contacts are told ``what`` ("emergency", "displaced", "cancelled", "moved",
    "soon") by telephone; ``mark`` tells one piece of news of a conference from another."""
    if conference.demo:
        return
    row = {
        "kind": URGENT, "key": f"{URGENT}:{conference.id}:{mark}", "chain": f"{URGENT}:{conference.id}",
        "conference_id": conference.id, "due": now, "expires": expires, "created": now,
        "payload": {"what": what, "starts": conference.starts.isoformat(), "mark": mark},
    }  # fmt: skip
    outbox.owe(db, [row])
