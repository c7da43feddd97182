"""The directory: which offices there are on a day, in protocol order, and one office with all that belongs to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may
from confsvc.web import keys
from confsvc.web.pages.typed import parse_day
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from rooms.errors import NotFound
from rooms.models import LEVELS, Line, Person, UnitName, UnitSuccession
from rooms.names import search_key
from rooms.place_queries import RoomOn, list_contacts, list_lines, list_people, list_rooms
from rooms.queries import (
    NameOn,
    UnitOn,
    find_unit,
    find_unit_row,
    list_ext_ids,
    list_name_rows,
    list_names,
    list_successions,
    list_units,
)
from scheduler.local_time import local_day

PAGE = 100


@dataclass(frozen=True)
class Office:
    """A row of the directory. ``contact``: "none", "guessed" (not confirmed by anybody) or "confirmed"."""

    unit: UnitOn
    rooms: int
    contact: str


@dataclass(frozen=True)
class Asked:
    """The day and part of a name; ``typed`` is what could not be read as a day."""

    on: date
    today: date
    q: str
    typed: str
    level: str

    def address(self, page: int = 1, level: str | None = None) -> str:
        values = {
            "on": "" if self.on == self.today else self.on.strftime("%d/%m/%Y"), "q": self.q,
            "level": self.level if level is None else level, "page": str(page) if page > 1 else "",
        }  # fmt: skip
        kept = {name: value for name, value in values.items() if value}
        return f"/directory?{urlencode(kept)}" if kept else "/directory"

    def unit(self, code: str) -> str:
        """An office's page as of the same day."""
        dated = "" if self.on == self.today else f"?on={self.on:%d/%m/%Y}"
        return f"/directory/units/{code}{dated}"


def asked(request: web.Request) -> Asked:
    """What the address asks for; today where it says nothing or nonsense."""
    today, typed = local_day(keys.now(request)), request.query.get("on", "").strip()[:20]
    day, level = parse_day(typed) if typed else None, request.query.get("level", "")
    if level and level not in LEVELS:
        raise NotFound
    return Asked(day or today, today, request.query.get("q", "")[:100], typed if typed and not day else "", level)


async def directory(request: web.Request) -> web.Response:
    """The offices of a day."""
    wanted, actor = asked(request), keys.actor(request)
    offices = await request.app[keys.DATABASE].read(_read, wanted)
    pages = max(1, -(-len(offices) // PAGE))
    typed = request.query.get("page", "")
    page = min(max(int(typed), 1), pages) if typed.isdecimal() and len(typed) < 6 else 1
    shown = offices[(page - 1) * PAGE : page * PAGE]
    return render(
        request, "directory.html", w=Words(request[keys.LANGUAGE]), asked=wanted, total=len(offices), page=page,
        pages=pages, groups=_groups(shown), edits=may(actor, Permission.DIRECTORY_EDIT),
        unconfirmed=sum(office.contact != "confirmed" for office in offices),
    )  # fmt: skip


def _read(db: Session, wanted: Asked) -> list[Office]:
    levels = [wanted.level] if wanted.level else None
    units = list_units(db, wanted.on, levels=levels, key=search_key(wanted.q))
    rooms = Counter(room.unit_id for room in list_rooms(db, wanted.on))
    contacts: dict[int, bool] = {}
    for person in list_contacts(db, [unit.id for unit in units]):
        contacts[person.unit_id] = contacts.get(person.unit_id, False) or person.confirmed
    said = {None: "none", False: "guessed", True: "confirmed"}
    offices = [Office(unit, rooms[unit.id], said[contacts.get(unit.id)]) for unit in units]
    return sorted(offices, key=lambda office: LEVELS.index(office.unit.level))


def _groups(offices: Sequence[Office]) -> list[tuple[str, list[Office]]]:
    return [(level, rows) for level in LEVELS if (rows := [office for office in offices if office.unit.level == level])]


@dataclass(frozen=True)
class OfficeWhole:
    """One office as of a day with its history, rooms, lines and people. ``names`` of units that successions name."""

    unit: UnitOn
    parent: str | None
    history: Sequence[UnitName]
    successions: Sequence[UnitSuccession]
    names: Mapping[int, NameOn]
    gso: str | None
    rooms: Sequence[RoomOn]
    lines: Sequence[Line]
    people: Sequence[Person]


async def unit(request: web.Request) -> web.Response:
    """One office; one that is no more is shown as of its last day."""
    wanted, actor = asked(request), keys.actor(request)
    found = await request.app[keys.DATABASE].read(read_office, request.match_info["code"], wanted.on)
    return render(
        request, "unit.html", w=Words(request[keys.LANGUAGE]), asked=wanted, o=found, may=_may(actor, found.unit.id),
        now=keys.now(request),
    )  # fmt: skip


def _may(actor: Actor, unit_id: int) -> dict[str, bool]:
    return {
        "edit": may(actor, Permission.DIRECTORY_EDIT, unit_id),
        "contact": may(actor, Permission.CONTACT_EDIT, unit_id),
        "audit": may(actor, Permission.AUDIT_READ),
    }


def find_office(db: Session, code: str, on: date) -> UnitOn:
    """An office as of a day within its life. Raises NotFound."""
    row = find_unit_row(db, code)
    if row is None:
        raise NotFound(kind="unit", key=code)
    day = max(on, row.valid_from)
    found = find_unit(db, code, min(day, row.valid_to) if row.valid_to else day)
    if found is None:
        raise NotFound(kind="unit", key=code)
    return found


def read_office(db: Session, code: str, on: date) -> OfficeWhole:
    """A unit of work: everything of an office's page."""
    unit = find_office(db, code, on)
    day = max(min(on, unit.valid_to or on), unit.valid_from)
    linked = [s for s in list_successions(db, date.max) if unit.id in (s.from_id, s.to_id)]
    others = {i for s in linked for i in (s.from_id, s.to_id)} | ({unit.parent_id} if unit.parent_id else set())
    names = list_names(db, others, day)
    return OfficeWhole(
        unit=unit,
        parent=names[unit.parent_id].short if unit.parent_id in names else None,
        history=list_name_rows(db, unit.id),
        successions=linked,
        names=names,
        gso=list_ext_ids(db, [unit.id], "gso").get(unit.id),
        rooms=list_rooms(db, day, unit_ids=[unit.id]),
        lines=list_lines(db, [unit.id]),
        people=list_people(db, unit_ids=[unit.id]),
    )
