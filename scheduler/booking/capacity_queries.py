"""What is taken of lines and video hosts during a span, and how much they carry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, literal, select
from sqlalchemy.orm import Session, aliased

from rooms.models import UnitName
from rooms.prepared import Prepared, listed
from rooms.queries import dated
from scheduler.booking.capacity import Amount, BridgeLimit, Load, Profile
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


def _taken(resource: Any) -> Prepared:
    return Prepared(
        select(resource, *_AMOUNTS)
        .outerjoin(Conference, Conference.id == Reservation.conference_id)
        .outerjoin(Closure, Closure.id == Reservation.closure_id)
        .outerjoin(_Host, and_(_Host.unit_id == Conference.host_unit_id, dated(_Host, bindparam("day"))))
        .where(
            resource.is_not(None),
            listed(resource, "ids"),
            Reservation.holds.is_(True),
            Reservation.starts < bindparam("until"),
            Reservation.starts > bindparam("bound"),
            Reservation.ends > bindparam("since"),
            func.coalesce(Reservation.conference_id, -1) != bindparam("except_id"),
        )
        .order_by(Reservation.starts)
    )


_ON_LINES, _ON_BRIDGES = _taken(Reservation.line_id), _taken(Reservation.bridge_id)


def list_line_amounts(
    db: Session, line_ids: Sequence[int], since: datetime, until: datetime, day: date, *, except_id: int = 0
) -> list[TakenAmount]:
    """What is taken of these lines during [since, until), by start. Ask under the lines' locks, in a later statement:
    with lock and check in one statement two bookings do not see each other (measured)."""
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
