"""What the demonstration reads, and how it is removed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from confsvc.demonstration.plan import Offices
from rooms.models import Change, Endpoint, Room, RoomUnit, Unit, UnitName
from rooms.queries import list_units
from scheduler.models import CalendarItem, Conference, Delegation, Opening, Site


def count_conferences(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Conference)) or 0


def find_offices(db: Session, day: date) -> Offices:
    """The hosts and districts of that day."""
    codes: dict[str, list[str]] = {}
    for unit in list_units(db, day):
        codes.setdefault(unit.level, []).append(unit.code)
    (committee,) = codes["province_body"]
    return Offices(committee, tuple(codes["province_agency"]), tuple(codes["district"]))


def units_by_code(db: Session, day: date) -> dict[str, int]:
    return {unit.code: unit.id for unit in list_units(db, day)}


def short_name(db: Session, unit_id: int, day: date) -> str:
    query = select(UnitName.short).where(UnitName.unit_id == unit_id, UnitName.valid_from <= day)
    return db.scalar(query.order_by(UnitName.valid_from.desc()).limit(1)) or ""


def rooms_by_code(db: Session, day: date) -> dict[str, int]:
    """The first room of each unit on a day."""
    query = (
        select(Unit.code, func.min(RoomUnit.room_id))
        .join(RoomUnit, RoomUnit.unit_id == Unit.id)
        .where(RoomUnit.valid_from <= day, func.coalesce(RoomUnit.valid_to, date(9999, 12, 31)) >= day)
        .group_by(Unit.code)
    )
    return {row[0]: row[1] for row in db.execute(query)}


def devices_by_code(db: Session, conference_id: int, day: date) -> dict[str, tuple[str, str]]:
    """By unit code: what the endpoint of its site calls itself at the video host, and the room's name."""
    query = (
        select(Unit.code, Endpoint.key, Room.name)
        .join(RoomUnit, RoomUnit.unit_id == Unit.id)
        .join(Room, Room.id == RoomUnit.room_id)
        .join(Site, Site.room_id == Room.id)
        .join(Endpoint, Endpoint.room_id == Room.id)
        .where(
            Site.conference_id == conference_id,
            Endpoint.revoked_at.is_(None),
            RoomUnit.valid_from <= day,
            func.coalesce(RoomUnit.valid_to, date(9999, 12, 31)) >= day,
        )
    )
    return {row[0]: (f"endpoint:{row[1]}", row[2]) for row in db.execute(query)}


def find_opening(db: Session, conference_id: int) -> tuple[int, str] | None:
    """(bridge, jitsi_name) of the conference's video room."""
    row = db.execute(
        select(Opening.bridge_id, Opening.jitsi_name).where(Opening.conference_id == conference_id)
    ).first()
    return (row[0], row[1]) if row else None


def find_closing(db: Session, conference_id: int) -> tuple[int, dict[int, tuple[str, str]]]:
    """The version to name, and the delegations: id → (unit code, planned mode)."""
    version = db.scalars(select(Conference.version).where(Conference.id == conference_id)).one()
    query = (
        select(Delegation.id, Unit.code, Delegation.planned_mode)
        .join(Unit, Unit.id == Delegation.unit_id)
        .where(Delegation.conference_id == conference_id)
    )
    return version, {row[0]: (row[1], row[2]) for row in db.execute(query)}


def delete_demo(db: Session, most: int) -> int:
    """Remove up to ``most`` demonstration conferences with all that hangs on them; how many."""
    ids = list(db.scalars(select(Conference.id).where(Conference.demo.is_(True)).order_by(Conference.id).limit(most)))
    uids = list(db.scalars(select(Conference.uid).where(Conference.id.in_(ids), Conference.uid.is_not(None))))
    db.execute(delete(Conference).where(Conference.id.in_(ids)))
    db.execute(delete(CalendarItem).where(CalendarItem.uid.in_(uids)))
    return len(ids)


def delete_demo_changes(db: Session) -> None:
    """The log keeps what people did; what the demonstration did goes with it."""
    db.execute(delete(Change).where(Change.actor == "demo"))
