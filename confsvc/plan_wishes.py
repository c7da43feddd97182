"""From a plan's line, as somebody wrote it, to a wish; and from a conference to the fields of a line.  (pure)"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from confsvc.i18n import text
from confsvc.plan_files import Line, is_group, shown_end
from confsvc.plan_times import times_of
from confsvc.plan_words import forms, kinds, reasons
from confsvc.web.pages.choices import Places
from confsvc.web.pages.phrases import FORMS, KINDS, REASONS
from rooms.errors import FieldError
from rooms.names import search_key, tidy
from rooms.place_queries import RoomOn
from rooms.queries import UnitOn
from scheduler.booking.booking import LONGEST_NOTE, LONGEST_TITLE, MOST_ROOMS, Booking
from scheduler.booking.plan_import import PlanWish
from scheduler.local_time import LOCAL
from scheduler.rulebook import RuleBook

_MAIL = re.compile(r"<\s*([^<>\s]{1,64}@[^<>\s]{1,200})\s*>")
ASK = "ask"


@dataclass(frozen=True)
class Reading:
    """What lines are read against. ``host``: the code of the office that is meant where a line names none."""

    places: Places
    book: RuleBook
    host: str = ""

    @cached_property
    def units(self) -> Mapping[str, UnitOn]:
        """By code, short and full name, folded; of two with one name the first in protocol order."""
        found: dict[str, UnitOn] = {}
        for unit in self.places.units:
            for name in (unit.code, unit.short, unit.name, unit.name_en):
                if name:
                    found.setdefault(search_key(name), unit)
        return found

    @cached_property
    def rooms(self) -> Mapping[str, RoomOn]:
        return {search_key(room.key): room for room in self.places.rooms}

    def wish(self, line: Line) -> PlanWish:
        """Everything that cannot be read is told at once."""
        if line.trouble:
            return PlanWish(line.number, None, (FieldError("row", line.trouble),))
        errors: list[FieldError] = []
        fields = {name: value.strip() for name, value in line.fields.items()}
        times = times_of(fields, errors)
        host = self._host(fields.get("host", ""), errors)
        kind = _of(kinds(), fields.get("kind", ""), "kind", errors)
        form = self._form(fields.get("form", ""), kind, host, times, errors)
        party = self._party(fields, host, form, errors)
        if not fields.get("title"):
            errors.append(FieldError("title", "required"))
        if times is None or host is None:
            return PlanWish(line.number, None, tuple(errors))
        booking = Booking(
            title=tidy(fields.get("title", ""))[: LONGEST_TITLE + 1], kind=kind, form=form, host_unit_id=host.id,
            starts=times[0], ends=times[1], **party, **_chair(fields.get("chair", "")),
            letter_number=fields.get("letter", ""), note=fields.get("note", "")[: LONGEST_NOTE + 1],
            **_reason(fields.get("reason", ""), form),
        )  # fmt: skip
        return PlanWish(line.number, booking, tuple(errors))

    def _host(self, typed: str, errors: list[FieldError]) -> UnitOn | None:
        found = self.units.get(search_key(typed or self.host)) if typed or self.host else self.places.default_host()
        if found is None:
            errors.append(FieldError("host", "no_such_unit" if typed else "required", {"text": typed}))
        elif found not in self.places.hosts:
            errors.append(FieldError("host", "not_your_office", {"text": found.short}))
        return found

    def _form(
        self, typed: str, kind: str, host: UnitOn | None, times: tuple[datetime, datetime] | None,
        errors: list[FieldError],
    ) -> str:  # fmt: skip
        if typed:
            return _of(forms(), typed, "form", errors)
        if not kind or host is None or times is None:
            return "online"
        form = self.book.choice("default_form", kind=kind, unit_id=host.id, day=times[0].astimezone(LOCAL).date())
        if form == ASK:
            errors.append(FieldError("form", "choose_form"))
        return form

    def _party(
        self, fields: Mapping[str, str], host: UnitOn | None, form: str, errors: list[FieldError]
    ) -> dict[str, Any]:
        """The main site first: named, else the host's own hall, else the first of the sites."""
        rooms, units, seats = self._sites(fields.get("sites", ""), errors)
        main = self._main(fields.get("main", ""), host, errors)
        rooms = list({room.id: room for room in ([main] if main else []) + rooms}.values())
        if form == "in_person":
            others = [room.unit_id for room in rooms[1:] if room.unit_id != rooms[0].unit_id]
            come = dict.fromkeys([*others, *(unit.id for unit in units), *(unit.id for unit, _ in seats)])
            return {"room_ids": tuple(room.id for room in rooms[:1]), "unit_ids": tuple(come)}
        there = {room.id for room in rooms}
        housed = {room.unit_id for room in rooms}
        away = {unit.id: room.id for unit, room in seats if room.id in there and unit.id not in housed}
        come = dict.fromkeys(unit.id for unit in [*units, *(unit for unit, _ in seats)] if unit.id not in housed)
        return {"room_ids": tuple(room.id for room in rooms), "unit_ids": tuple(come), "seats": tuple(away.items())}

    def _main(self, typed: str, host: UnitOn | None, errors: list[FieldError]) -> RoomOn | None:
        if not typed:
            return self.places.room_of_unit(host.id) if host else None
        found = self._room(typed)
        if found is None:
            errors.append(FieldError("main", "unknown_site", {"text": typed[:80]}))
        return found

    def _room(self, typed: str) -> RoomOn | None:
        key = search_key(typed)
        unit = self.units.get(key)
        return self.rooms.get(key) or (self.places.room_of_unit(unit.id) if unit else None)

    def _sites(
        self, typed: str, errors: list[FieldError]
    ) -> tuple[list[RoomOn], list[UnitOn], list[tuple[UnitOn, RoomOn]]]:
        """Rooms, units without a room of their own, and units that sit at a neighbour's site (UNIT@SITE)."""
        rooms: list[RoomOn] = []
        units: list[UnitOn] = []
        seats: list[tuple[UnitOn, RoomOn]] = []
        parts = self._parts(typed)
        if len(parts) > MOST_ROOMS:
            errors.append(FieldError("sites", "too_many", {"max": MOST_ROOMS}))
            return [], [], []
        for part in parts:
            key, levels = search_key(part), is_group(search_key(part))
            code, at, there = part.partition("@")
            room, unit = self._room(part), self.units.get(key)
            guest, seat = self.units.get(search_key(code)), self._room(there) if at else None
            if levels:
                rooms += [
                    room for one in self.places.units if one.level in levels
                    if (room := self.places.room_of_unit(one.id))
                ]  # fmt: skip
            elif room is not None:
                rooms.append(room)
            elif unit is not None:
                units.append(unit)
            elif guest is not None and seat is not None:
                seats.append((guest, seat))
            else:
                errors.append(FieldError("sites", "unknown_site", {"text": part[:80]}))
        return rooms, units, seats

    def _parts(self, typed: str) -> list[str]:
        """Parts between semicolons; a part that nobody knows is cut at its commas, because names have commas too."""
        whole = dict.fromkeys(filter(None, map(str.strip, re.split(r"[;\n]", typed))))
        if len(whole) > MOST_ROOMS:
            return list(whole)
        found: list[str] = []
        for part in whole:
            key = search_key(part)
            known = is_group(key) or key in self.units or key in self.rooms
            found += [part] if known else [piece.strip() for piece in part.split(",") if piece.strip()]
        return list(dict.fromkeys(found))


def _of(words: Mapping[str, str], typed: str, field: str, errors: list[FieldError]) -> str:
    code = words.get(search_key(typed), "")
    if not code:
        errors.append(FieldError(field, "unknown_value" if typed else "required", {"text": typed[:80]}))
    return code


def _chair(typed: str) -> dict[str, Any]:
    """ "Name, title <mail>"; all but the name may be missing."""
    mail = _MAIL.search(typed)
    name, _, title = _MAIL.sub("", typed).partition(",")
    return {"chair_name": tidy(name), "chair_title": tidy(title), "chair_mail": mail[1].lower() if mail else None}


def _reason(typed: str, form: str) -> dict[str, Any]:
    """A reason by name or code, more after a colon; what is none of them is the explanation of another reason."""
    if not typed or form != "in_person":
        return {}
    for place in (len(typed), *(n for n, sign in enumerate(typed) if sign == ":")):
        code = reasons().get(search_key(typed[:place]))
        if code is not None:
            return {"in_person_reason": code, "in_person_note": tidy(typed[place + 1 :])}
    return {"in_person_reason": "other", "in_person_note": tidy(typed)}


def fields_of(booking: Booking, places: Places, language: str) -> dict[str, str]:
    """The line of a conference, as ``Reading`` reads it."""
    rooms = [places.room_by_id[i] for i in booking.room_ids if i in places.room_by_id]
    elsewhere = dict(booking.seats)
    sites = [_named(room, places) for room in rooms[1:]]
    for unit_id in booking.unit_ids:
        unit, room = places.unit_by_id.get(unit_id), places.room_by_id.get(elsewhere.get(unit_id, 0))
        if unit is not None:
            sites.append(f"{unit.code}@{_named(room, places)}" if room else _alone(unit, places, booking))
    host = places.unit_by_id.get(booking.host_unit_id)
    starts = booking.starts.astimezone(LOCAL)
    why = text(REASONS[booking.in_person_reason], language) if booking.in_person_reason in REASONS else ""
    chair = ", ".join(filter(None, (booking.chair_name, booking.chair_title)))
    return {
        "date": f"{starts:%d/%m/%Y}", "start": f"{starts:%H:%M}", "end": shown_end(booking.starts, booking.ends),
        "title": booking.title, "kind": text(KINDS.get(booking.kind, booking.kind), language),
        "form": text(FORMS.get(booking.form, booking.form), language), "host": host.code if host else "",
        "main": _named(rooms[0], places) if rooms else "", "sites": "; ".join(sites),
        "chair": f"{chair} <{booking.chair_mail}>".strip() if booking.chair_mail else chair,
        "letter": booking.letter_number, "note": booking.note,
        "reason": f"{why}: {booking.in_person_note}" if why and booking.in_person_note else why,
    }  # fmt: skip


def _named(room: RoomOn, places: Places) -> str:
    """The office's code where that means this room, else the room's key."""
    first = places.room_of_unit(room.unit_id)
    return room.unit_code if first is not None and first.id == room.id else room.key


def _alone(unit: UnitOn, places: Places, booking: Booking) -> str:
    """A unit that comes to the main site although it may have a room; in person that is what a site means anyway."""
    main = places.room_by_id.get(booking.room_ids[0]) if booking.room_ids else None
    own = places.room_of_unit(unit.id)
    return f"{unit.code}@{_named(main, places)}" if main and own and booking.form != "in_person" else unit.code
