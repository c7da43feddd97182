"""What is taken of lines and video hosts during a span, and how much they carry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, bindparam, case, cast, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from rooms.models import UnitName
from rooms.prepared import Prepared, listed
from rooms.queries import dated
from rooms.schema import UtcTime
from scheduler.booking.place.capacity import Amount, BridgeLimit, Load, Profile
from scheduler.models import LONGEST_SPAN, Bridge, Closure, Conference, ProfileRow, Reservation


class TakenAmount(NamedTuple):
    """One holder's part of a resource: whose it is (an office's short name, or the closure's reason) and when."""

    resource_id: int
    holder: str
    load: Load


_Host = aliased(UnitName)
_AMOUNTS = (
    func.coalesce(_Host.short, Closure.reason, literal("")),
    Reservation.starts, Reservation.ends, Reservation.seats, Reservation.kbps_up, Reservation.kbps_down,
)  # fmt: skip


def _within(resource: Any) -> tuple[ColumnElement[Any], ...]:
    return (
        listed(resource, "ids"),
        Reservation.holds.is_(True),
        Reservation.starts < bindparam("until"),
        Reservation.starts > bindparam("bound"),
        Reservation.ends > bindparam("since"),
        func.coalesce(Reservation.conference_id, -1) != bindparam("except_id"),
    )


def _taken(resource: Any) -> Prepared:
    return Prepared(
        select(resource, *_AMOUNTS)
        .outerjoin(Conference, Conference.id == Reservation.conference_id)
        .outerjoin(Closure, Closure.id == Reservation.closure_id)
        .outerjoin(_Host, and_(_Host.unit_id == Conference.host_unit_id, dated(_Host, bindparam("day"))))
        .where(resource.is_not(None), *_within(resource))
        .order_by(Reservation.starts)
    )


_ON_LINES, _ON_BRIDGES = _taken(Reservation.line_id), _taken(Reservation.bridge_id)


def _peaks(resource: Any) -> Prepared:
    """The running sum over the span, made in the database: one row a resource, however many others hold it."""
    since, until = bindparam("since", type_=UtcTime()), bindparam("until", type_=UtcTime())
    sizes = (Reservation.seats, Reservation.kbps_up, Reservation.kbps_down)
    taken = (
        select(resource.label("resource"), Reservation.starts, Reservation.ends, *sizes)
        .where(resource.is_not(None), *_within(resource))
        .subquery()
    )
    columns = [taken.c[size.name] for size in sizes]
    begins = case((taken.c.starts < since, since), else_=taken.c.starts)
    ends = case((taken.c.ends > until, until), else_=taken.c.ends)
    steps = union_all(
        select(taken.c.resource, begins.label("at"), literal(1).label("sign"), *columns),
        # what ends at a moment makes room for what begins then
        select(taken.c.resource, ends, literal(-1), *(-column for column in columns)),
    ).subquery()
    order = (steps.c.at, steps.c.sign)
    sums = [
        func.sum(steps.c[size.name])
        .over(partition_by=steps.c.resource, order_by=order, rows=(None, 0))
        .label(size.name)
        for size in sizes
    ]
    running = select(steps.c.resource, *sums).subquery()
    highest = [cast(func.max(running.c[size.name]), Integer) for size in sizes]
    return Prepared(select(running.c.resource, *highest).group_by(running.c.resource))


_LINE_PEAKS, _BRIDGE_PEAKS = _peaks(Reservation.line_id), _peaks(Reservation.bridge_id)
_LINE_SUMS = Prepared(
    select(
        Reservation.line_id,
        func.count(),
        *(cast(func.sum(size), Integer) for size in (Reservation.seats, Reservation.kbps_up, Reservation.kbps_down)),
    )
    .where(Reservation.line_id.is_not(None), *_within(Reservation.line_id))
    .group_by(Reservation.line_id)
)


def list_line_peaks(
    db: Session, line_ids: Sequence[int], since: datetime, until: datetime, *, except_id: int = 0
) -> dict[int, Amount]:
    """The most that is taken of each line at any moment of [since, until); lines without any are left out.

    Ask under the lines' locks, in a later statement: with lock and check in one statement two bookings do not see each
    other (measured). Most lines have nobody or one holder, whose amount is the peak; the running sum costs four times
    as much and is made for the others only.
    """
    rows = _amounts(_LINE_SUMS, db, line_ids, since, until, except_id)
    peaks = {line_id: Amount(*sizes) for line_id, _, *sizes in rows}
    shared = [line_id for line_id, holders, *_ in rows if holders > 1]
    return peaks | _peak_of(_amounts(_LINE_PEAKS, db, shared, since, until, except_id))


def list_bridge_peaks(
    db: Session, bridge_ids: Sequence[int], since: datetime, until: datetime, *, except_id: int = 0
) -> dict[int, Amount]:
    """As `list_line_peaks`, of video hosts."""
    return _peak_of(_amounts(_BRIDGE_PEAKS, db, bridge_ids, since, until, except_id))


def _amounts(
    statement: Prepared, db: Session, ids: Sequence[int], since: datetime, until: datetime, except_id: int
) -> list[tuple[Any, ...]]:
    if not ids:
        return []
    bound = since - LONGEST_SPAN
    return statement.rows(db, ids=ids, since=since, until=until, bound=bound, except_id=except_id)


def _peak_of(rows: Sequence[tuple[Any, ...]]) -> dict[int, Amount]:
    return {row[0]: Amount(*row[1:]) for row in rows}


def list_line_amounts(
    db: Session, line_ids: Sequence[int], since: datetime, until: datetime, day: date, *, except_id: int = 0
) -> list[TakenAmount]:
    """Who has taken what of these lines during [since, until), by start."""
    return _rows(_ON_LINES, db, line_ids, since, until, day, except_id)


def list_bridge_amounts(
    db: Session, bridge_ids: Sequence[int], since: datetime, until: datetime, day: date, *, except_id: int = 0
) -> list[TakenAmount]:
    """As `list_line_amounts`, of video hosts."""
    return _rows(_ON_BRIDGES, db, bridge_ids, since, until, day, except_id)


def _rows(
    statement: Prepared, db: Session, ids: Sequence[int], since: datetime, until: datetime, day: date, except_id: int
) -> list[TakenAmount]:
    if not ids:
        return []
    bound = since - LONGEST_SPAN
    rows = statement.rows(db, ids=ids, since=since, until=until, bound=bound, day=day, except_id=except_id)
    return [TakenAmount(row[0], row[1], Load(row[2], row[3], Amount(*row[4:]))) for row in rows]


def list_profiles(db: Session) -> tuple[Profile, ...]:
    """The picture qualities, best first."""
    rows = db.scalars(select(ProfileRow).order_by(ProfileRow.position))
    return tuple(Profile(row.code, row.height, row.kbps_up, row.last_n) for row in rows)


def list_bridge_limits(db: Session) -> dict[int, BridgeLimit]:
    """What each video host carries, by id."""
    return {row.id: BridgeLimit(row.seats, row.kbps) for row in db.scalars(select(Bridge))}
