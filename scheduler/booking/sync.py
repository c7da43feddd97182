"""Making the rows of a changed conference those of its new wish: party, reservations, video room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from scheduler.booking import sync_queries as queries
from scheduler.booking.booking import Booking
from scheduler.booking.conference_rows import opening_row, raise_taken
from scheduler.booking.party import Party, guest_row
from scheduler.booking.place.hit import unmark_changed
from scheduler.booking.place.holding import Place
from scheduler.booking.place.reservations import reservation_rows
from scheduler.booking.queries import delete_reservations, list_sites
from scheduler.conduct.queries import find_current_opening, set_current_opening_closed
from scheduler.models import Conference, Delegation, Guest, Opening, Reservation, Site
from scheduler.record.queries import list_delegations


def sync_party(
    db: Session, conference: Conference, party: Party, booking: Booking, now: datetime, profiles: Mapping[int, str]
) -> bool:
    """Make sites, delegations and guests those of ``party``; whether somebody who had been removed came back."""
    kept = {site.room_id: site.id for site in list_sites(db, conference.id)}
    missing = [room.room_id for room in party.rooms if room.room_id not in kept]
    new = dict(zip(missing, next_ids(db, Site, len(missing)) if missing else [], strict=True))
    ids = [kept.get(room.room_id) or new[room.room_id] for room in party.rooms]
    rows = party.site_rows(conference.id, ids, profiles)
    insert_bundle(db, [(Site, [row for row in rows if row["room_id"] in new])])
    for row in rows:
        queries.set_site(db, row)
    _sync_delegations(db, conference, party, booking, {row["room_id"]: row["id"] for row in rows})
    gone = [site_id for room_id, site_id in kept.items() if room_id not in booking.room_ids]
    queries.delete_sites(db, gone)
    return sync_guests(db, conference, party, now)


def _sync_delegations(
    db: Session, conference: Conference, party: Party, booking: Booking, site_of_room: dict[int, int]
) -> None:
    rows = party.delegation_rows(conference.id, booking.form, site_of_room)
    there = {delegation.unit_id for delegation in list_delegations(db, conference.id)}
    queries.delete_delegations(db, conference.id, there - {row["unit_id"] for row in rows})
    for row in rows:
        if row["unit_id"] in there:
            queries.set_delegation(db, row)
    insert_bundle(db, [(Delegation, [row for row in rows if row["unit_id"] not in there])])


def sync_guests(db: Session, conference: Conference, party: Party, now: datetime) -> bool:
    """Make the invited addresses those of ``party``; whether somebody who had been removed came back."""
    there = {guest.mail: guest for guest in queries.list_all_guests(db, conference.id)}
    wanted = {invitee.mail: guest_row(conference.id, invitee) for invitee in party.invitees}
    returned = any(guest.removed_at is not None for mail, guest in there.items() if mail in wanted)
    for mail, guest in there.items():
        values = {**wanted[mail], "removed_at": None} if mail in wanted else {"removed_at": now}
        if mail in wanted or guest.removed_at is None:
            queries.set_guest(db, guest.id, values)
    insert_bundle(db, [(Guest, [row for mail, row in wanted.items() if mail not in there])])
    return returned


def sync_commitments(db: Session, conference: Conference, place: Place, *, now: datetime) -> None:
    """Delete and write anew what is held; open or close the video room when the form says so."""
    unmark_changed(db, conference, now=now)
    delete_reservations(db, conference.id)
    openings: list[dict[str, Any]] = []
    if place.bridge_id is None:
        set_current_opening_closed(db, conference.id, now)
    elif find_current_opening(db, conference.id) is None:
        generation = queries.last_generation(db, conference.id) + 1
        openings = [opening_row(conference.id, place.bridge_id, now, generation)]
    held = reservation_rows(place.holds, holding=True, conference_id=conference.id)
    try:
        insert_bundle(db, [(Opening, openings), (Reservation, held)])
    except IntegrityError as problem:
        raise_taken(problem)
