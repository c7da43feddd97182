"""Secret addresses of feeds: made and shown once, kept as SHA-256, revoked one by one. Units of work."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsvc import queries as rows
from confsvc.feeds import body_queries as queries
from confsvc.feeds.models import FeedToken
from confsvc.feeds.scope import Scope
from confsvc.sessions import sha256
from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotAllowed, NotFound

BYTES = 24
"""192 bits, 32 letters."""
MOST = 20
LONGEST_NAME = 60
USED_EVERY = timedelta(hours=1)


def add_address(db: Session, scope: Scope, name: str, *, account_id: int, by: str, now: datetime) -> str:
    """A new address for the feed of ``scope``; its token. ``name``: for which device or program, to tell them apart.
    Raises Invalid, NotAllowed."""
    said = " ".join(name.split())
    if not said or len(said) > LONGEST_NAME:
        raise Invalid([FieldError("name", "too_long" if said else "required", {"max": LONGEST_NAME})])
    if queries.count_tokens(db, scope.kind, scope.subject_id) >= MOST:
        raise NotAllowed("too_many_addresses", max=MOST)
    token = secrets.token_urlsafe(BYTES)
    values = {
        "kind": scope.kind, "subject_id": scope.subject_id, "name": said, "sha256": sha256(token),
        "made_by": account_id, "created": now, "last_used": None, "revoked_at": None,
    }  # fmt: skip
    token_id = rows.add_row(db, FeedToken, values)
    after = {"name": said, "token": token_id}
    add_change(db, scope.kind, scope.subject_id, "feed.added", actor=by, now=now, after=after)
    return token


def revoke_address(db: Session, scope: Scope, token_id: int, *, by: str, now: datetime) -> None:
    """Raises NotFound when this feed has no such live address. With the last one goes what was written for it."""
    found = queries.find_token(db, token_id)
    if found is None or (found.kind, found.subject_id) != (scope.kind, scope.subject_id) or found.revoked_at:
        raise NotFound(kind="feed", key=token_id)
    queries.set_token(db, token_id, revoked_at=now)
    before = {"name": found.name, "token": token_id}
    add_change(db, scope.kind, scope.subject_id, "feed.revoked", actor=by, now=now, before=before)
    if not queries.count_tokens(db, scope.kind, scope.subject_id):
        for form in ("ics", "ifb"):
            queries.delete_bodies(db, f"{scope.kind}:{scope.subject_id}:{form}")


def touch_address(db: Session, token_id: int, *, now: datetime) -> None:
    """Note that an address is in use; at most every USED_EVERY."""
    queries.set_token(db, token_id, last_used=now)


def open_timetable(db: Session, unit_id: int, *, by: str, now: datetime) -> None:
    """Let everybody read what the office hosts, without anything private. Twice changes nothing."""
    if queries.find_timetable(db, unit_id) is None:
        queries.add_timetable(db, unit_id, by=by, now=now)
        add_change(db, "unit", unit_id, "timetable.opened", actor=by, now=now)


def close_timetable(db: Session, unit_id: int, *, by: str, now: datetime) -> None:
    if queries.delete_timetable(db, unit_id):
        queries.delete_bodies(db, f"public:{unit_id}:ics")
        add_change(db, "unit", unit_id, "timetable.closed", actor=by, now=now)
