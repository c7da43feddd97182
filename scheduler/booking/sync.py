"""Making the rows of a changed conference those of its new wish: party, reservations, video room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from scheduler.booking.book import opening_row, raise_taken
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.party import Party, guest_row
from scheduler.booking.queries import delete_reservations, list_sites
from scheduler.booking.reservations import reservation_rows
from scheduler.models import Conference, Delegation, Guest, Opening, Reservation, Site
from scheduler.timing import spans


def sync_party(db: Session, conference: Conference, party: Party, booking: Booking, now: datetime) -> bool:
    """Make sites, delegations and guests those of ``party``; whether somebody who had been removed came back."""
    kept = {site.room_id: site.id for site in list_sites(db, conference.id)}
    missing = [room.room_id for room in party.rooms if room.room_id not in kept]
    new = dict(zip(missing, next_ids(db, Site, len(missing)) if missing else [], strict=True))
    ids = [kept.get(room.room_id) or new[room.room_id] for room in party.rooms]
    rows = party.site_rows(conference.id, ids)
    insert_bundle(db, [(Site, [row for row in rows if row["room_id"] in new])])
    for row in rows:
        db.execute(update(Site).where(Site.id == row["id"]).values(role=row["role"], position=row["position"]))
    _sync_delegations(db, conference, party, booking, {row["room_id"]: row["id"] for row in rows})
    gone = [site_id for room_id, site_id in kept.items() if room_id not in booking.room_ids]
    db.execute(delete(Site).where(Site.id.in_(gone)))
    return _sync_guests(db, conference, party, now)


def _sync_delegations(
    db: Session, conference: Conference, party: Party, booking: Booking, site_of_room: dict[int, int]
) -> None:
    rows = party.delegation_rows(conference.id, booking.form, site_of_room)
    there = {d.unit_id for d in db.scalars(select(Delegation).where(Delegation.conference_id == conference.id))}
    wanted = {row["unit_id"] for row in rows}
    db.execute(
        delete(Delegation).where(Delegation.conference_id == conference.id, Delegation.unit_id.in_(there - wanted))
    )
    for row in rows:
        if row["unit_id"] in there:
            mine = (Delegation.conference_id == conference.id, Delegation.unit_id == row["unit_id"])
            db.execute(update(Delegation).where(*mine).values(**row))
    insert_bundle(db, [(Delegation, [row for row in rows if row["unit_id"] not in there])])


def _sync_guests(db: Session, conference: Conference, party: Party, now: datetime) -> bool:
    there = {guest.mail: guest for guest in db.scalars(select(Guest).where(Guest.conference_id == conference.id))}
    wanted = {invitee.mail: guest_row(conference.id, invitee) for invitee in party.invitees}
    returned = any(guest.removed_at is not None for mail, guest in there.items() if mail in wanted)
    for mail, guest in there.items():
        values = {**wanted[mail], "removed_at": None} if mail in wanted else {"removed_at": now}
        if mail in wanted or guest.removed_at is None:
            db.execute(update(Guest).where(Guest.id == guest.id).values(**values))
    insert_bundle(db, [(Guest, [row for mail, row in wanted.items() if mail not in there])])
    return returned


def sync_commitments(db: Session, conference: Conference, booking: Booking, *, now: datetime, rules: Rules) -> None:
    """Delete and write anew what is held; open or close the video room when the form says so."""
    times = spans(booking.starts, booking.ends, rules.timing)
    delete_reservations(db, conference.id)
    current = db.scalar(select(Opening.id).where(Opening.conference_id == conference.id, Opening.until.is_(None)))
    openings: list[dict[str, Any]] = []
    if booking.has_video and current is None:
        made = db.scalars(select(Opening.generation).where(Opening.conference_id == conference.id)).all()
        openings = [opening_row(conference.id, rules.bridges[0], now, max(made, default=0) + 1)]
    elif not booking.has_video:
        close_opening(db, conference.id, now)
    try:
        insert_bundle(
            db,
            [
                (Opening, openings),
                (Reservation, reservation_rows(conference.id, booking.room_ids, times, holds=True)),
            ],
        )
    except IntegrityError as problem:
        raise_taken(problem)


def close_opening(db: Session, conference_id: int, now: datetime) -> None:
    db.execute(update(Opening).where(Opening.conference_id == conference_id, Opening.until.is_(None)).values(until=now))
