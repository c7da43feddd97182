"""Postponing together for whoever may cancel: only meetings of the offices that are theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may_somewhere, units_for
from rooms.errors import NotAllowed, NotFound
from scheduler.booking.giving_way.models import Batch
from scheduler.booking.giving_way.postpone import Chosen, bring_back, concerned, postpone_together
from scheduler.booking.giving_way.postpone_queries import Concerned, ItemRow, find_back, find_batch, list_items

P = Permission.CONFERENCE_CANCEL


@dataclass(frozen=True)
class Course:
    """How far a batch is; ``back``: the key of the one that brings its meetings back."""

    batch: Batch
    items: tuple[ItemRow, ...]
    back: str | None

    def count(self, state: str) -> int:
        return sum(item.state == state for item in self.items)


def narrowed(actor: Actor, since: datetime, until: datetime, kinds: tuple[str, ...] | None, host: int | None) -> Chosen:
    """What this person may choose. ``kinds`` None: the everyday ones; ``host`` None: every office that is his.

    Raises NotAllowed for an office that is not.
    """
    mine = units_for(actor, P)
    if host is not None and mine is not None and host not in mine:
        raise NotAllowed(permission=str(P))
    hosts = (host,) if host is not None else tuple(sorted(mine)) if mine is not None else None
    chosen = Chosen(since, until, host_unit_ids=hosts)
    return chosen if kinds is None else Chosen(since, until, kinds, hosts)


def preview(db: Session, chosen: Chosen, *, now: datetime) -> list[Concerned]:
    return concerned(db, chosen, now=now)


def begin(db: Session, actor: Actor, chosen: Chosen, notice: str, *, now: datetime) -> str:
    """The key of the batch. Raises Invalid."""
    return postpone_together(db, chosen, notice, actor=actor.text, now=now)


def begin_back(db: Session, actor: Actor, key: str, *, now: datetime) -> str:
    """For whoever may look at that batch. Raises NotFound, WrongMove."""
    find_course(db, actor, key)
    return bring_back(db, key, actor=actor.text, now=now)


def find_course(db: Session, actor: Actor, key: str) -> Course:
    """The course of a batch, for who made it, as long as its offices are his, and who may cancel for all offices.
    Raises NotFound."""
    batch = find_batch(db, key) if may_somewhere(actor, P) else None
    if batch is None or not _is_his(batch, actor):
        raise NotFound(kind="batch", key=key)
    back = find_back(db, batch.id)
    return Course(batch, tuple(list_items(db, batch.id)), back.key if back else None)


def _is_his(batch: Batch, actor: Actor) -> bool:
    """Who has moved to another office has no more to say about what he did for the one before."""
    mine, hosts = units_for(actor, P), batch.chosen["hosts"]
    return mine is None or (batch.made_by == actor.text and hosts is not None and mine.issuperset(hosts))
