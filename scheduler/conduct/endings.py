"""Owing the video host the end of a room."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from scheduler import outbox
from scheduler.conduct.queries import list_opened

END_MEETING = "end_meeting"
_USEFUL_FOR = timedelta(hours=2)


def owe_end(db: Session, conference_id: int, *, now: datetime) -> None:
    """Owe the end of the video rooms of a conference, once an opening; a room that is gone counts as ended."""
    outbox.owe(
        db,
        [
            {
                "kind": END_MEETING, "key": f"end:{opened.opening_id}", "chain": f"end:{opened.opening_id}",
                "conference_id": conference_id, "due": now, "expires": now + _USEFUL_FOR, "created": now,
                "payload": {"opening": opened.opening_id, "bridge": opened.bridge, "jitsi_name": opened.jitsi_name},
            }
            for opened in list_opened(db, conference_id)
        ],
    )  # fmt: skip
