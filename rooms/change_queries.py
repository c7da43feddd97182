"""Statements on the rows that changes left: by subject, actor, time and words; newest first."""

from __future__ import annotations

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
            texts = (Change.act, Change.reason, cast(Change.before, String), cast(Change.after, String))
            yield or_(*(func.lower(text).contains(self.search.lower(), autoescape=True) for text in texts))


def list_changes(db: Session, wanted: ChangeFilter, *, before: int | None = None, limit: int) -> list[Change]:
    """The newest first; ``before``: the id of the last one already seen."""
    query = select(Change).where(*wanted.conditions())
    if before is not None:
        query = query.where(Change.id < before)
    return list(db.scalars(query.order_by(Change.id.desc()).limit(limit)))
