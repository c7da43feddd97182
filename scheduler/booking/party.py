"""Who takes part: the sites, the units that are counted, and the addresses that are invited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import FieldError
from scheduler.booking.booking import Booking
from scheduler.booking.queries import RoomPart, UnitPart, list_contacts, list_room_parts, list_unit_parts


@dataclass(frozen=True)
class Invitee:
    """One address to write to. ``role``: chair, contact or guest."""

    mail: str
    name: str
    role: str
    language: str = "vi"
    person_id: int | None = None
    unit_id: int | None = None


@dataclass(frozen=True)
class Party:
    """Everybody and every place of one conference, as of its day."""

    host: UnitPart
    rooms: tuple[RoomPart, ...]
    units: tuple[UnitPart, ...]  # without a room of their own
    invitees: tuple[Invitee, ...]
    seats: Mapping[int, int] = field(default_factory=dict)  # the room of those that do not sit at the main site

    def site_rows(self, conference_id: int, ids: Sequence[int], profiles: Mapping[int, str]) -> list[dict[str, Any]]:
        """One row a room; ``profiles``: what each room's line decided, by room id."""
        return [
            {"id": i, "conference_id": conference_id, "room_id": room.room_id, "role": "main" if n == 0 else "member",
             "position": n, "profile": profiles.get(room.room_id)}
            for n, (i, room) in enumerate(zip(ids, self.rooms, strict=True))
        ]  # fmt: skip

    def delegation_rows(self, conference_id: int, form: str, site_of_room: dict[int, int]) -> list[dict[str, Any]]:
        """One row a unit. A unit with a room sits there; the others sit in a neighbour's room, and so take part as that
        site does, or at the main site and are there in person."""
        online = "in_person" if form == "in_person" else "online"
        rows: dict[int, dict[str, Any]] = {}
        for room in self.rooms:
            rows.setdefault(
                room.unit.unit_id, _delegation(conference_id, room.unit, online, site_of_room[room.room_id])
            )
        main = self.rooms[0].room_id if self.rooms else 0
        for unit in self.units:
            room_id = self.seats.get(unit.unit_id, main)
            mode = "in_person" if room_id == main else online
            rows.setdefault(unit.unit_id, _delegation(conference_id, unit, mode, site_of_room.get(room_id)))
        return [{**row, "position": number} for number, row in enumerate(rows.values())]

    def guest_rows(self, conference_id: int) -> list[dict[str, Any]]:
        return [guest_row(conference_id, invitee) for invitee in self.invitees]


def guest_row(conference_id: int, invitee: Invitee) -> dict[str, Any]:
    """The row of one invited address."""
    return {
        "conference_id": conference_id, "mail": invitee.mail, "name": invitee.name, "role": invitee.role,
        "language": invitee.language, "person_id": invitee.person_id, "unit_id": invitee.unit_id,
    }  # fmt: skip


def _delegation(conference_id: int, unit: UnitPart, mode: str, site_id: int | None) -> dict[str, Any]:
    return {
        "conference_id": conference_id, "unit_id": unit.unit_id, "unit_name": unit.name, "unit_short": unit.short,
        "level": unit.level, "counterpart_unit_id": unit.counterpart_id, "required": True, "planned_mode": mode,
        "site_id": site_id,
    }  # fmt: skip


def find_party(
    db: Session, booking: Booking, day: date, *, held: bool = False
) -> tuple[Party | None, list[FieldError]]:
    """The party as of ``day``, or what is wrong: unknown or retired rooms, units that do not exist then. ``held``: its
    rooms stay in use until the end of this transaction; for whoever books."""
    rooms = list_room_parts(db, booking.room_ids, day, held=held)
    known = {room.unit.unit_id: room.unit for room in rooms.values()}
    wanted = [u for u in dict.fromkeys((booking.host_unit_id, *booking.unit_ids)) if u not in known]
    known |= list_unit_parts(db, wanted, day)
    errors = [
        FieldError(f"sites.{n}", "no_such_room") for n, room_id in enumerate(booking.room_ids) if room_id not in rooms
    ]
    errors += [
        FieldError(f"units.{n}", "no_such_unit") for n, unit_id in enumerate(booking.unit_ids) if unit_id not in known
    ]
    errors += [
        FieldError(f"seats.{n}", "no_such_room")
        for n, (unit_id, room_id) in enumerate(booking.seats)
        if unit_id not in booking.unit_ids or room_id not in booking.room_ids
    ]
    if booking.host_unit_id not in known:
        errors.append(FieldError("host", "no_such_unit"))
    if errors:
        return None, errors
    units = tuple(known[unit_id] for unit_id in booking.unit_ids)
    parts = tuple(rooms[room_id] for room_id in booking.room_ids)
    invited = [room.unit.unit_id for room in parts] + [unit.unit_id for unit in units]
    return Party(known[booking.host_unit_id], parts, units, _invitees(db, booking, invited), dict(booking.seats)), []


def _invitees(db: Session, booking: Booking, unit_ids: Sequence[int]) -> tuple[Invitee, ...]:
    """The chair, the units' contacts and the guests; an address named twice keeps its first role."""
    found: dict[str, Invitee] = {}
    if booking.chair_mail:
        mail = booking.chair_mail.strip().lower()
        found[mail] = Invitee(mail, booking.chair_name.strip() or mail, "chair")
    for contact in list_contacts(db, list(dict.fromkeys(unit_ids))):
        invitee = Invitee(contact.mail, contact.name, "contact", contact.language, contact.person_id, contact.unit_id)
        found.setdefault(contact.mail, invitee)
    for guest in booking.guests:
        mail = guest.mail.strip().lower()
        found.setdefault(mail, Invitee(mail, guest.name.strip(), "guest", guest.language))
    return tuple(found.values())
