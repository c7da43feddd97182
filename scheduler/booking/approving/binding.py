"""When a conference that exists becomes binding, waits for approval, or gives its place back.

`book` writes a new conference's rows in one bundle (conference_rows.py); whatever comes later comes through here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.once import poke
from scheduler.booking.approving.needs import Need, holds_while_pending
from scheduler.booking.approving.queries import set_open_approvals
from scheduler.booking.approving.stored import invited, party_of
from scheduler.booking.booking import Rules
from scheduler.booking.conference_rows import first_due, new_uid, raise_taken, waiting_rows
from scheduler.booking.invitations import edition_content, edition_row, letter_rows, next_dtstamp
from scheduler.booking.letters import owe_edition
from scheduler.booking.place.hit import unmark_changed
from scheduler.booking.place.holding import Place
from scheduler.booking.place.reservations import reservation_rows
from scheduler.booking.plan import Plan
from scheduler.booking.queries import delete_reservations, set_profiles
from scheduler.booking.sync import sync_commitments
from scheduler.conduct.endings import owe_end
from scheduler.conduct.queries import set_current_opening_closed
from scheduler.models import CalendarItem, Conference, Edition, Effect, Reservation
from scheduler.moves import move

INVITED = ("pending", "planned", "provisioned", "open")
"""States in which those who were once written to believe that it takes place. A request only has such people when it
was planned before."""


def bind(
    db: Session, conference: Conference, wanted: Plan, place: Place, columns: Mapping[str, Any], *, act: str,
    actor: str, now: datetime, rules: Rules,
) -> None:  # fmt: skip
    """It is planned from here on: place, video room, calendar entry, letters. ``columns`` are written with the state.

    Raises RoomTaken when the database refuses. Who was written to before keeps the calendar entry: of a request that
    stood invited all are told of the change, after it had been called off they are invited anew.
    """
    sync_commitments(db, conference, place, now=now)
    set_profiles(db, conference.id, place.profiles)
    known, what = conference.uid, "changed" if conference.state == "pending" else "booked"
    uid, stamp = known or new_uid(rules), next_dtstamp(None, now)
    if known is None:
        insert_bundle(db, [(CalendarItem, [{"uid": uid, "last_dtstamp": stamp}])])
    due = first_due("planned", wanted.times, columns["hold_until"], now)
    values = {**columns, "uid": uid, "booked_ends": wanted.booking.ends, "due": due}
    move(db, conference.id, "planned", expected=conference.state, act=act, actor=actor, now=now, values=values)
    db.refresh(conference)
    invitees, ends = wanted.party.invitees, wanted.booking.ends
    if known is not None:
        owe_edition(db, conference, wanted.party, what, invitees, now=now, expires=ends, major=True)
        return
    content = edition_content(conference, wanted.party, "booked")
    edition = edition_row(next_ids(db, Edition)[0], uid, 1, "REQUEST", 0, stamp, content)
    letters = letter_rows(edition, conference.id, invitees, now=now, expires=ends)
    insert_bundle(db, [(Edition, [edition]), (Effect, [] if conference.demo else letters)])


def wait(
    db: Session, conference: Conference, wanted: Plan, place: Place, columns: Mapping[str, Any],
    needs: Sequence[Need], *, actor: str, now: datetime, rules: Rules,
) -> None:  # fmt: skip
    """It waits for approval from here on; nobody is written to and no video room is open meanwhile."""
    if conference.state == "provisioned":
        owe_end(db, conference.id, now=now)
    ask(db, conference, wanted, place, needs, actor=actor, now=now, rules=rules)
    due = first_due("pending", wanted.times, columns["hold_until"], now)
    values = {**columns, "booked_ends": wanted.booking.ends, "due": due, "approved_at": None}
    move(db, conference.id, "pending", expected=conference.state, act="asked", actor=actor, now=now, values=values)
    db.refresh(conference)


def ask(
    db: Session, conference: Conference, wanted: Plan, place: Place, needs: Sequence[Need], *, actor: str,
    now: datetime, rules: Rules,
) -> None:  # fmt: skip
    """Its place, held or only shown as the host's rule says, and its questions anew; without ``needs`` the questions
    that are open stay. Raises RoomTaken when the database refuses."""
    if needs:
        set_open_approvals(db, conference.id, "withdrawn", now=now, by=actor)
    unmark_changed(db, conference, now=now)
    delete_reservations(db, conference.id)
    set_current_opening_closed(db, conference.id, now)
    holding = holds_while_pending(wanted.booking, rules)
    held = reservation_rows(place.holds, holding=holding, conference_id=conference.id)
    waiting = waiting_rows(wanted, conference.id, needs, actor=actor, now=now, rules=rules)
    try:
        insert_bundle(db, [(Reservation, held), *waiting])
    except IntegrityError as problem:
        raise_taken(problem)
    set_profiles(db, conference.id, place.profiles)
    poke(db, "outbox")


def release(db: Session, conference: Conference, what: str, *, reason: str, now: datetime) -> None:
    """Give back everything it holds; whoever was invited and not yet told otherwise is told why.

    ``what``: "cancelled" or "postponed", as the letters say it. The state is the caller's to write.
    """
    if conference.state in INVITED and conference.uid is not None:
        people = invited(db, conference)
        party = party_of(db, conference)
        owe_edition(db, conference, party, what, people, now=now, expires=conference.ends, reason=reason)
    if conference.state in ("provisioned", "open"):
        owe_end(db, conference.id, now=now)
    unmark_changed(db, conference, now=now)
    delete_reservations(db, conference.id)
    set_current_opening_closed(db, conference.id, now)
