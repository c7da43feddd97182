"""Statements for those who look into the outbox: letters by state, one letter with its meeting, and the two acts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from scheduler.models import Conference, Effect

DELIVERIES = ("waiting", "deferred", "sending", "sent", "dead", "expired", "superseded", "needless")
GROUPS: dict[str, tuple[str, ...]] = {
    "open": ("waiting", "deferred", "sending"), "sent": ("sent",), "failed": ("dead", "expired"),
    "aside": ("superseded", "needless"),
}  # fmt: skip
"""How the page puts deliveries together."""
LETTER = "letter"

_DELIVERY = case(
    (and_(Effect.state == "owed", Effect.attempts == 0), "waiting"),
    (Effect.state == "owed", "deferred"),
    (Effect.state == "leased", "sending"),
    (Effect.state == "done", "sent"),
    else_=Effect.state,
)
_MAIL = Effect.payload["mail"].as_string()
_NAME = Effect.payload["name"].as_string()
_older = aliased(Effect)
_BEHIND = (
    exists()
    .where(_older.chain == Effect.chain, _older.id < Effect.id, _older.state.in_(("owed", "leased")))
    .correlate(Effect)
)


class OutboxRow(NamedTuple):
    """One effect. ``behind``: an earlier letter to the same address has to go first."""

    id: int
    kind: str
    delivery: str
    mail: str | None
    name: str | None
    payload: dict[str, Any]
    due: datetime
    expires: datetime
    created: datetime
    settled: datetime | None
    attempts: int
    maybe: bool
    last_error: str | None
    behind: bool
    conference_key: str | None
    title: str | None
    starts: datetime | None
    host_unit_id: int | None


@dataclass(frozen=True)
class OutboxFilter:
    """``hosts``: offices whose letters the asker may see, None for all. ``group``: of GROUPS. ``search``: part of an
    address or name as written, or folded part of a title. ``conference_key``: of one meeting only."""

    hosts: Collection[int] | None
    group: str = ""
    kind: str = ""
    search: str = ""
    folded: str = ""
    conference_key: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [true() if self.hosts is None else Conference.host_unit_id.in_(self.hosts)]
        if self.kind:
            found.append(Effect.kind == self.kind)
        if self.conference_key:
            found.append(Conference.key == self.conference_key)
        if self.search:
            found.append(
                or_(
                    func.lower(_MAIL).contains(self.search.lower(), autoescape=True),
                    _NAME.contains(self.search, autoescape=True),
                    Conference.search_key.contains(self.folded, autoescape=True),
                )
            )
        return found


def _joined(query: Select[Any]) -> Select[Any]:
    return query.select_from(Effect).outerjoin(Conference, Conference.id == Effect.conference_id)


_ROW: Select[Any] = _joined(
    select(
        Effect.id, Effect.kind, _DELIVERY, _MAIL, _NAME, Effect.payload, Effect.due, Effect.expires, Effect.created,
        Effect.settled, Effect.attempts, Effect.maybe, Effect.last_error, _BEHIND, Conference.key, Conference.title,
        Conference.starts, Conference.host_unit_id,
    )
)  # fmt: skip


def list_outbox(db: Session, wanted: OutboxFilter, *, before: int | None, limit: int) -> list[OutboxRow]:
    """The newest first; ``before``: the id of the last one already seen."""
    query = _ROW.where(*wanted.conditions())
    if wanted.group:
        query = query.where(_DELIVERY.in_(GROUPS[wanted.group]))
    if before is not None:
        query = query.where(Effect.id < before)
    return [OutboxRow(*row) for row in db.execute(query.order_by(Effect.id.desc()).limit(limit))]


def count_outbox(db: Session, wanted: OutboxFilter) -> dict[str, int]:
    """How many there are by delivery, whatever the group."""
    query = _joined(select(_DELIVERY, func.count())).where(*wanted.conditions()).group_by(_DELIVERY)
    return {row[0]: row[1] for row in db.execute(query)}


def find_outbox(db: Session, effect_id: int, hosts: Collection[int] | None) -> OutboxRow | None:
    """One effect, if the asker may see it."""
    query = _ROW.where(Effect.id == effect_id, *OutboxFilter(hosts).conditions())
    row = db.execute(query).one_or_none()
    return OutboxRow(*row) if row else None


def find_locked_effect(db: Session, effect_id: int) -> Effect | None:
    return db.scalar(
        select(Effect).where(Effect.id == effect_id).with_for_update().execution_options(populate_existing=True)
    )


def has_later(db: Session, chain: str, effect_id: int) -> bool:
    """Whether a newer letter of the chain exists, whatever became of it."""
    return bool(db.scalar(select(exists().where(Effect.chain == chain, Effect.id > effect_id))))
