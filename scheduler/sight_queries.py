"""Who may look at which conference: the condition that every list and every single reading carries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from scheduler.models import Conference, Delegation

PRIVATE = ("draft", "pending")
"""States that only the host's own people know of, and whoever is asked."""


@dataclass(frozen=True)
class Sight:
    """Whose conferences somebody sees whole. ``hosts``: offices for which reading is granted, None for all;
    ``unit_id``: the own office, which sees what it hosts and where it takes part; ``drafts``: as ``hosts``, of drafts;
    ``requests``: as ``hosts``, of what waits for approval, which whoever is asked sees besides.
    """

    hosts: frozenset[int] | None
    unit_id: int | None
    drafts: frozenset[int] | None
    requests: frozenset[int] | None = frozenset()

    def condition(self) -> ColumnElement[bool]:
        """The condition on ``Conference``."""
        private = Conference.state.in_(PRIVATE)
        asked = and_(Conference.state == "pending", hosted_by(self.requests))
        return or_(and_(private, hosted_by(self.drafts)), asked, and_(~private, or_(hosted_by(self.hosts), self.own())))

    def own(self) -> ColumnElement[bool]:
        """What the own office hosts or takes part in."""
        if self.unit_id is None:
            return false()
        there = exists().where(Delegation.conference_id == Conference.id, Delegation.unit_id == self.unit_id)
        return or_(Conference.host_unit_id == self.unit_id, there)


def hosted_by(units: Collection[int] | None) -> ColumnElement[bool]:
    """The host is one of these offices, None for any."""
    if units is None:
        return Conference.id.is_not(None)
    return Conference.host_unit_id.in_(units) if units else false()


def find_visible(db: Session, key: str, *, sight: Sight) -> Conference | None:
    """The conference with this key, if the asker may look at it."""
    return db.scalar(select(Conference).where(Conference.key == key, sight.condition()))
