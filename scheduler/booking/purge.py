"""Taking out what was written about a conference, when it should never have been written here; its row stays.

Office, time, rooms, who was invited and how it went remain, so that figures do not change. Letters that were sent lie
in the mailboxes of those who got them, and older backups keep what they have.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.names import search_key
from rooms.once import poke
from scheduler.booking import purge_queries as queries
from scheduler.booking.approving.official_letter import purge_letter
from scheduler.conduct.queries import find_locked_by_key
from scheduler.errors import WrongMove

LONGEST_REASON = 500
OVER = ("draft", "cancelled", "recorded")
TITLE = "[đã gỡ nội dung]"
"""What stands where a title must stand: it is data, in the language of the offices."""

WRITTEN = frozenset({
    "title", "note", "chair_name", "chair_title", "chair_for", "chair_consent", "place", "letter_number",
    "verbal_order", "short_notice_reason", "in_person_note", "reason", "notice", "text",
})  # fmt: skip
"""Names under which rows, editions, effects and changes keep what somebody wrote."""


def purge_content(db: Session, key: str, *, reason: str, actor: str, now: datetime) -> list[str]:
    """Empty every text of the conference: its own, its comments, its calendar entry as told, its log. All of its series
    and its trial run say the same, so theirs too.

    Returns the SHA-256 of signed letters that nothing needs any more: the caller deletes the files after the commit.
    Raises Invalid (no reason), NotFound, WrongMove while one of them may still take place: cancel it first.
    """
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid([FieldError("reason", "too_long" if said else "required", {"max": LONGEST_REASON})])
    conference = find_locked_by_key(db, key)
    if conference is None:
        raise NotFound(kind="conference", key=key)
    group = queries.list_group(db, conference)
    bound = next((one for one in group if one.state not in OVER), None)
    if bound is not None:
        raise WrongMove(state=bound.state, to="purged")
    lettered = [one.key for one in group if queries.has_letter_file(db, one.id)]
    files = [purge_letter(db, each, reason=said, actor=actor, now=now) for each in lettered]
    ids = [one.id for one in group]
    columns = {
        "title": TITLE,
        "search_key": search_key(TITLE),
        "chair_mail": None,
        "contact_name": "",
        "contact_phone": "",
    }
    queries.set_emptied(db, ids, columns)
    queries.set_texts(db, ids, conference.series_id, without_texts)
    for one in group:
        add_change(db, "conference", one.id, "content_purged", actor=actor, now=now, reason=said)
        poke(db, f"conference:{one.id}")
    return [sha256 for sha256 in files if sha256]


def without_texts(value: Any) -> Any:
    """A JSON value with everything emptied that somebody wrote; its shape stays, so that old rows can still be read."""
    if isinstance(value, list):
        return [without_texts(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    written = WRITTEN | {"name"} if value.get("role") == "chair" else WRITTEN
    return {name: _emptied(name, one, written) for name, one in value.items()}


def _emptied(name: str, value: Any, written: frozenset[str]) -> Any:
    if name == "chair" and isinstance(value, Mapping):
        return {**value, "name": "", "title": "", "mail": None}
    if name in written and isinstance(value, str):
        return TITLE if name == "title" else ""
    return without_texts(value)
