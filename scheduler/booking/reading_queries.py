"""Statements behind the pages: conferences that somebody may see, what rooms hold, and what needs a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from rooms.models import Room, UnitName
from scheduler.models import LONGEST_SPAN, Conference, Delegation, Effect, Reservation, Site

_UNDELIVERED = ("dead", "expired")


@dataclass(frozen=True)
class Sight:
    """Whose conferences somebody sees whole. ``hosts``: offices for which reading is granted, None for all;
    ``unit_id``: the own office, which sees what it hosts and where it takes part; ``drafts``: as ``hosts``, of drafts.
    """

    hosts: frozenset[int] | None
    unit_id: int | None
    drafts: frozenset[int] | None

    def condition(self) -> ColumnElement[bool]:
        """The condition on ``Conference``."""
        draft = Conference.state == "draft"
        mine = _host_in(self.drafts)
        return or_(and_(draft, mine), and_(~draft, or_(_host_in(self.hosts), self.own())))

    def own(self) -> ColumnElement[bool]:
        """What the own office hosts or takes part in."""
        if self.unit_id is None:
            return false()
        there = exists().where(Delegation.conference_id == Conference.id, Delegation.unit_id == self.unit_id)
        return or_(Conference.host_unit_id == self.unit_id, there)


def _host_in(units: Collection[int] | None) -> ColumnElement[bool]:
    if units is None:
        return Conference.id.is_not(None)
    return Conference.host_unit_id.in_(units) if units else false()


class Line(NamedTuple):
    """One conference in a list; ``standing()`` reads it."""

    id: int
    key: str
    title: str
    kind: str
    form: str
    state: str
    outcome: str
    host_unit_id: int
    starts: datetime
    ends: datetime
    opens: datetime
    trouble: str | None
    sites: int


_SITES = select(func.count(Site.id)).where(Site.conference_id == Conference.id).correlate(Conference).scalar_subquery()
_LINE: Select[*tuple[Any, ...]] = select(
    Conference.id, Conference.key, Conference.title, Conference.kind, Conference.form, Conference.state,
    Conference.outcome, Conference.host_unit_id, Conference.starts, Conference.ends, Conference.opens,
    Conference.trouble, _SITES,
)  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; ``search`` is folded. ``states`` and ``outcomes`` empty: any."""

    since: datetime | None = None
    until: datetime | None = None
    host_unit_id: int | None = None
    form: str = ""
    states: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    search: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.since is not None:
            found += [Conference.ends > self.since, Conference.starts > self.since - LONGEST_SPAN]
        if self.until is not None:
            found.append(Conference.starts < self.until)
        if self.host_unit_id is not None:
            found.append(Conference.host_unit_id == self.host_unit_id)
        if self.form:
            found.append(Conference.form == self.form)
        if self.states:
            found.append(Conference.state.in_(self.states))
        if self.outcomes:
            found.append(Conference.outcome.in_(self.outcomes))
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
    return [Line(*row) for row in db.execute(query.order_by(*order).limit(limit))]


def list_wanting_result(db: Session, hosts: Collection[int] | None, limit: int) -> list[Line]:
    """Recorded, and nobody has said what came of it; of these hosts (None: all), the oldest first."""
    query = _LINE.where(_host_in(hosts), Conference.state == "recorded", Conference.outcome == "unknown")
    return [Line(*row) for row in db.execute(query.order_by(Conference.starts, Conference.id).limit(limit))]


def list_drafts(db: Session, hosts: Collection[int] | None, limit: int) -> list[Line]:
    """Drafts of these hosts, the next first."""
    query = _LINE.where(_host_in(hosts), Conference.state == "draft")
    return [Line(*row) for row in db.execute(query.order_by(Conference.starts, Conference.id).limit(limit))]


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
        .where(_host_in(hosts), Conference.ends > now, Conference.starts > now - LONGEST_SPAN)
        .where(Effect.kind == "letter", failed)
        .group_by(Conference.id, Conference.key, Conference.title, Conference.starts)
        .order_by(Conference.starts, Conference.key)
        .limit(limit)
    )
    return [Unreached(*row) for row in db.execute(query)]


class Held(NamedTuple):
    """A room held or asked for. ``own``: the viewer's office hosts it or takes part; ``seen``: may know what it is."""

    room_id: int
    starts: datetime
    ends: datetime
    holds: bool
    key: str
    title: str
    state: str
    host_unit_id: int
    conference_starts: datetime
    conference_ends: datetime
    own: bool
    seen: bool


def list_held(db: Session, room_ids: Collection[int], since: datetime, until: datetime, sight: Sight) -> list[Held]:
    """What is reserved in these rooms during [since, until), by room and start."""
    query = (
        select(
            Reservation.room_id, Reservation.starts, Reservation.ends, Reservation.holds, Conference.key,
            Conference.title, Conference.state, Conference.host_unit_id, Conference.starts, Conference.ends,
            sight.own().label("own"), sight.condition().label("seen"),
        )
        .join(Conference, Conference.id == Reservation.conference_id)
        .where(
            Reservation.room_id.in_(room_ids), Reservation.starts < until, Reservation.ends > since,
            Reservation.starts > since - LONGEST_SPAN,
        )
        .order_by(Reservation.room_id, Reservation.starts, Reservation.id)
    )  # fmt: skip
    return [Held._make(row) for row in db.execute(query)]


def list_busy_rooms(db: Session, since: datetime, until: datetime) -> set[int]:
    """Rooms that a conference with video uses during [since, until)."""
    query = (
        select(Site.room_id)
        .join(Conference, Conference.id == Site.conference_id)
        .where(Conference.form != "in_person", Conference.state.in_(("planned", "provisioned", "open")))
        .where(Conference.starts < until, Conference.ends > since, Conference.starts > since - LONGEST_SPAN)
    )
    return set(db.scalars(query))
