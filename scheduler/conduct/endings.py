"""Owing the video host the end of a room."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import outbox
from scheduler.models import Bridge, Conference, Opening

END_MEETING = "end_meeting"
_USEFUL_FOR = timedelta(hours=2)


def owe_end(db: Session, conference_id: int, *, now: datetime) -> None:
    """Owe the end of the video rooms of a conference, once an opening; a room that is gone counts as ended."""
    query = (
        select(Opening, Bridge.name)
        .join(Bridge)
        .join(Conference, Conference.id == Opening.conference_id)
        .where(Opening.conference_id == conference_id, Conference.demo.is_(False))  # nothing was opened for those
    )
    outbox.owe(
        db,
        [
            {
                "kind": END_MEETING, "key": f"end:{opening.id}", "chain": f"end:{opening.id}",
                "conference_id": conference_id, "due": now, "expires": now + _USEFUL_FOR, "created": now,
                "payload": {"opening": opening.id, "bridge": bridge, "jitsi_name": opening.jitsi_name},
            }
            for opening, bridge in db.execute(query)
        ],
    )  # fmt: skip
