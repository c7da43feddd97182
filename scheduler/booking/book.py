"""From a wish to a conference that holds its rooms: one transaction writes all of it or nothing."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.bulk import Bundle, insert_bundle
from rooms.changes import change_row
from rooms.errors import Invalid
from rooms.models import Change
from rooms.names import search_key
from rooms.once import poke
from scheduler.booking.booking import Booked, Booking, Findings, Rules
from scheduler.booking.clashes import clash_errors, clash_warnings, find_clashes, refuse_unconfirmed
from scheduler.booking.invitations import edition_content, edition_row, letter_rows, next_dtstamp
from scheduler.booking.objections import objections
from scheduler.booking.party import Party, find_party
from scheduler.booking.queries import Ids, list_taken, lock_and_take_ids
from scheduler.booking.reservations import lock_keys, reservation_rows
from scheduler.booking.validation import is_short_notice, warnings
from scheduler.conduct.lifecycle import PROVISION_BEFORE
from scheduler.errors import RoomTaken, Taken
from scheduler.local_time import local_day
from scheduler.models import (
    CalendarItem,
    Conference,
    Delegation,
    Edition,
    Effect,
    Guest,
    Opening,
    Reservation,
    Site,
)
from scheduler.timing import Spans, spans

ROOM_TAKEN = "reservation_room_taken"
KEY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another
KEY_LENGTH = 10


def new_conference_key() -> str:
    """A random public key for addresses, short enough to be read out: 49 bits."""
    return "".join(secrets.choice(KEY_LETTERS) for _ in range(KEY_LENGTH))


def check(db: Session, booking: Booking, *, now: datetime, rules: Rules, except_id: int = 0) -> Findings:
    """Everything that would stand in the way of booking this now, without booking it.

    ``except_id``: the conference that is being changed, which does not stand in its own way.
    """
    errors = objections(db, booking, now=now, rules=rules, except_id=except_id)
    known = [e for e in errors if e.field in ("starts", "ends")]
    taken: list[Taken] = []
    said = warnings(booking, now=now, rules=rules)
    if not known:
        _, party_errors = find_party(db, booking, local_day(booking.starts))
        clashes = find_clashes(db, booking, except_id=except_id)
        errors += party_errors + clash_errors(booking, clashes)
        said = [*said, *clash_warnings(clashes)]
        times = spans(booking.starts, booking.ends, rules.timing)
        day = local_day(booking.starts)
        taken = list_taken(db, booking.room_ids, times.room_from, times.room_until, day, except_id=except_id)
    return Findings(tuple(errors), tuple(taken), tuple(said))


def book(
    db: Session,
    booking: Booking,
    *,
    actor: str,
    now: datetime,
    rules: Rules,
    draft: bool = False,
    demo: bool = False,
) -> Booked:
    """Write the conference with its sites, delegations, guests, reservations, letters and ``change`` row.

    A draft holds nothing and tells nobody. Raises Invalid with every wrong field, or RoomTaken saying who holds what
    until when; under a race that slips past the check the database refuses, and RoomTaken comes without details (the
    transaction is gone by then; ``check`` in a new one explains).
    """
    errors = objections(db, booking, now=now, rules=rules, draft=draft)
    party, party_errors = (None, []) if errors else find_party(db, booking, local_day(booking.starts))
    if party is None:
        raise Invalid(errors + party_errors)
    if not draft:
        refuse_unconfirmed(db, booking)
    times = spans(booking.starts, booking.ends, rules.timing)
    keys = [] if draft else lock_keys([(booking.room_ids, times.room_from, times.room_until)])
    ids = lock_and_take_ids(db, keys, len(party.rooms))
    if not draft:
        refuse_taken(db, booking, times)
    row = conference_row(booking, times, ids.conference, actor=actor, now=now, rules=rules)
    row |= {"state": "draft", "due": None} if draft else {}
    row |= {"demo": demo}
    bundle: list[tuple[Any, list[dict[str, Any]]]] = []
    if not draft:
        bundle, row["uid"] = commitments(booking, party, row, ids, times, now=now, rules=rules)
        if demo:  # nobody is written to about a demonstration
            bundle = [part for part in bundle if part[0] is not Effect]
    try:
        insert_bundle(db, _whole(row, party, ids, booking, bundle, actor=actor, now=now))
    except IntegrityError as problem:
        raise_taken(problem)
    poke(db, "outbox", *(f"room:{room.room_id}" for room in party.rooms))
    return Booked(ids.conference, row["key"])


def _whole(
    row: dict[str, Any], party: Party, ids: Ids, booking: Booking, commitments_: Bundle, *, actor: str, now: datetime
) -> Bundle:
    """All rows of a new conference, parents first; the calendar entry comes before what names it."""
    conference_id, sites = ids.conference, party.site_rows(ids.conference, ids.sites)
    site_of_room = {site["room_id"]: site["id"] for site in sites}
    after = {"key": row["key"], "title": row["title"], "state": row["state"], "starts": row["starts"].isoformat()}
    act = "drafted" if row["state"] == "draft" else "booked"
    calendar = [part for part in commitments_ if part[0] in (CalendarItem, Edition)]
    return [
        *calendar,
        (Conference, [row]),
        (Site, sites),
        (Delegation, party.delegation_rows(conference_id, booking.form, site_of_room)),
        (Guest, party.guest_rows(conference_id)),
        *[part for part in commitments_ if part not in calendar],
        (Change, [change_row("conference", conference_id, act, actor=actor, now=now, after=after)]),
    ]


def commitments(
    booking: Booking, party: Party, row: dict[str, Any], ids: Ids, times: Spans, *, now: datetime, rules: Rules
) -> tuple[list[tuple[Any, list[dict[str, Any]]]], str]:
    """What a booking binds: reservations, the opening on a video host, calendar entry, letters. And the UID."""
    uid = f"{secrets.token_hex(16)}@{rules.mail_domain}"
    stamp = next_dtstamp(None, now)
    content = edition_content(row, party, "booked")
    edition = edition_row(ids.edition, uid, 1, "REQUEST", 0, stamp, content)
    openings = [opening_row(ids.conference, rules.bridges[0], now)] if booking.has_video else []
    return [
        (CalendarItem, [{"uid": uid, "last_dtstamp": stamp}]),
        (Edition, [edition]),
        (Opening, openings),
        (Reservation, reservation_rows(ids.conference, booking.room_ids, times, holds=True)),
        (Effect, letter_rows(edition, ids.conference, party.invitees, now=now, expires=booking.ends)),
    ], uid


def opening_row(conference_id: int, bridge_id: int, now: datetime, generation: int = 1) -> dict[str, Any]:
    """A new video room under a name that nobody can guess and that says nothing (96 random bits)."""
    return {
        "conference_id": conference_id, "bridge_id": bridge_id, "generation": generation,
        "jitsi_name": f"h{secrets.token_hex(12)}", "since": now, "until": None,
    }  # fmt: skip


def conference_row(
    booking: Booking, times: Spans, conference_id: int, *, actor: str, now: datetime, rules: Rules
) -> dict[str, Any]:
    """The columns of a booked conference."""
    return {
        "id": conference_id,
        "key": new_conference_key(),
        "counted_with": conference_id,
        "origin": "booked",
        **wish_columns(booking, times, now=now, rules=rules, actor=actor),
        "booked_ends": booking.ends,
        "state": "planned",
        "uid": None,
        "booked_by": actor,
        "booked_at": now,
    }


def wish_columns(booking: Booking, times: Spans, *, actor: str, now: datetime, rules: Rules) -> dict[str, Any]:
    """The columns that follow from the wish alone, whether it is new or changed."""
    title = " ".join(booking.title.split())
    short = is_short_notice(booking, now=now, rules=rules)
    return {
        "kind": booking.kind, "form": booking.form, "title": title, "search_key": search_key(title),
        "host_unit_id": booking.host_unit_id, "starts": booking.starts, "ends": booking.ends,
        "opens": times.opens, "latest_end": times.latest_end, "due": max(now, times.opens - PROVISION_BEFORE),
        "chair_name": booking.chair_name.strip(), "chair_title": booking.chair_title.strip(),
        "chair_mail": (booking.chair_mail or "").strip().lower() or None,
        "contact_name": booking.contact_name.strip(), "contact_phone": booking.contact_phone.strip(),
        "note": booking.note.strip(), "letter_number": booking.letter_number.strip(),
        "short_notice_reason": (booking.short_notice_reason or "").strip() or None if short else None,
        "in_person_reason": booking.in_person_reason if booking.form == "in_person" else None,
        "in_person_note": booking.in_person_note.strip() if booking.form == "in_person" else "",
        "secrecy_by": actor if booking.no_secrets else None, "secrecy_at": now if booking.no_secrets else None,
    }  # fmt: skip


def refuse_taken(db: Session, booking: Booking, times: Spans, *, except_id: int = 0) -> None:
    """Raise RoomTaken, saying who holds which room until when; call it under the locks."""
    day = local_day(booking.starts)
    taken = list_taken(db, booking.room_ids, times.room_from, times.room_until, day, except_id=except_id)
    if taken:
        raise RoomTaken(taken)


def raise_taken(problem: IntegrityError) -> None:
    """Turn the database's refusal of an overlap into RoomTaken, and let every other refusal through."""
    diagnostics = getattr(problem.orig, "diag", None)
    name = diagnostics.constraint_name if diagnostics is not None else str(problem.orig)
    if name == ROOM_TAKEN:
        raise RoomTaken from problem
    raise problem
