"""Taking sites out of a conference that goes on without them."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import Invalid
from rooms.once import poke
from scheduler.booking.approving.stored import booking_of, invited, party_of
from scheduler.booking.booking import Booking
from scheduler.booking.letters import owe_change
from scheduler.booking.party import Party, find_party
from scheduler.booking.queries import list_sites, set_columns
from scheduler.booking.sync import sync_guests, sync_party
from scheduler.conduct.extension_queries import list_held, set_held
from scheduler.conduct.presence import list_sightings
from scheduler.conduct.presence_queries import set_site
from scheduler.local_time import local_day
from scheduler.models import Conference, Site


def take_out(db: Session, conference: Conference, room_ids: Collection[int], *, actor: str, now: datetime) -> None:
    """These rooms and who would sit in them leave; their contacts are told, the others only before it runs.

    Where somebody was seen the site stays in the record with its minutes and holds nothing. Never the main site. What
    the video host was promised stays, it is never too little.
    """
    booking, people, before = booking_of(db, conference), invited(db, conference), party_of(db, conference)
    sites = list_sites(db, conference.id)
    seen = _seen(db, conference, sites) & set(room_ids)
    left, stays = _without(booking, set(room_ids)), _without(booking, set(room_ids) - seen)
    party, recorded = _party(db, left, conference), _party(db, stays, conference)
    profiles = {site.room_id: site.profile for site in sites if site.profile}
    sync_party(db, conference, recorded, stays, now, profiles)
    sync_guests(db, conference, party, now)
    for site in sites:
        if site.room_id in seen:
            set_site(db, site.id, {"given_back_at": now})
    lines = [room.line.line_id for room in before.rooms if room.room_id in room_ids and room.line is not None]
    _give_back(db, conference, room_ids, lines)
    owe_change(
        db, conference, party, people, mailed=conference.state != "open", major=False, returned=False, now=now
    )  # fmt: skip
    set_columns(db, conference.id, {}, version=conference.version)
    db.refresh(conference)
    rooms = {"rooms": [room.room_id for room in before.rooms]}
    after = {"rooms": list(left.room_ids)}
    add_change(db, "conference", conference.id, "sites_out", actor=actor, now=now, before=rooms, after=after)
    poke(db, f"conference:{conference.id}", *(f"room:{room.room_id}" for room in before.rooms))


def _without(booking: Booking, room_ids: Set[int]) -> Booking:
    """The same without these rooms and who sits there."""
    seated = {unit_id for unit_id, room_id in booking.seats if room_id in room_ids}
    return replace(
        booking, room_ids=tuple(room_id for room_id in booking.room_ids if room_id not in room_ids),
        unit_ids=tuple(unit_id for unit_id in booking.unit_ids if unit_id not in seated),
        seats=tuple(seat for seat in booking.seats if seat[1] not in room_ids),
    )  # fmt: skip


def _party(db: Session, booking: Booking, conference: Conference) -> Party:
    party, errors = find_party(db, booking, local_day(conference.starts))
    if party is None:
        raise Invalid(errors)
    return party


def _seen(db: Session, conference: Conference, sites: Sequence[Site]) -> set[int]:
    """The rooms where somebody was seen in this sitting."""
    if conference.state != "open":
        return set()
    seen = {one.site_id for one in list_sightings(db, conference.id)}
    return {site.room_id for site in sites if site.id in seen}


def _give_back(db: Session, conference: Conference, room_ids: Collection[int], lines: list[int]) -> None:
    """Its rooms, and one part of its line for each."""
    kept, gone = [], list(lines)
    for row in list_held(db, conference.id):
        if row["room_id"] in room_ids:
            continue
        if row["line_id"] in gone:
            gone.remove(row["line_id"])
            continue
        kept.append(row)
    set_held(db, conference.id, kept)
