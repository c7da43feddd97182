"""When rooms are held, for what and by whom, as far as somebody may know it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, case, cast, false, func, literal_column, select
from sqlalchemy.orm import Session

from rooms.prepared import Prepared, listed
from scheduler.models import LONGEST_SPAN, Closure, Conference, Reservation, Series, Site
from scheduler.sight_queries import Sight


class Held(NamedTuple):
    """A room held or asked for. ``own``: the viewer's office hosts it or takes part; ``seen``: may know what it is.
    ``closed``: by a closure, whose reason is the title; it has no host and no key. ``series``: the key of the series
    that it is a date of, for whoever may know what it is."""

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
    closed: bool = False
    series: str = ""


def list_held(db: Session, room_ids: Collection[int], since: datetime, until: datetime, sight: Sight) -> list[Held]:
    """What is reserved in these rooms during [since, until), by room and start."""
    query = (
        select(
            Reservation.room_id, Reservation.starts, Reservation.ends, Reservation.holds,
            func.coalesce(Conference.key, ""), func.coalesce(Conference.title, Closure.reason),
            func.coalesce(Conference.state, "closed"), func.coalesce(Conference.host_unit_id, 0),
            func.coalesce(Conference.starts, Reservation.starts), func.coalesce(Conference.ends, Reservation.ends),
            func.coalesce(sight.own(), false()), func.coalesce(sight.condition(), false()),
            Reservation.closure_id.is_not(None),
            case((sight.condition(), func.coalesce(Series.key, "")), else_=""),
        )
        .outerjoin(Conference, Conference.id == Reservation.conference_id)
        .outerjoin(Series, Series.id == Conference.series_id)
        .outerjoin(Closure, Closure.id == Reservation.closure_id)
        .where(
            Reservation.room_id.in_(room_ids), Reservation.starts < until, Reservation.ends > since,
            Reservation.starts > since - LONGEST_SPAN,
        )
        .order_by(Reservation.room_id, Reservation.starts, Reservation.id)
    )  # fmt: skip
    return [Held._make(row) for row in db.execute(query)]


class Span(NamedTuple):
    """What one conference or closure holds or asks for (``holds`` false) at one time: in all these rooms."""

    conference_id: int | None
    starts: datetime
    ends: datetime
    holds: bool
    rooms: str
    """Their ids, with commas."""
    closure_id: int | None = None


_COMMA: Any = literal_column("','")  # aggregate_strings takes any expression, whatever its annotation says

_SPANS = Prepared(
    select(
        Reservation.conference_id, Reservation.starts, Reservation.ends, Reservation.holds,
        func.aggregate_strings(cast(Reservation.room_id, String), _COMMA), Reservation.closure_id,
    )
    .where(
        listed(Reservation.room_id, "ids"), Reservation.starts < bindparam("until"),
        Reservation.ends > bindparam("since"), Reservation.starts > bindparam("bound"),
    )
    .group_by(
        Reservation.conference_id, Reservation.closure_id, Reservation.starts, Reservation.ends, Reservation.holds
    )
    .order_by(Reservation.starts, Reservation.conference_id)
)  # fmt: skip


def list_spans(db: Session, room_ids: Collection[int], since: datetime, until: datetime) -> list[Span]:
    """What is reserved in these rooms during [since, until), by start.

    One row a conference and time, not a row a room: the database gathers thousands faster than they are handed over.
    """
    if not room_ids:
        return []
    rows = _SPANS.rows(db, ids=list(room_ids), since=since, until=until, bound=since - LONGEST_SPAN)
    return [Span._make(row) for row in rows]


class Holder(NamedTuple):
    """Who holds a room; ``seen``: the asker may know for which conference."""

    host_unit_id: int
    key: str
    seen: bool


def list_holders(db: Session, conference_ids: Collection[int], sight: Sight) -> dict[int, Holder]:
    """By the conference's id."""
    query = select(Conference.id, Conference.host_unit_id, Conference.key, sight.condition())
    rows = db.execute(query.where(listed(Conference.id, "ids")), {"ids": list(conference_ids)})
    return {row[0]: Holder(row[1], row[2], bool(row[3])) for row in rows}


def list_reasons(db: Session, closure_ids: Collection[int]) -> dict[int, str]:
    """Why each closure is, by id."""
    query = select(Closure.id, Closure.reason).where(Closure.id.in_(closure_ids))
    return {row[0]: row[1] for row in db.execute(query)} if closure_ids else {}


def list_busy_rooms(db: Session, since: datetime, until: datetime) -> set[int]:
    """Rooms that a conference with video uses during [since, until)."""
    query = (
        select(Site.room_id)
        .join(Conference, Conference.id == Site.conference_id)
        .where(Conference.form != "in_person", Conference.state.in_(("planned", "provisioned", "open")))
        .where(Conference.starts < until, Conference.ends > since, Conference.starts > since - LONGEST_SPAN)
    )
    return set(db.scalars(query))
