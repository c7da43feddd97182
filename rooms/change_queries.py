"""Statements on the rows that changes left: by subject, actor, time and words; newest first."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, or_, select, text
from sqlalchemy.orm import Session

from rooms.models import CHANGE_RULE, Change


@dataclass(frozen=True)
class ChangeFilter:
    """What is looked for; empty or None asks for everything. ``search``: part of the act, the reason or the values."""

    subject_kind: str = ""
    subject_id: int | None = None
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.subject_kind:
            yield Change.subject_kind == self.subject_kind
        if self.subject_id is not None:
            yield Change.subject_id == self.subject_id
        if self.actor:
            yield Change.actor == self.actor
        if self.since is not None:
            yield Change.at >= self.since
        if self.until is not None:
            yield Change.at < self.until
        if self.search:
            texts = (func.lower(Change.act), func.lower(Change.reason))
            values = (func.lower(cast(Change.before, String)), func.lower(cast(Change.after, String)))
            found = [text.contains(word, autoescape=True) for word in _spellings(self.search) for text in texts]
            found += [
                value.contains(word, autoescape=True)
                for word in {form for word in _spellings(self.search) for form in (word, _escaped(word))}
                for value in values
            ]
            yield or_(*found)


def _spellings(typed: str) -> set[str]:
    """As it may stand there: the databases' ``lower`` knows a to z only."""
    return {_ascii_lower(typed), _ascii_lower(typed.lower()), _ascii_lower(typed.upper()), _ascii_lower(typed.title())}


def _ascii_lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _escaped(text: str) -> str:
    """As SQLite's JSON has it."""
    return json.dumps(text)[1:-1]


def list_changes(db: Session, wanted: ChangeFilter, *, before: int | None = None, limit: int) -> list[Change]:
    """The newest first; ``before``: the id of the last one already seen."""
    query = select(Change).where(*wanted.conditions())
    if before is not None:
        query = query.where(Change.id < before)
    return list(db.scalars(query.order_by(Change.id.desc()).limit(limit)))


def set_change_texts(db: Session, subject_kind: str, ids: Collection[int], without: Callable[[Any], Any]) -> None:
    """Empty what the rows about these subjects say, who did what and when stays. The one exception from append-only:
    what should never have been written here must be able to leave."""
    with _rewriting(db):
        for row in db.scalars(select(Change).where(Change.subject_kind == subject_kind, Change.subject_id.in_(ids))):
            row.before, row.after = without(row.before), without(row.after)
            row.reason = "" if row.reason else row.reason
        db.flush()


@contextmanager
def _rewriting(db: Session) -> Iterator[None]:
    """The table's rule is lifted in this transaction only; both databases take it back when the transaction fails."""
    postgresql = db.get_bind().dialect.name == "postgresql"
    if postgresql:
        lift, back = (f"ALTER TABLE change {what} TRIGGER change_append_only" for what in ("DISABLE", "ENABLE"))
    else:
        lift, back = "DROP TRIGGER change_append_only_update", CHANGE_RULE["sqlite"][0]
    db.flush()
    db.execute(text(lift))
    yield
    db.execute(text(back))
