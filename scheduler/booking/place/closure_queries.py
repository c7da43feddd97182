"""The statements of closures: their rows, what they hold, and which conferences stand in their way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, insert, or_, select
from sqlalchemy.orm import Session

from rooms.models import Line, Room
from rooms.prepared import listed
from scheduler.booking.place.reservations import BRIDGE, KEYS, LINE, ROOM, Hold
from scheduler.errors import Taken
from scheduler.models import LONGEST_SPAN, Bridge, Closure, Conference, Reservation
from scheduler.sight_queries import Sight


def list_named(
    db: Session, room_ids: Sequence[int], line_ids: Sequence[int], bridge_ids: Sequence[int]
) -> dict[int, dict[int, str]]:
    """Names by kind of resource and id, of those that exist and are in use."""
    return {
        ROOM: _names(db, select(Room.id, Room.name).where(Room.retired_at.is_(None), listed(Room.id, "ids")), room_ids),
        LINE: _names(db, select(Line.id, Line.name).where(listed(Line.id, "ids")), line_ids),
        BRIDGE: _names(db, select(Bridge.id, Bridge.name).where(listed(Bridge.id, "ids")), bridge_ids),
    }


def _names(db: Session, query: Any, ids: Sequence[int]) -> dict[int, str]:
    return {row[0]: row[1] for row in db.execute(query, {"ids": list(ids)})} if ids else {}


def add_closure_row(db: Session, row: Mapping[str, Any]) -> int:
    """The id of the new closure."""
    return db.execute(insert(Closure).values(**row).returning(Closure.id)).scalar_one()


def add_held(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of the table ``reservation``. Raises IntegrityError when a room is held for some of the time."""
    if rows:
        db.execute(insert(Reservation), list(rows))


def find_locked_closure(db: Session, key: str) -> Closure | None:
    """The closure, which nobody else lifts until the end of this transaction."""
    return db.scalar(select(Closure).where(Closure.key == key).with_for_update())


def list_closed_rooms(db: Session, room_ids: Sequence[int], since: datetime, until: datetime) -> list[Taken]:
    """Which of these rooms are closed for some of [since, until), and why."""
    query = (
        select(Reservation.room_id, Room.name, Closure.reason, Reservation.starts, Reservation.ends)
        .join(Room, Room.id == Reservation.room_id)
        .join(Closure, Closure.id == Reservation.closure_id)
        .where(
            Reservation.room_id.in_(room_ids), Reservation.starts < until, Reservation.ends > since,
            Reservation.starts > since - LONGEST_SPAN,
        )
    )  # fmt: skip
    rows = db.execute(query.order_by(Reservation.starts, Reservation.room_id))
    return [Taken(row[0] or 0, row[1], row[2], row[3], row[4]) for row in rows]


def list_closure_holds(db: Session, closure_id: int, *, holding: bool) -> list[Hold]:
    """What it holds; with ``holding`` False, when conferences are there that stayed."""
    keys = [getattr(Reservation, name) for name in KEYS.values()]
    sizes = (Reservation.seats, Reservation.kbps_up, Reservation.kbps_down)
    query = select(*keys, Reservation.starts, Reservation.ends, *sizes).where(
        Reservation.closure_id == closure_id, Reservation.holds.is_(holding)
    )  # fmt: skip
    found = []
    for room_id, line_id, bridge_id, starts, ends, *amount in db.execute(query.order_by(Reservation.id)):
        kind = ROOM if room_id is not None else LINE if line_id is not None else BRIDGE
        hold = Hold(kind, room_id or line_id or bridge_id, starts, ends)
        found.append(hold._replace(amount=type(hold.amount)(*amount)))
    return found


def delete_held_from(db: Session, closure_id: int, moment: datetime) -> None:
    """Everything that it holds at ``moment`` or later."""
    db.execute(delete(Reservation).where(Reservation.closure_id == closure_id, Reservation.ends > moment))


class Closed(NamedTuple):
    """A closure with what it closes: names of rooms, lines and hosts."""

    key: str
    kind: str
    reason: str
    starts: datetime
    ends: datetime
    made_by: str
    lifted_at: datetime | None
    names: tuple[str, ...]


def list_closures(db: Session, since: datetime, most: int = 200) -> list[Closed]:
    """Those that have not ended at ``since``, also lifted ones, by start."""
    query = select(Closure).where(Closure.ends > since).order_by(Closure.starts, Closure.id).limit(most)
    closures = list(db.scalars(query))
    names = _list_closed_names(db, [closure.id for closure in closures])
    return [
        Closed(c.key, c.kind, c.reason, c.starts, c.ends, c.made_by, c.lifted_at, tuple(names.get(c.id, ())))
        for c in closures
    ]  # fmt: skip


def _list_closed_names(db: Session, ids: Collection[int]) -> dict[int, list[str]]:
    query = (
        select(Reservation.closure_id, Room.name, Line.name, Bridge.name)
        .outerjoin(Room, Room.id == Reservation.room_id)
        .outerjoin(Line, Line.id == Reservation.line_id)
        .outerjoin(Bridge, Bridge.id == Reservation.bridge_id)
        .where(Reservation.closure_id.in_(ids))
        .order_by(Reservation.id)
    )
    found: dict[int, dict[str, None]] = {}
    for closure_id, *names in db.execute(query):
        found.setdefault(closure_id or 0, {}).update(dict.fromkeys(name for name in names if name))
    return {closure_id: list(names) for closure_id, names in found.items()}


class Sitting(NamedTuple):
    """A conference in a closure's way, as far as the asker may look at it."""

    key: str
    title: str
    starts: datetime
    ends: datetime


def list_sittings_on(
    db: Session, room_ids: Sequence[int], line_ids: Sequence[int], bridge_ids: Sequence[int], since: datetime,
    until: datetime, sight: Sight, most: int = 50,
) -> list[Sitting]:  # fmt: skip
    """Conferences that hold some of this during [since, until) and that the asker may look at, by start."""
    mine = or_(
        Reservation.room_id.in_(room_ids), Reservation.line_id.in_(line_ids), Reservation.bridge_id.in_(bridge_ids)
    )
    holds = exists().where(
        Reservation.conference_id == Conference.id, Reservation.holds.is_(True), Reservation.starts < until,
        Reservation.starts > since - LONGEST_SPAN, Reservation.ends > since, mine,
    )  # fmt: skip
    query = (
        select(Conference.key, Conference.title, Conference.starts, Conference.ends)
        .where(holds, sight.condition(), Conference.starts < until + LONGEST_SPAN)
        .order_by(Conference.starts)
        .limit(most)
    )
    return [Sitting._make(row) for row in db.execute(query)]


def list_closable(db: Session) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Lines and video hosts by id, with their names."""
    lines = [(row[0], row[1]) for row in db.execute(select(Line.id, Line.name).order_by(Line.name, Line.id))]
    hosts = select(Bridge.id, Bridge.name).where(Bridge.active.is_(True)).order_by(Bridge.id)
    return lines, [(row[0], row[1]) for row in db.execute(hosts)]
