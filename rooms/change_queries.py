"""Statements on the rows that changes left: by subject, actor, time and words; newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session

from rooms.models import Change


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
