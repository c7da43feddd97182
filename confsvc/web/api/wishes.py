"""Conferences as programs write them, offices by code and rooms by key; and the way to the domain's wishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.web.api.fields import Instant, Line40, Line60, Line200, Line254, Line500, Model, Note, RoomKey, UnitCode
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import MOST_GUESTS, MOST_ROOMS, Booking, GuestWish, Rules
from scheduler.booking.log import Logged
from scheduler.booking.validation import field_errors
from scheduler.name_queries import list_room_ids, list_unit_ids

Form = Literal["online", "in_person", "hybrid"]
ChairLevel = Literal["", "leader", "chairman"]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Title = Annotated[Line200, StringConstraints(min_length=3)]


class GuestIn(Model):
    name: Line200 = Field(min_length=1)
    mail: Line254 = Field(min_length=3)
    language: Literal["vi", "en"] = "vi"


class SeatIn(Model):
    """An office of ``units`` that sits in a neighbour's room, one of ``sites``."""

    unit: UnitCode
    site: RoomKey


class BookingIn(Model):
    """A conference to be booked. ``host`` left out: the caller's own office. The first of ``sites`` is the main one.

    ``clash_confirmed``: it is known that somebody would sit in two meetings at once (``warnings`` of a check).
    ``units``: offices that attend without a room of their own. ``chair_level``: "leader" or "chairman" when one of
    the province chairs; ``chair_for``, ``chair_consent``: whose deputy the chair is and who agreed; ``verbal_order``:
    who ordered it by word of mouth, so that no letter is waited for. ``draft``: kept, but nothing is held and nobody
    told.
    ``top_profile``: the code of the best picture any site is given ("audio": sound alone); left out, the lines decide.
    """

    title: Title
    kind: Line40 = Field(min_length=1)
    form: Form
    host: UnitCode | None = None
    starts: Instant
    ends: Instant
    sites: list[RoomKey] = Field(default=[], max_length=MOST_ROOMS)
    units: list[UnitCode] = Field(default=[], max_length=MOST_ROOMS)
    seats: list[SeatIn] = Field(default=[], max_length=MOST_ROOMS)
    guests: list[GuestIn] = Field(default=[], max_length=MOST_GUESTS)
    chair_name: Line200 = ""
    chair_title: Line200 = ""
    chair_mail: Line254 | None = None
    contact_name: Line200 = ""
    contact_phone: Line40 = ""
    note: Note = ""
    letter_number: Line60 = ""
    short_notice_reason: Line500 | None = None
    in_person_reason: Line40 | None = None
    in_person_note: Line500 = ""
    chair_level: ChairLevel = ""
    chair_for: Line200 = ""
    chair_consent: Line200 = ""
    verbal_order: Line200 = ""
    no_secrets: bool = Field(default=False, strict=True)
    clash_confirmed: bool = Field(default=False, strict=True)
    top_profile: Line40 = ""


class BookIn(BookingIn):
    """``trial``: its trial run is to be booked along, 14:00 to 16:00 of the working day before; where that does not fit
    the conference stands without, with the warning ``no_trial``."""

    draft: bool = Field(default=False, strict=True)
    trial: bool = Field(default=False, strict=True)


class ReplaceIn(BookingIn):
    """The whole wish anew; ``version`` as last seen, or an If-Match header."""

    version: Version | None = None


class ChangeIn(Model):
    """Only what changes; ``version`` as last seen, or an If-Match header."""

    version: Version | None = None
    title: Title | None = None
    kind: Line40 | None = Field(default=None, min_length=1)
    form: Form | None = None
    starts: Instant | None = None
    ends: Instant | None = None
    sites: list[RoomKey] | None = Field(default=None, max_length=MOST_ROOMS)
    units: list[UnitCode] | None = Field(default=None, max_length=MOST_ROOMS)
    seats: list[SeatIn] | None = Field(default=None, max_length=MOST_ROOMS)
    guests: list[GuestIn] | None = Field(default=None, max_length=MOST_GUESTS)
    chair_name: Line200 | None = None
    chair_title: Line200 | None = None
    chair_mail: Line254 | None = None
    contact_name: Line200 | None = None
    contact_phone: Line40 | None = None
    note: Note | None = None
    letter_number: Line60 | None = None
    short_notice_reason: Line500 | None = None
    in_person_reason: Line40 | None = None
    in_person_note: Line500 | None = None
    chair_level: ChairLevel | None = None
    chair_for: Line200 | None = None
    chair_consent: Line200 | None = None
    verbal_order: Line200 | None = None
    no_secrets: bool | None = Field(default=None, strict=True)
    clash_confirmed: bool = Field(default=False, strict=True)
    top_profile: Line40 | None = None
    notify: bool = Field(default=True, strict=True)
    """False: nobody is written to when it is about title, note, contact or letter number only."""


class LoggedIn(Model):
    """An in-person meeting that was held. ``units``: the offices that came; ``reason``: why in person."""

    title: Title
    kind: Line40 = Field(min_length=1)
    host: UnitCode | None = None
    starts: Instant
    ends: Instant
    units: list[UnitCode] = Field(min_length=1, max_length=MOST_ROOMS)
    reason: Line40 = Field(min_length=1)
    reason_note: Line500 = ""
    place: Line200 = ""
    letter_number: Line60 = ""
    note: Note = ""


_PLAIN = (
    "title", "kind", "form", "starts", "ends", "chair_name", "chair_title", "chair_mail", "contact_name",
    "contact_phone", "note", "letter_number", "short_notice_reason", "in_person_reason", "in_person_note", "no_secrets",
    "top_profile", "chair_level", "chair_for", "chair_consent", "verbal_order",
)  # fmt: skip
_NULLABLE = frozenset({"chair_mail", "short_notice_reason", "in_person_reason"})


def host_id(db: Session, code: str | None, actor: Actor) -> int:
    """The host's id: the office with this code, else the actor's own. Raises Invalid."""
    if code is None:
        if actor.unit_id is None:
            raise Invalid([FieldError("host", "required")])
        return actor.unit_id
    found = list_unit_ids(db, [code]).get(code)
    if found is None:
        raise Invalid([FieldError("host", "no_such_unit")])
    return found


def booking_in(db: Session, wish: BookingIn, host_unit_id: int, *, now: datetime, rules: Rules) -> Booking:
    """The domain's wish. Raises Invalid when rooms or offices are unknown, together with what else is wrong."""
    errors: list[FieldError] = []
    booking = Booking(
        **{name: getattr(wish, name) for name in _PLAIN},
        host_unit_id=host_unit_id,
        room_ids=_ids(list_room_ids(db, wish.sites), wish.sites, "sites", "no_such_room", errors),
        unit_ids=_ids(list_unit_ids(db, wish.units), wish.units, "units", "no_such_unit", errors),
        seats=_seats(db, wish.seats, errors),
        clash_confirmed=wish.clash_confirmed,
        guests=_guests(wish.guests),
    )
    if errors:
        raise Invalid(errors + field_errors(booking, now=now, rules=rules))
    return booking


def changed(db: Session, booking: Booking, change: ChangeIn, *, now: datetime, rules: Rules) -> Booking:
    """``booking`` with what ``change`` names. Raises as ``booking_in``."""
    errors: list[FieldError] = []
    given = change.model_fields_set
    values: dict[str, Any] = {}
    for name in _PLAIN:
        if name in given:
            value = getattr(change, name)
            if value is None and name not in _NULLABLE:
                errors.append(FieldError(name, "required"))
            else:
                values[name] = value
    if change.sites is not None:
        values["room_ids"] = _ids(list_room_ids(db, change.sites), change.sites, "sites", "no_such_room", errors)
    if change.units is not None:
        values["unit_ids"] = _ids(list_unit_ids(db, change.units), change.units, "units", "no_such_unit", errors)
    if change.seats is not None:
        values["seats"] = _seats(db, change.seats, errors)
    values["clash_confirmed"] = change.clash_confirmed
    if change.guests is not None:
        values["guests"] = _guests(change.guests)
    result = replace(booking, **values)
    if errors:
        raise Invalid(errors + field_errors(result, now=now, rules=rules))
    return result


def logged_in(db: Session, wish: LoggedIn, host_unit_id: int) -> Logged:
    """The domain's in-person meeting. Raises Invalid when offices are unknown."""
    errors: list[FieldError] = []
    unit_ids = _ids(list_unit_ids(db, wish.units), wish.units, "units", "no_such_unit", errors)
    if errors:
        raise Invalid(errors)
    names = ("title", "kind", "starts", "ends", "reason", "reason_note", "place", "letter_number", "note")
    return Logged(**{name: getattr(wish, name) for name in names}, host_unit_id=host_unit_id, unit_ids=unit_ids)


def _ids(known: dict[str, int], wanted: list[str], field: str, code: str, errors: list[FieldError]) -> tuple[int, ...]:
    errors += [FieldError(f"{field}.{number}", code) for number, name in enumerate(wanted) if name not in known]
    return tuple(known[name] for name in wanted if name in known)


def _seats(db: Session, seats: list[SeatIn], errors: list[FieldError]) -> tuple[tuple[int, int], ...]:
    units, rooms = list_unit_ids(db, [seat.unit for seat in seats]), list_room_ids(db, [seat.site for seat in seats])
    for number, seat in enumerate(seats):
        if seat.unit not in units:
            errors.append(FieldError(f"seats.{number}.unit", "no_such_unit"))
        if seat.site not in rooms:
            errors.append(FieldError(f"seats.{number}.site", "no_such_room"))
    return tuple((units[s.unit], rooms[s.site]) for s in seats if s.unit in units and s.site in rooms)


def _guests(guests: list[GuestIn]) -> tuple[GuestWish, ...]:
    return tuple(GuestWish(guest.name, guest.mail, guest.language) for guest in guests)
