"""Submitting a draft, changing and cancelling what is booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.booking.booking import Booked, Booking, GuestWish, Rules
from scheduler.booking.conference_rows import commitments, raise_taken, wish_columns
from scheduler.booking.holding import Place, claims, survey
from scheduler.booking.invitations import is_mailed_change, is_major_change
from scheduler.booking.letters import owe_change, owe_edition
from scheduler.booking.lock_queries import Ids, list_holds, take_locks
from scheduler.booking.party import Invitee, find_party
from scheduler.booking.plan import plan
from scheduler.booking.queries import (
    delete_reservations,
    list_guests,
    list_room_parts,
    list_sites,
    set_columns,
    set_profiles,
)
from scheduler.booking.reservations import lock_keys
from scheduler.booking.sync import sync_commitments, sync_party
from scheduler.conduct.endings import owe_end
from scheduler.conduct.queries import find_current_opening, find_locked_by_key, set_current_opening_closed
from scheduler.errors import Stale, TooLate, WrongMove
from scheduler.local_time import local_day
from scheduler.models import Conference, Edition
from scheduler.moves import move
from scheduler.record.queries import list_delegations

CHANGEABLE = ("draft", "planned", "provisioned")
_IN_AUDIT = ("title", "kind", "form", "starts", "ends", "chair_name", "note", "letter_number")


def booking_of(db: Session, conference: Conference) -> Booking:
    """The wish as it stands in the database, to be changed or submitted."""
    sites = list_sites(db, conference.id)
    room_ids = tuple(site.room_id for site in sites)
    others = {site.id: site.room_id for site in sites[1:]}
    housed = {part.unit.unit_id for part in list_room_parts(db, room_ids, local_day(conference.starts)).values()}
    guests = [part for part in list_delegations(db, conference.id) if part.unit_id not in housed]
    names = ("title", "kind", "form", "host_unit_id", "starts", "ends", "chair_name", "chair_title", "chair_mail",
             "contact_name", "contact_phone", "note", "letter_number", "short_notice_reason", "in_person_reason",
             "in_person_note", "top_profile")  # fmt: skip
    return Booking(
        **{name: getattr(conference, name) for name in names},
        room_ids=room_ids,
        unit_ids=tuple(part.unit_id for part in guests),
        seats=tuple((part.unit_id, others[part.site_id]) for part in guests if part.site_id in others),
        guests=tuple(
            GuestWish(g.name, g.mail, g.language) for g in list_guests(db, conference.id) if g.role == "guest"
        ),
        no_secrets=conference.secrecy_at is not None,
    )


def submit(
    db: Session, key: str, *, version: int, actor: str, now: datetime, rules: Rules, clash_confirmed: bool = False
) -> Booked:
    """Turn a draft into a booked conference, checked and written as ``book`` does. Raises as ``book``.

    ``clash_confirmed`` as in Booking: said anew each time, not kept with the draft.
    """
    conference = _current(db, key, version)
    if conference.state != "draft":
        raise WrongMove(state=conference.state, to="planned")
    booking = replace(booking_of(db, conference), clash_confirmed=clash_confirmed)
    wanted = plan(db, booking, now=now, rules=rules, except_id=conference.id)
    take_locks(db, lock_keys(claims(wanted)))
    found = survey(db, wanted, rules, except_id=conference.id)
    found.refuse()
    columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules)
    row = {**_columns(conference), **columns}
    ids = Ids(conference.id, next_ids(db, Edition)[0], [])
    bundle, uid = commitments(wanted, found.place, row, ids, now=now, rules=rules)
    try:
        insert_bundle(db, bundle)
    except IntegrityError as problem:
        raise_taken(problem)
    set_profiles(db, conference.id, found.place.profiles)
    values = {**columns, "uid": uid, "booked_ends": booking.ends}
    move(db, conference.id, "planned", expected="draft", act="booked", actor=actor, now=now, values=values)
    poke(db, *(f"room:{room_id}" for room_id in booking.room_ids))
    return Booked(conference.id, key, version + 1)


def change(db: Session, key: str, booking: Booking, *, version: int, actor: str, now: datetime, rules: Rules) -> Booked:
    """Give a conference another content, time or party. The host stays.

    Raises NotFound, Stale (somebody changed it since ``version``), WrongMove, TooLate (it has started), Invalid,
    RoomTaken, NoCapacity; nothing is written then.
    """
    conference = _current(db, key, version)
    if conference.state not in CHANGEABLE:
        raise WrongMove(state=conference.state, to="changed")
    if conference.state != "draft" and conference.starts <= now:
        raise TooLate(starts=conference.starts.isoformat())
    draft = conference.state == "draft"
    opening = find_current_opening(db, conference.id)
    wanted = plan(
        db, booking, now=now, rules=rules, draft=draft, except_id=conference.id,
        bridge_id=opening.bridge_id if opening else None,
    )  # fmt: skip
    party, place = wanted.party, Place([])
    before, rooms_before = _columns(conference), [site.room_id for site in list_sites(db, conference.id)]
    invited_before = _invitees(db, conference)
    if not draft:
        take_locks(db, lock_keys([*list_holds(db, conference.id), *claims(wanted)]))
        found = survey(db, wanted, rules, except_id=conference.id)
        found.refuse()
        place = found.place
    columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules) | {"booked_ends": booking.ends}
    _set_columns(db, conference, columns | ({"due": None} if draft else {}), version)
    returned = sync_party(db, conference, party, booking, now, place.profiles)
    if not draft:
        sync_commitments(db, conference, place, now=now)
        mailed = is_mailed_change(before, columns, rooms_before, booking.room_ids)
        owe_change(
            db, conference, party, invited_before, mailed=mailed, major=is_major_change(before, columns),
            returned=returned, now=now,
        )  # fmt: skip
    _audit(db, conference, before, rooms_before, booking.room_ids, actor=actor, now=now)
    poke(db, *(f"room:{room_id}" for room_id in {*rooms_before, *booking.room_ids}))
    return Booked(conference.id, key, version + 1)


def cancel(db: Session, key: str, *, version: int, reason: str, actor: str, now: datetime) -> Booked:
    """Cancel what has not ended: rooms are given back, everybody who was invited is told, the video room is closed.

    Raises NotFound, Stale, WrongMove, Invalid (no reason).
    """
    conference = _current(db, key, version)
    if not reason.strip():
        raise Invalid([FieldError("reason", "required")])
    state, booking = conference.state, booking_of(db, conference)
    if state in ("planned", "provisioned", "open"):
        party, errors = find_party(db, booking, local_day(conference.starts))
        if party is None:
            raise Invalid(errors)
        invited = _invitees(db, conference)
        owe_edition(
            db, conference, party, "cancelled", invited, now=now, expires=conference.ends, reason=reason.strip()
        )
        if state in ("provisioned", "open"):
            owe_end(db, conference.id, now=now)
        delete_reservations(db, conference.id)
        set_current_opening_closed(db, conference.id, now)
    move(
        db, conference.id, "cancelled", expected=state, act="cancelled", actor=actor, now=now, reason=reason.strip(),
        values={"due": None},
    )  # fmt: skip
    poke(db, *(f"room:{room_id}" for room_id in booking.room_ids))
    return Booked(conference.id, key, version + 1)


def _current(db: Session, key: str, version: int) -> Conference:
    """The conference, locked: what is read of it and its party from here on stays true until the end."""
    conference = find_locked_by_key(db, key)
    if conference is None:
        raise NotFound(kind="conference", key=key)
    if conference.version != version:
        raise Stale(version=conference.version)
    return conference


def _columns(conference: Conference) -> dict[str, Any]:
    return {c.name: getattr(conference, c.name) for c in Conference.__table__.columns}


def _set_columns(db: Session, conference: Conference, columns: dict[str, Any], version: int) -> None:
    if not set_columns(db, conference.id, columns, version=version):
        raise Stale(version=version)
    db.refresh(conference)


def _invitees(db: Session, conference: Conference) -> list[Invitee]:
    return [Invitee(g.mail, g.name, g.role, g.language, g.person_id, g.unit_id) for g in list_guests(db, conference.id)]


def _audit(
    db: Session, conference: Conference, before: dict[str, Any], rooms_before: list[int], rooms: tuple[int, ...], *,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    def shown(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    names = [name for name in _IN_AUDIT if before[name] != getattr(conference, name)]
    old = {name: shown(before[name]) for name in names}
    new = {name: shown(getattr(conference, name)) for name in names}
    if rooms_before != list(rooms):
        old["rooms"], new["rooms"] = rooms_before, list(rooms)
    add_change(db, "conference", conference.id, "changed", actor=actor, now=now, before=old, after=new)
