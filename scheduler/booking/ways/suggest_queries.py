"""Statements behind suggestions: when rooms are held and when people sit elsewhere, over windows of days.

A room is looked up by (room, start), bounded below by the longest span, so that a million rows of other days cost
nothing. Never through the range of the exclusion constraint: together with a list of rooms its index is not used.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from rooms.models import UnitName
from rooms.prepared import Prepared, listed
from rooms.queries import dated
from rooms.schema import UtcTime
from scheduler.booking.ways.suggest import Span
from scheduler.models import LONGEST_SPAN, Conference, Guest, Reservation

AHEAD = ("pending", "planned", "provisioned", "open")
"""States in which people are expected to sit there."""
SEATED = ("chair", "guest")
"""Roles of people who sit in a conference themselves; contacts of offices get the letters of all their rooms."""


def _within() -> tuple[ColumnElement[bool], ...]:
    return (
        listed(Reservation.room_id, "ids"),
        or_(Reservation.holds.is_(True), Reservation.closure_id.is_not(None)),  # what stays booked there is closed
        Reservation.starts < bindparam("until"),
        Reservation.starts > bindparam("bound"),
        Reservation.ends > bindparam("since"),
        func.coalesce(Reservation.conference_id, -1) != bindparam("except_id"),
    )


_SPANS = Prepared(
    select(Reservation.room_id, Reservation.starts, Reservation.ends)
    .where(*_within())
    .order_by(Reservation.room_id, Reservation.starts)
)


def _union() -> Any:
    """Overlapping and touching spans as one, made in the database: a few rows leave it instead of thousands."""
    busy = select(Reservation.starts, Reservation.ends).where(*_within()).subquery()
    order = (busy.c.starts, busy.c.ends)
    reach = func.max(busy.c.ends).over(order_by=order, rows=(None, -1))
    begins = select(*order, case((reach >= busy.c.starts, 0), else_=1).label("begins")).subquery()
    number = func.sum(begins.c.begins).over(order_by=(begins.c.starts, begins.c.ends))
    numbered = select(begins.c.starts, begins.c.ends, number.label("number")).subquery()
    starts = func.min(numbered.c.starts)
    return select(starts, func.max(numbered.c.ends)).group_by(numbered.c.number).order_by(starts)


def _range_union() -> Any:
    """The same by PostgreSQL's own aggregate, which sorts once where the windows sort twice."""
    ranges = func.tstzrange(Reservation.starts, Reservation.ends)
    whole = select(func.range_agg(ranges)).where(*_within()).scalar_subquery()
    span: Any = func.unnest(whole).column_valued("span")
    starts, ends = (type_coerce(edge(span), UtcTime()) for edge in (func.lower, func.upper))
    return select(starts.label("starts"), ends.label("ends")).order_by("starts")


_UNION = {"sqlite": Prepared(_union()), "postgresql": Prepared(_range_union())}


def list_busy_spans(
    db: Session, room_ids: Collection[int], since: datetime, until: datetime, *, except_id: int = 0
) -> dict[int, list[Span]]:
    """When each room is held during [since, until), by start; ``except_id``: a conference that does not count."""
    found: dict[int, list[Span]] = {room_id: [] for room_id in room_ids}
    for room_id, starts, ends in _rows(_SPANS, db, room_ids, since, until, except_id):
        found[room_id].append((starts, ends))
    return found


def list_busy_union(
    db: Session, room_ids: Collection[int], since: datetime, until: datetime, *, except_id: int = 0
) -> list[Span]:
    """When at least one of the rooms is held during [since, until): sorted spans that do not touch."""
    statement = _UNION[db.connection().dialect.name]
    return [(row[0], row[1]) for row in _rows(statement, db, room_ids, since, until, except_id)]


def _rows(
    statement: Prepared, db: Session, room_ids: Collection[int], since: datetime, until: datetime, except_id: int
) -> list[tuple[Any, ...]]:
    if not room_ids:
        return []
    bound = since - LONGEST_SPAN
    return statement.rows(db, ids=list(room_ids), since=since, until=until, bound=bound, except_id=except_id)


class Seat(NamedTuple):
    """Somebody's place in a conference: by mail address, of which unit's and when. Never says what about."""

    mail: str
    unit: str
    starts: datetime
    ends: datetime
    conference_id: int


_Host = aliased(UnitName)
_SEATS = Prepared(
    select(Guest.mail, func.coalesce(_Host.short, literal("")), Conference.starts, Conference.ends, Conference.id)
    .select_from(Conference)
    .join(Guest, and_(Guest.conference_id == Conference.id, listed(Guest.mail, "mails")))
    .outerjoin(_Host, and_(_Host.unit_id == Conference.host_unit_id, dated(_Host, bindparam("day"))))
    .where(
        Guest.role.in_([literal(role) for role in SEATED]),
        Guest.removed_at.is_(None),
        Conference.state.in_([literal(state) for state in AHEAD]),
        Conference.starts < bindparam("until"),
        Conference.starts > bindparam("bound"),
        Conference.ends > bindparam("since"),
        Conference.id != bindparam("except_id"),
    )
    .order_by(Conference.starts, Guest.mail)
)


def list_seats(
    db: Session, mails: Collection[str], since: datetime, until: datetime, day: date, *, except_id: int = 0
) -> list[Seat]:
    """Where the people behind these addresses (lower case) chair or are guests during [since, until), by start.

    Units are named as on ``day``.
    """
    if not mails:
        return []
    rows = _SEATS.rows(
        db, mails=list(mails), since=since, until=until, bound=since - LONGEST_SPAN, day=day, except_id=except_id
    )
    return [Seat(*row) for row in rows]
