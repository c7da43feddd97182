"""The statements of booking: who sits where, who is invited, which room is held, and the locks around it.

The ones on every booking's way are prepared: they run on the driver and give plain tuples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Select, and_, bindparam, delete, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from rooms.models import Line, Person, Room, RoomUnit, Unit, UnitName
from rooms.prepared import Prepared, listed
from rooms.queries import dated
from scheduler.booking.place.capacity import LineLimit
from scheduler.errors import Taken
from scheduler.models import LONGEST_SPAN, Closure, Conference, Guest, KpiScope, Reservation, Site


class UnitPart(NamedTuple):
    """A unit as it was on a day; ``counterpart_id`` is the unit the indicator counts it as, if any."""

    unit_id: int
    code: str
    level: str
    name: str
    short: str
    parent_id: int | None
    parent_level: str | None
    counterpart_level: str | None

    @property
    def counterpart_id(self) -> int | None:
        if self.level == self.counterpart_level:
            return self.unit_id
        return self.parent_id if self.parent_level == self.counterpart_level else None


class LinePart(NamedTuple):
    """A room's line; kbit/s are None while nobody has measured it."""

    line_id: int
    name: str
    kbps_up: int | None
    kbps_down: int | None
    share: int

    @property
    def limit(self) -> LineLimit:
        return LineLimit(self.kbps_up, self.kbps_down, self.share)


class RoomPart(NamedTuple):
    """A room, the unit that holds it on a day, and the line that its video goes through."""

    room_id: int
    key: str
    name: str
    unit: UnitPart
    line: LinePart | None = None


class Contact(NamedTuple):
    """Somebody at a unit who gets its invitations."""

    person_id: int
    unit_id: int
    name: str
    mail: str
    language: str


_DAY: Any = bindparam("day")
_Parent = aliased(Unit)
_SCOPE = select(KpiScope.counterpart_level).where(dated(KpiScope, _DAY)).limit(1).scalar_subquery()
_UNIT_COLUMNS = (
    Unit.id, Unit.code, Unit.level, UnitName.name, UnitName.short, Unit.parent_id, _Parent.level.label("parent_level"),
    _SCOPE.label("counterpart_level"),
)  # fmt: skip


def _with_unit(query: Select[Any], on: Any) -> Select[Any]:
    return (
        query.join(Unit, on)
        .join(UnitName, and_(UnitName.unit_id == Unit.id, dated(UnitName, _DAY)))
        .outerjoin(_Parent, _Parent.id == Unit.parent_id)
        .where(dated(Unit, _DAY))
    )


_ROOM_PARTS = _with_unit(
    select(Room.id, Room.key, Room.name, Line.id, Line.name, Line.kbps_up, Line.kbps_down, Line.share, *_UNIT_COLUMNS)
    .outerjoin(Line, Line.id == Room.line_id)
    .join(RoomUnit, and_(RoomUnit.room_id == Room.id, dated(RoomUnit, _DAY)))
    .where(listed(Room.id, "ids"), Room.retired_at.is_(None)),
    Unit.id == RoomUnit.unit_id,
)
_ROOMS = Prepared(_ROOM_PARTS)
# The rows are locked as the foreign keys of what is booked would lock them a moment later; taking a room out of use
# locks against that, so whoever comes second sees what the first has done.
_ROOMS_HELD = Prepared(_ROOM_PARTS.with_for_update(read=True, key_share=True, of=Room))
_UNITS = Prepared(
    select(*_UNIT_COLUMNS)
    .join(UnitName, and_(UnitName.unit_id == Unit.id, dated(UnitName, _DAY)))
    .outerjoin(_Parent, _Parent.id == Unit.parent_id)
    .where(dated(Unit, _DAY), listed(Unit.id, "ids"))
)
_CONTACTS = Prepared(
    select(Person.id, Person.unit_id, Person.name, Person.mail, Person.language)
    .where(
        listed(Person.unit_id, "ids"),
        Person.is_contact.is_(True),
        Person.mail.is_not(None),
        Person.retired_at.is_(None),
    )
    .order_by(Person.id)
)


def list_room_parts(db: Session, room_ids: Sequence[int], day: date, *, held: bool = False) -> dict[int, RoomPart]:
    """Rooms in use with the unit that holds each on ``day``; rooms without one are left out. ``held``: they stay in use
    until the end of this transaction."""
    rows = (_ROOMS_HELD if held else _ROOMS).rows(db, ids=room_ids, day=day)
    return {
        row[0]: RoomPart(
            row[0], row[1], row[2], UnitPart(*row[8:]), LinePart(*row[3:8]) if row[3] is not None else None
        )
        for row in rows
    }


def list_unit_parts(db: Session, unit_ids: Sequence[int], day: date) -> dict[int, UnitPart]:
    """Units that exist on ``day``, named as on that day."""
    if not unit_ids:
        return {}
    return {row[0]: UnitPart(*row) for row in _UNITS.rows(db, ids=unit_ids, day=day)}


def list_contacts(db: Session, unit_ids: Sequence[int]) -> list[Contact]:
    """Who at these units gets invitations."""
    return [Contact._make(row) for row in _CONTACTS.rows(db, ids=unit_ids)]


_HostName = aliased(UnitName)
_TAKEN = Prepared(
    select(
        Reservation.room_id,
        Room.name,
        func.coalesce(_HostName.short, Closure.reason, literal("")),
        Reservation.starts,
        Reservation.ends,
    )
    .join(Room, Room.id == Reservation.room_id)
    .outerjoin(Conference, Conference.id == Reservation.conference_id)
    .outerjoin(Closure, Closure.id == Reservation.closure_id)
    .outerjoin(_HostName, and_(_HostName.unit_id == Conference.host_unit_id, dated(_HostName, _DAY)))
    .where(
        listed(Reservation.room_id, "ids"),
        or_(Reservation.holds.is_(True), Reservation.closure_id.is_not(None)),  # what stays booked there is closed
        Reservation.starts < bindparam("until"),
        Reservation.starts > bindparam("bound"),
        Reservation.ends > bindparam("since"),
        func.coalesce(Reservation.conference_id, -1) != bindparam("except_id"),
    )
    .order_by(Reservation.starts, Reservation.room_id)
)


def list_taken(
    db: Session, room_ids: Sequence[int], since: datetime, until: datetime, day: date, *, except_id: int = 0
) -> list[Taken]:
    """Who holds which room during [since, until); ``except_id``: a conference that is not in its own way."""
    if not room_ids:
        return []
    rows = _TAKEN.rows(
        db, ids=room_ids, since=since, until=until, bound=since - LONGEST_SPAN, day=day, except_id=except_id
    )
    return [Taken(*row) for row in rows]


def find_conference(db: Session, key: str) -> Conference | None:
    """The conference with this public key."""
    return db.scalar(select(Conference).where(Conference.key == key))


def list_sites(db: Session, conference_id: int) -> list[Site]:
    return list(db.scalars(select(Site).where(Site.conference_id == conference_id).order_by(Site.position, Site.id)))


def list_guests(db: Session, conference_id: int) -> list[Guest]:
    """Those who are invited now, contacts, the chair and guests; removed ones stay in the table."""
    query = select(Guest).where(Guest.conference_id == conference_id, Guest.removed_at.is_(None)).order_by(Guest.id)
    return list(db.scalars(query))


def set_profiles(db: Session, conference_id: int, profiles: Mapping[int, str]) -> None:
    """What each site's line decided, by room id."""
    for code in set(profiles.values()):
        rooms = [room_id for room_id, mine in profiles.items() if mine == code]
        query = update(Site).where(Site.conference_id == conference_id, Site.room_id.in_(rooms))
        db.execute(query.values(profile=code))


def delete_reservations(db: Session, conference_id: int) -> None:
    """Give back everything a conference holds; always before its new set is written, never an UPDATE."""
    db.execute(delete(Reservation).where(Reservation.conference_id == conference_id))


def set_columns(db: Session, conference_id: int, values: Mapping[str, Any], *, version: int) -> bool:
    """Change a conference that is still at ``version``, which rises by one; False when somebody was quicker."""
    mine = (Conference.id == conference_id, Conference.version == version)
    done = db.execute(update(Conference).where(*mine).values(**values, version=version + 1))
    return cast(CursorResult[Any], done).rowcount == 1
