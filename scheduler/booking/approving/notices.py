"""Notices to the host office about its own conference: that it was returned, answered by another, lapses or lapsed.

They are mails without a calendar entry, to the office's contacts; nobody else is told of a request.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from scheduler import outbox
from scheduler.booking.queries import list_contacts
from scheduler.models import Conference

NOTICE = "notice"
_USEFUL_FOR = timedelta(days=1)  # what became of a request is news to its host even when its time has passed


def owe_notice(db: Session, conference: Conference, what: str, *, now: datetime, **data: Any) -> None:
    """Owe one mail to each contact of the host. ``what``: approved, returned, answered, letter_wanted or lapsed;
    ``data``: JSON values that its words need. Of a demonstration nobody hears."""
    if conference.demo:
        return
    content = {
        "what": what, "key": conference.key, "title": conference.title, "starts": conference.starts.isoformat(),
        "ends": conference.ends.isoformat(), "at": now.replace(microsecond=0).isoformat(), **data,
    }  # fmt: skip
    outbox.owe(
        db,
        [
            {
                "kind": NOTICE,
                "key": f"notice:{conference.id}:{what}:{conference.version}:{contact.mail}",
                "chain": f"notice:{conference.id}:{contact.mail}", "conference_id": conference.id, "due": now,
                "expires": max(conference.ends, now + _USEFUL_FOR), "created": now,
                "payload": {"mail": contact.mail, "name": contact.name, "language": contact.language, **content},
            }
            for contact in list_contacts(db, [conference.host_unit_id])
        ],
    )  # fmt: skip
