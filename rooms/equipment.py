"""What a new office gets so that it can take part at once: a hall, its line, a place for an endpoint, a mailbox."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import Bundle, next_ids
from rooms.changes import change_row
from rooms.models import Change, Endpoint, Line, Person, Room, RoomUnit
from rooms.names import search_key, sort_key

EQUIPPED_LEVELS = ("province_body", "province_agency", "district")
"""Units of these levels are equipped by an import; communes are when somebody says so."""


@dataclass(frozen=True)
class NewOffice:
    """A unit that was just made and is to be equipped from ``valid_from`` on."""

    unit_id: int
    code: str
    short: str
    valid_from: date
    valid_to: date | None = None


def new_key() -> str:
    """A random public key for addresses: 80 bits, lower-case letters and digits, never derived from a name."""
    return "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(16))


def equipment(db: Session, offices: Sequence[NewOffice], *, mail_domain: str, actor: str, now: datetime) -> Bundle:
    """The rows that equip ``offices``, for one insert: hall, line of unknown speed, unpaired endpoint, role contact.

    The contact's address is guessed (``<code>@<mail domain>``), so it is not confirmed until a person says so.
    """
    if not offices:
        return []
    count = len(offices)
    lines, rooms = next_ids(db, Line, count), next_ids(db, Room, count)
    rows: dict[Any, list[dict[str, Any]]] = {Line: [], Room: [], RoomUnit: [], Endpoint: [], Person: [], Change: []}
    for office, line_id, room_id in zip(offices, lines, rooms, strict=True):
        hall = f"Phòng họp trực tuyến {office.short}"
        contact = f"Đầu mối {office.short}"
        mail = f"{office.code.lower()}@{mail_domain}"
        rows[Line].append(
            {"id": line_id, "name": f"Đường truyền {office.short}", "owner_unit_id": office.unit_id,
             "kbps_up": None, "kbps_down": None}
        )  # fmt: skip
        rows[Room].append(
            {"id": room_id, "key": new_key(), "name": hall, "search_key": search_key(hall), "line_id": line_id}
        )
        rows[RoomUnit].append(
            {"room_id": room_id, "unit_id": office.unit_id, "valid_from": office.valid_from,
             "valid_to": office.valid_to}
        )  # fmt: skip
        rows[Endpoint].append({"key": new_key(), "room_id": room_id})
        rows[Person].append(
            {"unit_id": office.unit_id, "name": contact, "mail": mail, "is_contact": True,
             "sort_key": sort_key(contact), "search_key": search_key(contact, mail)}
        )  # fmt: skip
        after = {"hall": hall, "mail": mail, "confirmed": False}
        rows[Change].append(change_row("unit", office.unit_id, "equipped", actor=actor, now=now, after=after))
    return list(rows.items())
