"""Every statement on rooms, lines, endpoints and people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from rooms.models import Endpoint, Line, Person, Room, RoomUnit, Unit, UnitName
from rooms.queries import dated


@dataclass(frozen=True)
class RoomOn:
    """A room with who held it on a day, its line (speeds None: not measured) and its live endpoint, if any."""

    id: int
    key: str
    name: str
    unit_id: int
    unit_code: str
    unit_level: str
    unit_name: str
    unit_short: str
    line_id: int | None
    line_name: str | None
    kbps_up: int | None
    kbps_down: int | None
    endpoint_id: int | None
    endpoint_key: str | None
    endpoint_kind: str | None
    paired_at: datetime | None
    last_seen: datetime | None
    app_version: str | None


def list_rooms(
    db: Session, on: date, *, unit_ids: Collection[int] | None = None, keys: Collection[str] | None = None,
    ids: Collection[int] | None = None, search: str = "",
) -> list[RoomOn]:  # fmt: skip
    """The rooms in use that some unit holds on a day, in the units' protocol order."""
    query: Select[*tuple[Any, ...]] = (
        select(
            Room.id, Room.key, Room.name, Unit.id, Unit.code, Unit.level, UnitName.name, UnitName.short, Line.id,
            Line.name, Line.kbps_up, Line.kbps_down, Endpoint.id, Endpoint.key, Endpoint.kind, Endpoint.paired_at,
            Endpoint.last_seen, Endpoint.app_version,
        )
        .join(RoomUnit, and_(RoomUnit.room_id == Room.id, dated(RoomUnit, on)))
        .join(Unit, Unit.id == RoomUnit.unit_id)
        .join(UnitName, and_(UnitName.unit_id == Unit.id, dated(UnitName, on)))
        .outerjoin(Line, Line.id == Room.line_id)
        .outerjoin(Endpoint, and_(Endpoint.room_id == Room.id, Endpoint.slot == 1, Endpoint.revoked_at.is_(None)))
        .where(Room.retired_at.is_(None))
        .order_by(Unit.position, Unit.id, Room.id)
    )  # fmt: skip
    for column, wanted in ((Unit.id, unit_ids), (Room.key, keys), (Room.id, ids)):
        if wanted is not None:
            query = query.where(column.in_(wanted))
    if search:
        columns = (Room.search_key, UnitName.search_key)
        query = query.where(or_(*(column.contains(search, autoescape=True) for column in columns)))
    return [RoomOn(*row) for row in db.execute(query)]


def list_used_rooms(db: Session, on: date) -> dict[int, str]:
    """Keys by id of the rooms in use that some unit holds on a day."""
    query = select(Room.id, Room.key).join(RoomUnit, and_(RoomUnit.room_id == Room.id, dated(RoomUnit, on)))
    return {row[0]: row[1] for row in db.execute(query.where(Room.retired_at.is_(None)).order_by(Room.id))}


def find_room(db: Session, key: str) -> Room | None:
    """The room with this public key, also a retired one."""
    return db.scalar(select(Room).where(Room.key == key))


def find_room_by_id(db: Session, room_id: int) -> Room | None:
    return db.get(Room, room_id)


def list_holdings(db: Session, room_id: int) -> list[RoomUnit]:
    """Who held a room, oldest first."""
    return list(db.scalars(select(RoomUnit).where(RoomUnit.room_id == room_id).order_by(RoomUnit.valid_from)))


def list_held(db: Session, unit_id: int, on: date) -> list[int]:
    """The rooms that a unit held on a day."""
    return list(db.scalars(select(RoomUnit.room_id).where(RoomUnit.unit_id == unit_id, dated(RoomUnit, on))))


def add_holding(db: Session, room_id: int, unit_id: int, valid_from: date, valid_to: date | None = None) -> None:
    db.execute(insert(RoomUnit).values(room_id=room_id, unit_id=unit_id, valid_from=valid_from, valid_to=valid_to))


def set_holding_until(db: Session, holding_id: int, last_day: date) -> None:
    db.execute(update(RoomUnit).where(RoomUnit.id == holding_id).values(valid_to=last_day))


def lock_room_out(db: Session, room_id: int) -> None:
    """Nobody books the room until the end of this transaction, and whoever is booking it now is waited for."""
    db.execute(select(Room.id).where(Room.id == room_id).with_for_update())


def set_room(db: Session, room_id: int, values: Mapping[str, Any]) -> None:
    db.execute(update(Room).where(Room.id == room_id).values(**values))


def find_line(db: Session, line_id: int) -> Line | None:
    return db.get(Line, line_id)


def list_lines(db: Session, unit_ids: Collection[int]) -> list[Line]:
    return list(db.scalars(select(Line).where(Line.owner_unit_id.in_(unit_ids)).order_by(Line.id)))


def set_line(db: Session, line_id: int, values: Mapping[str, Any]) -> None:
    db.execute(update(Line).where(Line.id == line_id).values(**values))


def find_endpoint(db: Session, key: str) -> Endpoint | None:
    """The endpoint with this public key, also a revoked one."""
    return db.scalar(select(Endpoint).where(Endpoint.key == key))


_SEEN = (
    update(Endpoint.__table__)  # type: ignore[arg-type]
    .where(Endpoint.id == bindparam("endpoint"))
    .values(last_seen=bindparam("at"), app_version=bindparam("app"))
)


def set_last_seen(db: Session, seen: Sequence[tuple[int, datetime, str]]) -> None:
    """(endpoint id, when, application version) of many endpoints in one statement."""
    if seen:
        db.connection().execute(_SEEN, [{"endpoint": i, "at": at, "app": app} for i, at, app in seen])


def find_person(db: Session, person_id: int) -> Person | None:
    return db.get(Person, person_id)


def list_people(db: Session, *, unit_ids: Collection[int] | None = None, search: str = "") -> list[Person]:
    """People and role mailboxes that are not retired, by given name; ``search`` is folded (names.search_key)."""
    query = select(Person).where(Person.retired_at.is_(None)).order_by(Person.sort_key, Person.id)
    if unit_ids is not None:
        query = query.where(Person.unit_id.in_(unit_ids))
    if search:
        query = query.where(Person.search_key.contains(search, autoescape=True))
    return list(db.scalars(query))


def list_phones(db: Session, mails: Collection[str]) -> dict[str, str]:
    """Mail address to telephone number, for those of whom one is known."""
    query = select(Person.mail, Person.phone).where(
        Person.mail.in_(mails), Person.phone != "", Person.retired_at.is_(None)
    )
    return {mail: phone for mail, phone in db.execute(query) if mail} if mails else {}


def list_contacts(db: Session, unit_ids: Collection[int]) -> list[Person]:
    """Who at these units gets its invitations: contacts with an address, by unit and given name."""
    query = select(Person).where(
        Person.unit_id.in_(unit_ids), Person.is_contact.is_(True), Person.mail.is_not(None), Person.retired_at.is_(None)
    )
    return list(db.scalars(query.order_by(Person.unit_id, Person.sort_key, Person.id)))


def set_person(db: Session, person_id: int, values: Mapping[str, Any]) -> None:
    db.execute(update(Person).where(Person.id == person_id).values(**values))
