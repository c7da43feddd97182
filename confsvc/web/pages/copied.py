"""The booking form filled as something that is there: another meeting of the office ("book again"), or one of its
templates. What holds for that one alone is asked anew; what is no longer there is left out, and said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, units_for
from confsvc.web.pages.choices import Places, load_places
from confsvc.web.pages.sight import find_hosted
from confsvc.web.pages.typed import Fields, parse_day, parse_time
from confsvc.web.pages.wish import Typed, typed_of
from rooms.errors import NotFound
from rooms.queries import list_names
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Booking
from scheduler.booking.history_queries import list_room_names
from scheduler.booking.templates import as_new, known_template, wish_on
from scheduler.booking.templates_queries import list_templates
from scheduler.local_time import instant, local_day
from scheduler.models import BookingTemplate

P = Permission.CONFERENCE_BOOK
MOST_OFFERED = 100
"""Templates that the form offers, those of the own office first; the page of templates has more."""


@dataclass(frozen=True)
class Copied:
    """The form as filled. ``left_out``: names of rooms and offices that are not there on its day; ``template``: the
    name of the template it came from."""

    typed: Typed
    left_out: tuple[str, ...] = ()
    template: str = ""


def copied(db: Session, actor: Actor, query: Fields, fresh: Typed, *, now: datetime) -> Copied | None:
    """What ``like`` (a conference) or ``template`` of the address fills in, on the day that a fresh form proposes; None
    when neither is named. Raises NotFound, NotAllowed."""
    like, key = str(query.get("like", "")), str(query.get("template", ""))
    day = parse_day(fresh.date) or local_day(now)
    if like:
        return _filled(db, actor, as_new(booking_of(db, find_hosted(db, actor, like, P))), fresh, day)
    if not key:
        return None
    template = usable(db, actor, key)
    made = _filled(db, actor, wish_on(template, day), fresh, day)
    if clock := parse_time(str(query.get("start", ""))):
        made = replace(made, typed=made.typed.moved_to(instant(day, clock)))
    return replace(made, template=template.name)


def _filled(db: Session, actor: Actor, booking: Booking, fresh: Typed, day: date) -> Copied:
    places = load_places(db, actor, P, day)
    typed = replace(typed_of(booking, places), date=fresh.date)
    if booking.room_ids and booking.room_ids[0] not in places.room_by_id:  # or the next site would be the main one
        others = (typed.main, *typed.sites)
        typed = replace(typed, main=fresh.main, sites=tuple(key for key in others if key and key != fresh.main))
    typed = replace(typed, contact_name=typed.contact_name or fresh.contact_name)
    return Copied(typed, left_out(db, booking, places))


def left_out(db: Session, booking: Booking, places: Places) -> tuple[str, ...]:
    """Names of what the booking has and the day has not: rooms, offices, and offices whose neighbour's room is gone."""
    rooms = [one for one in booking.room_ids if one not in places.room_by_id]
    units = [one for one in booking.unit_ids if one not in places.unit_by_id]
    units += [unit for unit, room in booking.seats if room in rooms and unit not in units]
    room_names = list_room_names(db, rooms) if rooms else {}
    unit_names = list_names(db, units, date.max) if units else {}
    names = [room_names[one] for one in rooms if one in room_names]
    return (*names, *(unit_names[one].short for one in units if one in unit_names))


def usable(db: Session, actor: Actor, key: str) -> BookingTemplate:
    """The template, for whoever may book for its office; raises NotFound for all others."""
    found = known_template(db, key)
    if not may(actor, P, found.unit_id):
        raise NotFound(kind="template", key=key)
    return found


def template_options(db: Session, actor: Actor, places: Places) -> list[dict[str, object]]:
    """Templates of the offices that one books for, for ``select``: a group an office."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in list_templates(db, units_for(actor, P), first=actor.unit_id, most=MOST_OFFERED):
        unit = places.unit_by_id.get(row.unit_id)
        groups.setdefault(unit.short if unit else "?", []).append((row.key, row.name))
    return [{"label": label, "options": options} for label, options in groups.items()]
