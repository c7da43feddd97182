"""From a wish to a conference that holds its place: one transaction writes all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle
from rooms.once import poke
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.booking import Booked, Booking, Findings, Rules
from scheduler.booking.clashes import clash_errors, clash_warnings, find_clashes
from scheduler.booking.conference_rows import conference_row, own_rows, placed_rows, raise_taken
from scheduler.booking.objections import objections
from scheduler.booking.party import find_party
from scheduler.booking.place.holding import Place, Survey, claims, survey
from scheduler.booking.place.lock_queries import take_ids, take_locks
from scheduler.booking.place.reservations import ROOM, Hold, lock_keys
from scheduler.booking.place.unlocked import Unlocked, look
from scheduler.booking.plan import Plan, plan, plan_with
from scheduler.booking.validation import warnings
from scheduler.local_time import local_day


def check(db: Session, booking: Booking, *, now: datetime, rules: Rules, except_id: int = 0) -> Findings:
    """Everything that would stand in the way of booking this now, without booking it.

    ``except_id``: the conference that is being changed, which does not stand in its own way.
    """
    errors = objections(db, booking, now=now, rules=rules, except_id=except_id)
    found = Survey(Place([]))
    said = warnings(booking, now=now, rules=rules)
    if not [e for e in errors if e.field in ("starts", "ends")]:
        party, party_errors = find_party(db, booking, local_day(booking.starts))
        clashes = find_clashes(db, booking, except_id=except_id)
        errors += party_errors + clash_errors(booking, clashes)
        said = [*said, *clash_warnings(clashes)]
        if party is not None:
            found = survey(db, plan_with(booking, party, rules), rules, except_id=except_id)
    place = found.place
    return Findings(
        tuple(errors), tuple(found.taken), tuple(found.full), tuple(said), dict(place.profiles), place.times
    )  # fmt: skip


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

    A draft holds nothing and tells nobody; a wish that needs approval waits for it (``approval_needs``). Raises Invalid
    with every wrong field, RoomTaken saying who holds what until when, or NoCapacity saying which line or host is full;
    under a race that slips past the check the database refuses, and RoomTaken comes without details (the transaction
    is gone by then; ``check`` in a new one explains).
    """
    wanted = plan(db, booking, now=now, rules=rules, draft=draft)
    needs = () if draft or demo else approval_needs(booking, rules)
    seen, asked = None if draft else look(db, wanted), [] if draft else claims(wanted)
    ids = take_ids(db, [hold for hold in asked if hold.kind == ROOM], len(wanted.party.rooms))
    if seen and ids.wanted:  # losers of a race neither write nor wait
        survey(db, wanted, rules, seen=seen).refuse()
    row = conference_row(wanted, ids.conference, actor=actor, now=now, rules=rules) | {"demo": demo}
    insert_bundle(db, own_rows(wanted, row, ids, draft=draft, actor=actor, now=now, rules=rules, needs=needs))
    place = _locked_place(db, wanted, asked, rules, seen, own_id=ids.conference) if seen else None
    try:
        insert_bundle(db, placed_rows(wanted, place, ids, rules, waiting=bool(needs)))
    except IntegrityError as problem:
        raise_taken(problem)
    poke(db, "outbox", *(f"room:{room.room_id}" for room in wanted.party.rooms))
    return Booked(ids.conference, row["key"], state=row["state"])


def _locked_place(
    db: Session, wanted: Plan, asked: Sequence[Hold], rules: Rules, seen: Unlocked, *, own_id: int
) -> Place:
    """The place under its locks; ``own_id``: its own rows, which are there and do not count against it.

    The locks are taken late, when everything that nobody disputes is written: others wait for them (measured: a booking
    of thirty rooms held them twice as long before).
    """
    take_locks(db, lock_keys(asked))
    found = survey(db, wanted, rules, except_id=own_id, seen=seen)
    found.refuse()
    return found.place
