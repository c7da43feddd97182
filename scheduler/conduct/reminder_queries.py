"""The statements of reminders: whom, what about, and when people were last written to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from rooms.models import Endpoint, Room
from scheduler.models import CalendarItem, Conference, Delegation, Guest, Site

REMINDED = ("chair", "contact")


class Reminder(NamedTuple):
    """``place``: the room of this person's office, of the chair the main one; ``device``: it joins by itself."""

    key: str
    title: str
    form: str
    state: str
    starts: datetime
    ends: datetime
    host_unit_id: int
    contact_name: str
    contact_phone: str
    name: str
    language: str
    role: str
    place: str
    device: bool


def find_last_told(db: Session, uid: str) -> datetime | None:
    """The stamp of the newest edition of a calendar entry."""
    return db.scalar(select(CalendarItem.last_dtstamp).where(CalendarItem.uid == uid))


def list_reminded(db: Session, conference_id: int) -> list[str]:
    """The addresses of the sites' contacts and of the chair."""
    query = select(Guest.mail).where(
        Guest.conference_id == conference_id, Guest.role.in_(REMINDED), Guest.removed_at.is_(None)
    )
    return list(db.scalars(query.order_by(Guest.id)))


def find_reminded(db: Session, conference_id: int, mail: str) -> Reminder | None:
    """One of them, with the conference as it is now; None when that person is no longer invited."""
    c = Conference
    columns: tuple[Any, ...] = (
        c.key, c.title, c.form, c.state, c.starts, c.ends, c.host_unit_id, c.contact_name, c.contact_phone,
        Guest.name, Guest.language, Guest.role, Guest.unit_id,
    )  # fmt: skip
    query = select(*columns).join(Guest, Guest.conference_id == c.id)
    wanted = query.where(c.id == conference_id, Guest.mail == mail, Guest.removed_at.is_(None))
    row = db.execute(wanted.where(Guest.role.in_(REMINDED))).first()
    if row is None:
        return None
    place, device = _place(db, conference_id, row[-1])
    return Reminder._make([*row[:-1], place, device])


def _place(db: Session, conference_id: int, unit_id: int | None) -> tuple[str, bool]:
    device = select(Endpoint.id).where(
        Endpoint.room_id == Room.id, Endpoint.kind == "kiosk", Endpoint.revoked_at.is_(None)
    )
    query = select(Room.name, device.exists()).select_from(Site).join(Room, Room.id == Site.room_id)
    query = query.where(Site.conference_id == conference_id)
    if unit_id is None:
        query = query.where(Site.role == "main")
    else:
        query = query.join(Delegation, Delegation.site_id == Site.id).where(Delegation.unit_id == unit_id)
    row = db.execute(query.order_by(Site.position).limit(1)).first()
    return (row[0], bool(row[1])) if row else ("", False)
