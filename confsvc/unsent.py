"""What somebody types and has not sent: one of each form a person, bounded, forgotten after a fortnight. Units of work.

It is the person's own and changes nothing for anybody, so it leaves no ``change`` row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from confsvc import unsent_queries as queries
from rooms.errors import Problem

BOOKING = "book"
MOST_FIELDS, MOST_SIGNS = 1_000, 50_000
LIFE = timedelta(days=14)
_NEVER_KEPT = frozenset({"csrf", "act", "find", "set", "version", "seen"})


class Kept(NamedTuple):
    """A form as it was typed at a time; pairs of name and value."""

    fields: tuple[tuple[str, str], ...]
    at: datetime


def keep_unsent(db: Session, account_id: int, form: str, fields: Sequence[tuple[str, str]], *, now: datetime) -> None:
    """Keep it in place of what was kept before. Raises Problem("too_large")."""
    pairs = ((name.replace("\0", ""), value.replace("\0", "")) for name, value in fields)
    kept = [[name, value] for name, value in pairs if name not in _NEVER_KEPT]
    if len(kept) > MOST_FIELDS or sum(len(name) + len(value) for name, value in kept) > MOST_SIGNS:
        raise Problem("too_large")
    queries.set_unsent(db, account_id, form, kept, now)


def find_unsent(db: Session, account_id: int, form: str, *, now: datetime) -> Kept | None:
    """What this person last typed into the form and did not send."""
    row = queries.find_unsent(db, account_id, form)
    if row is None or row.at <= now - LIFE:
        return None
    return Kept(tuple((str(name), str(value)) for name, value in row.fields), row.at)


def forget_unsent(db: Session, account_id: int, form: str) -> None:
    """It was sent, or is not wanted any more."""
    queries.delete_unsent(db, account_id, form)


def sweep_unsent(db: Session, *, now: datetime) -> None:
    """Forget what nobody came back for."""
    queries.delete_unsent_before(db, now - LIFE)
