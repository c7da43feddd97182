"""The statements of booking: who sits where, who is invited, which room is held, and the locks around it.

The ones on every booking's way run on the connection: plain columns need none of the session's loading, which costs as
much as the statement itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Select, and_, bindparam, delete, func, literal, select, text, update
from sqlalchemy.orm import Session, aliased

from rooms.bulk import next_ids
from rooms.models import Person, Room, RoomUnit, Unit, UnitName
from rooms.queries import dated
from scheduler.errors import Taken
from scheduler.models import LONGEST_SPAN, Conference, Edition, Guest, KpiScope, Reservation, Site


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


class RoomPart(NamedTuple):
    """A room and the unit that holds it on a day."""

    room_id: int
    key: str
    name: str
    unit: UnitPart


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


_ROOMS = _with_unit(
    select(Room.id, Room.key, Room.name, *_UNIT_COLUMNS)
    .join(RoomUnit, and_(RoomUnit.room_id == Room.id, dated(RoomUnit, _DAY)))
    .where(Room.id.in_(bindparam("ids", expanding=True)), Room.retired_at.is_(None)),
    Unit.id == RoomUnit.unit_id,
)
_UNITS = (
    select(*_UNIT_COLUMNS)
    .join(UnitName, and_(UnitName.unit_id == Unit.id, dated(UnitName, _DAY)))
    .outerjoin(_Parent, _Parent.id == Unit.parent_id)
    .where(dated(Unit, _DAY), Unit.id.in_(bindparam("ids", expanding=True)))
)
_CONTACTS = (
    select(Person.id, Person.unit_id, Person.name, Person.mail, Person.language)
    .where(
        Person.unit_id.in_(bindparam("ids", expanding=True)),
        Person.is_contact.is_(True),
        Person.mail.is_not(None),
        Person.retired_at.is_(None),
    )
    .order_by(Person.id)
)


def list_room_parts(db: Session, room_ids: Sequence[int], day: date) -> dict[int, RoomPart]:
    """Rooms in use with the unit that holds each on ``day``; rooms without one are left out."""
    rows = db.connection().execute(_ROOMS, {"ids": list(room_ids), "day": day})
    return {row[0]: RoomPart(row[0], row[1], row[2], UnitPart(*row[3:])) for row in rows}


def list_unit_parts(db: Session, unit_ids: Sequence[int], day: date) -> dict[int, UnitPart]:
    """Units that exist on ``day``, named as on that day."""
    if not unit_ids:
        return {}
    return {row[0]: UnitPart(*row) for row in db.connection().execute(_UNITS, {"ids": list(unit_ids), "day": day})}


def list_contacts(db: Session, unit_ids: Sequence[int]) -> list[Contact]:
    """Who at these units gets invitations."""
    return [Contact._make(row) for row in db.connection().execute(_CONTACTS, {"ids": list(unit_ids)})]


class Ids(NamedTuple):
    """Ids taken beforehand, because rows of one bundle refer to each other."""

    conference: int
    edition: int
    sites: list[int]


GATE = 0
MOST_KEYS = 200
_SHARED = f"(SELECT count(pg_advisory_xact_lock_shared({GATE})))"
_KEYS = "(SELECT count(pg_advisory_xact_lock(k)) FROM unnest(CAST(:keys AS bigint[])) k)"
_EXCLUSIVE = f"(SELECT count(pg_advisory_xact_lock({GATE})))"
_IDS = (
    "nextval(pg_get_serial_sequence('conference', 'id')), nextval(pg_get_serial_sequence('edition', 'id')),"
    " ARRAY(SELECT nextval(pg_get_serial_sequence('site', 'id')) FROM generate_series(1, :sites))"
)
_LOCK_AND_IDS = text(f"SELECT {_SHARED}, {_KEYS}, {_IDS}")
_GATE_AND_IDS = text(f"SELECT {_EXCLUSIVE}, 0, {_IDS}")
_LOCK = text(f"SELECT {_SHARED}, {_KEYS}")
_GATE = text(f"SELECT {_EXCLUSIVE}")


def lock_and_take_ids(db: Session, keys: Sequence[int], sites: int) -> Ids:
    """Take the advisory locks (sorted keys) and the ids of a new conference in one round trip.

    On SQLite the write unit already holds the only lock there is. Very many keys would fill the server's lock table
    (measured: the fourth session with 3,200 keys each fails), so beyond ``MOST_KEYS`` the whole gate is taken instead;
    everybody else holds it shared.
    """
    if db.connection().dialect.name == "postgresql":
        if len(keys) > MOST_KEYS:
            row = db.connection().execute(_GATE_AND_IDS, {"sites": sites}).one()
        else:
            row = db.connection().execute(_LOCK_AND_IDS, {"keys": list(keys), "sites": sites}).one()
        return Ids(row[2], row[3], list(row[4]))
    return Ids(next_ids(db, Conference)[0], next_ids(db, Edition)[0], next_ids(db, Site, sites))


def take_locks(db: Session, keys: Sequence[int]) -> None:
    """Take the advisory locks (sorted keys) until the end of the transaction; nothing to do on SQLite."""
    if keys and db.connection().dialect.name == "postgresql":
        db.execute(*((_GATE,) if len(keys) > MOST_KEYS else (_LOCK, {"keys": list(keys)})))


_HostName = aliased(UnitName)
_TAKEN = (
    select(
        Reservation.room_id,
        Room.name,
        func.coalesce(_HostName.short, literal("")),
        Reservation.starts,
        Reservation.ends,
    )
    .join(Room, Room.id == Reservation.room_id)
    .join(Conference, Conference.id == Reservation.conference_id)
    .outerjoin(_HostName, and_(_HostName.unit_id == Conference.host_unit_id, dated(_HostName, _DAY)))
    .where(
        Reservation.room_id.in_(bindparam("ids", expanding=True)),
        Reservation.holds.is_(True),
        Reservation.starts < bindparam("until"),
        Reservation.starts > bindparam("bound"),
        Reservation.ends > bindparam("since"),
        Reservation.conference_id != bindparam("except_id"),
    )
    .order_by(Reservation.starts, Reservation.room_id)
)


def list_taken(
    db: Session, room_ids: Sequence[int], since: datetime, until: datetime, day: date, *, except_id: int = 0
) -> list[Taken]:
    """Who holds which room during [since, until); ``except_id``: a conference that is not in its own way."""
    if not room_ids:
        return []
    values = {"ids": list(room_ids), "since": since, "until": until, "bound": since - LONGEST_SPAN, "day": day}
    return [Taken(*row) for row in db.connection().execute(_TAKEN, {**values, "except_id": except_id})]


def find_conference(db: Session, key: str) -> Conference | None:
    """The conference with this public key."""
    return db.scalar(select(Conference).where(Conference.key == key))


def list_sites(db: Session, conference_id: int) -> list[Site]:
    return list(db.scalars(select(Site).where(Site.conference_id == conference_id).order_by(Site.position, Site.id)))


def list_guests(db: Session, conference_id: int) -> list[Guest]:
    """Those who are invited now, contacts, the chair and guests; removed ones stay in the table."""
    query = select(Guest).where(Guest.conference_id == conference_id, Guest.removed_at.is_(None)).order_by(Guest.id)
    return list(db.scalars(query))


def delete_reservations(db: Session, conference_id: int) -> None:
    """Give back everything a conference holds; always before its new set is written, never an UPDATE."""
    db.execute(delete(Reservation).where(Reservation.conference_id == conference_id))


def set_columns(db: Session, conference_id: int, values: Mapping[str, Any], *, version: int) -> bool:
    """Change a conference that is still at ``version``, which rises by one; False when somebody was quicker."""
    mine = (Conference.id == conference_id, Conference.version == version)
    done = db.execute(update(Conference).where(*mine).values(**values, version=version + 1))
    return cast(CursorResult[Any], done).rowcount == 1
