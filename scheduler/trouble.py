"""What is wrong with the conduct of a conference: one code in its row, set and taken back with a ``change`` row each.

Pages say it in words. A newer trouble takes the place of an older one; only what set it takes it back.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.once import poke
from scheduler import trouble_queries as queries

STEP_FAILED = "step_failed"  # a step of its life cannot be taken, again and again
ROOM_NOT_ENDED = "room_not_ended"  # the video host did not end its room
SITE_TAKEN = "site_taken"  # a device joined at a site that had been given back, and others have the room
PLACE_CLOSED = "place_closed"  # something it holds was closed although it is booked
PLACE_SHORT = "place_short"  # a line or video host carries less than what is booked on it
HOST_SILENT = "host_silent"  # the video host that it needs now does not answer


def note_trouble(db: Session, conference_id: int, code: str, *, now: datetime, actor: str = "clock") -> None:
    """Nothing happens when it is noted already, or the conference is not there."""
    before = queries.find_trouble(db, conference_id)
    if before != code and queries.set_trouble(db, conference_id, code, expected=before):
        _changed(db, conference_id, before, code, now, actor)


def clear_trouble(db: Session, conference_id: int, code: str, *, now: datetime, actor: str = "clock") -> None:
    """It is over; another trouble that was noted since stays."""
    if queries.set_trouble(db, conference_id, None, expected=code):
        _changed(db, conference_id, code, None, now, actor)


def note_silent_host(db: Session, bridge_id: int, *, now: datetime) -> None:
    """The conferences that need this video host now, and have no other trouble, are in trouble."""
    for conference_id in queries.list_on_bridge(db, bridge_id, trouble=None):
        note_trouble(db, conference_id, HOST_SILENT, now=now, actor=f"bridge:{bridge_id}")


def clear_silent_host(db: Session, bridge_id: int, *, now: datetime) -> None:
    """It answers again."""
    for conference_id in queries.list_on_bridge(db, bridge_id, trouble=HOST_SILENT):
        clear_trouble(db, conference_id, HOST_SILENT, now=now, actor=f"bridge:{bridge_id}")


def _changed(db: Session, conference_id: int, before: str | None, after: str | None, now: datetime, actor: str) -> None:
    add_change(
        db, "conference", conference_id, "trouble", actor=actor, now=now, before={"trouble": before},
        after={"trouble": after},
    )  # fmt: skip
    poke(db, f"conference:{conference_id}")
