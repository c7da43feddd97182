"""Taking sites out of a conference that goes on without them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import Invalid
from rooms.once import poke
from scheduler.booking.approving.stored import booking_of, invited, party_of
from scheduler.booking.letters import owe_change
from scheduler.booking.party import find_party
from scheduler.booking.queries import list_sites, set_columns
from scheduler.booking.sync import sync_party
from scheduler.conduct.extension_queries import list_held, set_held
from scheduler.local_time import local_day
from scheduler.models import Conference


def take_out(db: Session, conference: Conference, room_ids: Collection[int], *, actor: str, now: datetime) -> None:
    """These rooms and who would sit in them leave; their contacts are told, the others only before it runs.

    Never the main site. What the video host was promised stays, it is never too little.
    """
    booking, people, before = booking_of(db, conference), invited(db, conference), party_of(db, conference)
    seated = {unit_id for unit_id, room_id in booking.seats if room_id in room_ids}
    left = replace(
        booking, room_ids=tuple(room_id for room_id in booking.room_ids if room_id not in room_ids),
        unit_ids=tuple(unit_id for unit_id in booking.unit_ids if unit_id not in seated),
        seats=tuple(seat for seat in booking.seats if seat[1] not in room_ids),
    )  # fmt: skip
    party, errors = find_party(db, left, local_day(conference.starts))
    if party is None:
        raise Invalid(errors)
    profiles = {site.room_id: site.profile for site in list_sites(db, conference.id) if site.profile}
    sync_party(db, conference, party, left, now, profiles)
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
