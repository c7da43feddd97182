"""The booking form: its fields as typed, the wish they make, and the fields that a wish fills.  (pure)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from confsvc.web.pages.choices import Places
from confsvc.web.pages.typed import (
    Fields,
    TypedGuests,
    format_guests,
    list_field,
    parse_day,
    parse_guests,
    parse_time,
    text_field,
)
from rooms.errors import FieldError
from scheduler.booking.booking import Booking
from scheduler.kinds import find_kind
from scheduler.local_time import LOCAL, instant, local_day
from scheduler.rulebook import RuleBook

ASK = "ask"
MORNING, LENGTH = time(8), timedelta(hours=2)
TEXTS = (
    "title", "kind", "form", "host", "date", "start", "end", "main", "chair_name", "chair_title", "chair_mail",
    "contact_name", "contact_phone", "guests", "note", "letter_number", "short_notice_reason", "in_person_reason",
    "in_person_note", "no_secrets", "clash_confirmed", "find", "top_profile",
    "chair_level", "chair_for", "chair_consent", "verbal_order", "trial",
)  # fmt: skip


LISTS = ("sites", "units", "seats")


@dataclass(frozen=True)
class Typed:
    """Every field as text; rooms by key, units by code. ``seats``: UNIT@ROOM, units that sit in a neighbour's room.
    ``trial``: a trial run is to be booked along with it."""

    title: str = ""
    kind: str = ""
    form: str = ""
    host: str = ""
    date: str = ""
    start: str = ""
    end: str = ""
    main: str = ""
    sites: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()
    chair_name: str = ""
    chair_title: str = ""
    chair_mail: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    guests: str = ""
    note: str = ""
    letter_number: str = ""
    short_notice_reason: str = ""
    in_person_reason: str = ""
    in_person_note: str = ""
    no_secrets: str = ""
    clash_confirmed: str = ""
    chair_level: str = ""
    chair_for: str = ""
    chair_consent: str = ""
    verbal_order: str = ""
    find: str = ""
    top_profile: str = ""
    trial: str = ""

    @property
    def starts(self) -> datetime | None:
        """UTC, when day and time can be read."""
        day, clock = parse_day(self.date), parse_time(self.start)
        return instant(day, clock) if day and clock else None

    @property
    def ends(self) -> datetime | None:
        day, clock = parse_day(self.date), parse_time(self.end)
        return instant(day, clock) if day and clock else None

    def moved_to(self, starts: datetime) -> Typed:
        """The same at another time, as long as before."""
        length = self.ends - self.starts if self.starts and self.ends and self.starts < self.ends else LENGTH
        return replace(self, **times_typed(starts, starts + length))


def read_typed(fields: Fields) -> Typed:
    """The form as posted."""
    values: dict[str, Any] = {name: text_field(fields, name) for name in TEXTS}
    return Typed(**values | {name: tuple(list_field(fields, name)) for name in LISTS})


@dataclass(frozen=True)
class Wish:
    """The booking that was typed, and what of it cannot be read. Unreadable times are stood in for, and their errors
    are the only ones that count then."""

    booking: Booking
    errors: tuple[FieldError, ...]
    guests: TypedGuests


def wish_of(typed: Typed, places: Places, *, now: datetime, book: RuleBook) -> Wish:
    """From fields to a booking; the domain checks the rest. ``book`` says which form a kind has by default."""
    errors: list[FieldError] = []
    starts, ends = _read_times(typed, errors, now)
    host = places.unit_by_code.get(typed.host)
    if host is None or host not in places.hosts:
        errors.append(FieldError("host", "required" if not typed.host else "unknown_unit"))
    form, default = typed.form, ASK
    if not form and find_kind(typed.kind) is not None:
        default = book.choice("default_form", kind=typed.kind, unit_id=host.id if host else None, day=local_day(starts))
    if not form and default != ASK:
        form = default
    elif not form:
        errors.append(FieldError("form", "choose_form"))
    if not typed.kind:
        errors.append(FieldError("kind", "required"))
    guests = parse_guests(typed.guests)
    booking = Booking(
        title=typed.title, kind=typed.kind, form=form, host_unit_id=host.id if host else 0, starts=starts, ends=ends,
        **_party(typed, form, places), guests=guests.guests, chair_name=typed.chair_name,
        chair_title=typed.chair_title, chair_mail=typed.chair_mail or None, contact_name=typed.contact_name,
        contact_phone=typed.contact_phone, note=typed.note, letter_number=typed.letter_number,
        short_notice_reason=typed.short_notice_reason or None, in_person_reason=typed.in_person_reason or None,
        in_person_note=typed.in_person_note, no_secrets=bool(typed.no_secrets),
        chair_level=typed.chair_level, chair_for=typed.chair_for, chair_consent=typed.chair_consent,
        verbal_order=typed.verbal_order, clash_confirmed=bool(typed.clash_confirmed), top_profile=typed.top_profile,
    )  # fmt: skip
    return Wish(booking, tuple(errors), guests)


def _read_times(typed: Typed, errors: list[FieldError], now: datetime) -> tuple[datetime, datetime]:
    day, start, end = parse_day(typed.date), parse_time(typed.start), parse_time(typed.end)
    for name, value, code in (("date", day, "day_form"), ("start", start, "time_form"), ("end", end, "time_form")):
        if value is None:
            errors.append(FieldError(name, code if getattr(typed, name) else "required"))
    stand_in = (now + timedelta(days=14)).replace(microsecond=0)
    if day is None or start is None or end is None:
        return stand_in, stand_in + LENGTH
    return instant(day, start), instant(day, end)


def _party(typed: Typed, form: str, places: Places) -> dict[str, Any]:
    """Rooms, the main one first, and units without a room here. In person everybody chosen comes to the main site."""
    rooms = [places.room_by_key[key] for key in (typed.main, *typed.sites) if key in places.room_by_key]
    rooms = list({room.id: room for room in rooms}.values())
    unknown = sum(key not in places.room_by_key for key in (*typed.sites, *filter(None, [typed.main])))
    units = [places.unit_by_code[code].id for code in typed.units if code in places.unit_by_code]
    if form == "in_person":
        guests_of_main = [room.unit_id for room in rooms[1:] if room.unit_id != rooms[0].unit_id]
        main = tuple(room.id for room in rooms[:1])
        return {"room_ids": main, "unit_ids": tuple(dict.fromkeys(guests_of_main + units))}
    seats = dict(_seat(seat, places) for seat in typed.seats)
    units = list(dict.fromkeys([*units, *(unit_id for unit_id in seats if unit_id)]))
    seated = {room.unit_id for room in rooms} - set(units)
    kept = [room.id for n, room in enumerate(rooms) if n == 0 or room.unit_id in seated]
    there = tuple((unit_id, room_id) for unit_id, room_id in seats.items() if room_id in kept)
    return {"room_ids": (*kept, *([0] * unknown)), "unit_ids": tuple(units), "seats": there}


def _seat(typed: str, places: Places) -> tuple[int, int]:
    """Unit and room of UNIT@ROOM; 0 for what is not there."""
    code, _, key = typed.partition("@")
    unit, room = places.unit_by_code.get(code), places.room_by_key.get(key)
    return (unit.id, room.id) if unit and room else (0, 0)


def typed_of(booking: Booking, places: Places) -> Typed:
    """The fields of a booking that exists."""
    rooms = [places.room_by_id[i] for i in booking.room_ids if i in places.room_by_id]
    elsewhere = dict(booking.seats)
    seats = [
        f"{places.unit_by_id[unit_id].code}@{places.room_by_id[room_id].key}"
        for unit_id, room_id in booking.seats
        if unit_id in places.unit_by_id and room_id in places.room_by_id
    ]
    here = [i for i in booking.unit_ids if i not in elsewhere]
    units = [places.unit_by_id[i] for i in here if i in places.unit_by_id]
    sites = [room.key for room in rooms[1:]]
    if booking.form == "in_person":
        with_room = [unit for unit in units if places.room_of_unit(unit.id)]
        sites = [room.key for unit in with_room if (room := places.room_of_unit(unit.id))]
        units = [unit for unit in units if unit not in with_room]
    host = places.unit_by_id.get(booking.host_unit_id)
    return Typed(
        title=booking.title, kind=booking.kind, form=booking.form, host=host.code if host else "",
        main=rooms[0].key if rooms else "", sites=tuple(sites), units=tuple(unit.code for unit in units),
        seats=tuple(seats),
        chair_name=booking.chair_name, chair_title=booking.chair_title, chair_mail=booking.chair_mail or "",
        contact_name=booking.contact_name, contact_phone=booking.contact_phone, guests=format_guests(booking.guests),
        note=booking.note, letter_number=booking.letter_number, short_notice_reason=booking.short_notice_reason or "",
        in_person_reason=booking.in_person_reason or "", in_person_note=booking.in_person_note,
        chair_level=booking.chair_level, chair_for=booking.chair_for, chair_consent=booking.chair_consent,
        verbal_order=booking.verbal_order,
        no_secrets="1" if booking.no_secrets else "", top_profile=booking.top_profile,
        **times_typed(booking.starts, booking.ends),
    )  # fmt: skip


def times_typed(starts: datetime, ends: datetime) -> dict[str, Any]:
    """The fields of a time."""
    local, until = starts.astimezone(LOCAL), ends.astimezone(LOCAL)
    return {"date": f"{local:%d/%m/%Y}", "start": f"{local:%H:%M}", "end": f"{until:%H:%M}"}


FIELD_OF = {"starts": "start", "ends": "end", "host_unit_id": "host"}


def form_errors(wish: Wish, errors: Sequence[FieldError]) -> list[FieldError]:
    """All errors under the names of the form's fields; what follows from times that cannot be read is left out."""
    unread = {e.field for e in wish.errors}
    found = list(wish.errors)
    for error in errors:
        name, _, rest = error.field.partition(".")
        name = FIELD_OF.get(name, name)
        if name in unread or (unread & {"date", "start", "end"} and name in ("start", "end", "short_notice_reason")):
            continue
        data = dict(error.data)
        if name == "guests" and rest:
            number, text = wish.guests.lines[int(rest.split(".")[0])]
            data |= {"line": number, "text": text}
        found.append(FieldError(name, error.code, data))
    return found
