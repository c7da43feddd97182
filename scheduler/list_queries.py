"""Lists of conferences: those that somebody may see, and those that need a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from rooms.models import Room, Unit, UnitName
from scheduler.models import LONGEST_SPAN, Conference, Delegation, Effect, Site
from scheduler.sight_queries import Sight, hosted_by

_UNDELIVERED = ("dead", "expired")


class Line(NamedTuple):
    """One conference in a list; ``standing()`` reads it."""

    id: int
    key: str
    title: str
    kind: str
    form: str
    origin: str
    state: str
    outcome: str
    host_unit_id: int
    host_code: str
    starts: datetime
    ends: datetime
    opens: datetime
    trouble: str | None
    version: int
    letter_number: str
    approved_at: datetime | None
    sites: int
    series_id: int | None


_SITES = select(func.count(Site.id)).where(Site.conference_id == Conference.id).correlate(Conference).scalar_subquery()

_LINE: Select[*tuple[Any, ...]] = select(
    Conference.id, Conference.key, Conference.title, Conference.kind, Conference.form, Conference.origin,
    Conference.state, Conference.outcome, Conference.host_unit_id, Unit.code, Conference.starts, Conference.ends,
    Conference.opens, Conference.trouble, Conference.version, Conference.letter_number, Conference.approved_at, _SITES,
    Conference.series_id,
).join(Unit, Unit.id == Conference.host_unit_id)  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to. ``states`` and ``outcomes`` empty: any. ``room_id``, ``unit_id``: that take part;
    ``own_unit_id``: that hosts it or takes part.

    ``title``: a part of it; ``search``: the same or a part of a name that takes part. Both are folded.
    ``troubled``: only those that something is wrong with.
    """

    since: datetime | None = None
    until: datetime | None = None
    host_unit_id: int | None = None
    room_id: int | None = None
    unit_id: int | None = None
    own_unit_id: int | None = None
    form: str = ""
    states: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    title: str = ""
    search: str = ""
    troubled: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.since is not None:
            found += [Conference.ends > self.since, Conference.starts > self.since - LONGEST_SPAN]
        if self.until is not None:
            found.append(Conference.starts < self.until)
        if self.host_unit_id is not None:
            found.append(Conference.host_unit_id == self.host_unit_id)
        if self.room_id is not None:
            found.append(exists().where(Site.conference_id == Conference.id, Site.room_id == self.room_id))
        if self.unit_id is not None:
            there = Delegation.conference_id == Conference.id
            found.append(exists().where(there, Delegation.unit_id == self.unit_id))
        if self.own_unit_id is not None:
            there = and_(Delegation.conference_id == Conference.id, Delegation.unit_id == self.own_unit_id)
            found.append(or_(Conference.host_unit_id == self.own_unit_id, exists().where(there)))
        if self.form:
            found.append(Conference.form == self.form)
        if self.states:
            found.append(Conference.state.in_(self.states))
        if self.outcomes:
            found.append(Conference.outcome.in_(self.outcomes))
        if self.troubled:
            found.append(Conference.trouble.is_not(None))
        if self.title:
            found.append(Conference.search_key.contains(self.title, autoescape=True))
        if self.search:
            found.append(_matches(self.search))
        return found


def _matches(search: str) -> ColumnElement[bool]:
    """Title, a name the host ever had, or a name of a unit or room that takes part."""
    named = select(UnitName.unit_id).where(UnitName.search_key.contains(search, autoescape=True))
    roomed = select(Room.id).where(Room.search_key.contains(search, autoescape=True))
    return or_(
        Conference.search_key.contains(search, autoescape=True),
        Conference.host_unit_id.in_(named),
        exists().where(Delegation.conference_id == Conference.id, Delegation.unit_id.in_(named)),
        exists().where(Site.conference_id == Conference.id, Site.room_id.in_(roomed)),
    )


def list_lines(
    db: Session, sight: Sight, wanted: Filter, *, limit: int, after: tuple[datetime, int] | None = None,
    newest_first: bool = False,
) -> list[Line]:  # fmt: skip
    """Conferences by start; ``after``: start and id of the last one already shown."""
    query = _LINE.where(sight.condition(), *wanted.conditions())
    if after is not None:
        starts, last = after
        later = Conference.starts < starts if newest_first else Conference.starts > starts
        beyond = Conference.id < last if newest_first else Conference.id > last
        query = query.where(or_(later, and_(Conference.starts == starts, beyond)))
    order = [Conference.starts.desc(), Conference.id.desc()] if newest_first else [Conference.starts, Conference.id]
    return [Line._make(row) for row in db.execute(query.order_by(*order).limit(limit))]


def list_wanting_result(db: Session, hosts: Collection[int] | None, limit: int) -> list[Line]:
    """Recorded, and nobody has said what came of it; of these hosts (None: all), the oldest first."""
    query = _LINE.where(hosted_by(hosts), Conference.state == "recorded", Conference.outcome == "unknown")
    return [Line._make(row) for row in db.execute(query.order_by(Conference.starts, Conference.id).limit(limit))]


def list_drafts(db: Session, hosts: Collection[int] | None, limit: int) -> list[Line]:
    """Drafts of these hosts, the next first."""
    query = _LINE.where(hosted_by(hosts), Conference.state == "draft")
    return [Line._make(row) for row in db.execute(query.order_by(Conference.starts, Conference.id).limit(limit))]


def list_requests(db: Session, hosts: Collection[int] | None, limit: int) -> list[Line]:
    """Requests of these hosts that wait for approval, the next first."""
    query = _LINE.where(hosted_by(hosts), Conference.state == "pending")
    return [Line._make(row) for row in db.execute(query.order_by(Conference.starts, Conference.id).limit(limit))]


def list_wanting_letter(db: Session, hosts: Collection[int] | None, before: datetime, limit: int) -> list[Line]:
    """Conferences of these hosts that fall free by ``before`` unless the number of their letter is recorded."""
    query = _LINE.where(hosted_by(hosts), Conference.state.in_(("pending", "planned")), Conference.hold_until <= before)
    return [Line._make(row) for row in db.execute(query.order_by(Conference.hold_until, Conference.id).limit(limit))]


def list_starting(db: Session, since: datetime, until: datetime, *, state: str | None = None) -> list[Conference]:
    """All conferences that start in [since, until), by start; for whoever operates the service."""
    query = select(Conference).where(Conference.starts >= since, Conference.starts < until)
    if state is not None:
        query = query.where(Conference.state == state)
    return list(db.scalars(query.order_by(Conference.starts, Conference.id)))


class Unreached(NamedTuple):
    """A conference ahead or running with people who could not be reached."""

    key: str
    title: str
    starts: datetime
    people: int


def list_unreached(db: Session, hosts: Collection[int] | None, *, now: datetime, limit: int) -> list[Unreached]:
    """Conferences not over whose letters failed for good, or have been tried and still wait, with how many people."""
    failed = or_(Effect.state.in_(_UNDELIVERED), and_(Effect.state.in_(("owed", "leased")), Effect.attempts > 1))
    query = (
        select(Conference.key, Conference.title, Conference.starts, func.count(Effect.chain.distinct()))
        .join(Effect, Effect.conference_id == Conference.id)
        .where(hosted_by(hosts), Conference.ends > now, Conference.starts > now - LONGEST_SPAN)
        .where(Effect.kind == "letter", failed)
        .group_by(Conference.id, Conference.key, Conference.title, Conference.starts)
        .order_by(Conference.starts, Conference.key)
        .limit(limit)
    )
    return [Unreached(*row) for row in db.execute(query)]
