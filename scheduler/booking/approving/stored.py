"""A conference as it stands in the database: the wish it came from, who is invited, and holding it for a change."""

from __future__ import annotations

from sqlalchemy.orm import Session

from rooms.errors import Invalid, NotFound
from scheduler.booking.booking import Booking, GuestWish
from scheduler.booking.party import Invitee, Party, find_party
from scheduler.booking.queries import list_guests, list_room_parts, list_sites
from scheduler.conduct.queries import find_locked_by_key
from scheduler.errors import Stale
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.record.queries import list_delegations

_SAME = (
    "title", "kind", "form", "host_unit_id", "starts", "ends", "chair_name", "chair_title", "chair_mail",
    "contact_name", "contact_phone", "note", "letter_number", "short_notice_reason", "in_person_reason",
    "in_person_note", "top_profile", "chair_level", "chair_for", "chair_consent", "verbal_order",
)  # fmt: skip


def booking_of(db: Session, conference: Conference) -> Booking:
    """The wish as it stands in the database, to be changed or submitted."""
    sites = list_sites(db, conference.id)
    room_ids = tuple(site.room_id for site in sites)
    others = {site.id: site.room_id for site in sites[1:]}
    housed = {part.unit.unit_id for part in list_room_parts(db, room_ids, local_day(conference.starts)).values()}
    guests = [part for part in list_delegations(db, conference.id) if part.unit_id not in housed]
    return Booking(
        **{name: getattr(conference, name) for name in _SAME},
        room_ids=room_ids,
        unit_ids=tuple(part.unit_id for part in guests),
        seats=tuple((part.unit_id, others[part.site_id]) for part in guests if part.site_id in others),
        guests=tuple(
            GuestWish(g.name, g.mail, g.language) for g in list_guests(db, conference.id) if g.role == "guest"
        ),
        no_secrets=conference.secrecy_at is not None,
    )


def current(db: Session, key: str, version: int) -> Conference:
    """The conference, locked: what is read of it and its party from here on stays true until the end.

    Raises NotFound, Stale.
    """
    conference = find_locked_by_key(db, key)
    if conference is None:
        raise NotFound(kind="conference", key=key)
    if conference.version != version:
        raise Stale(version=conference.version)
    return conference


def invited(db: Session, conference: Conference) -> list[Invitee]:
    """Everybody who is invited now."""
    return [Invitee(g.mail, g.name, g.role, g.language, g.person_id, g.unit_id) for g in list_guests(db, conference.id)]


def party_of(db: Session, conference: Conference) -> Party:
    """Who takes part, as of the sitting's day. Raises Invalid when an office or room is there no more."""
    party, errors = find_party(db, booking_of(db, conference), local_day(conference.starts))
    if party is None:
        raise Invalid(errors)
    return party
