"""The one other time that is held for a conference that gave way, or that there is none.

Whoever was invited hears nothing yet when a time is held: the host decides first (displaced.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle
from scheduler.booking.approving.binding import release
from scheduler.booking.approving.notices import owe_notice
from scheduler.booking.approving.queries import list_open_approvals, set_open_approvals
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.conference_rows import raise_taken
from scheduler.booking.giving_way import preempt_queries as queries
from scheduler.booking.giving_way.displaced import ANSWER_WITHIN
from scheduler.booking.giving_way.models import Displacement
from scheduler.booking.giving_way.rivals import GaveWay, Rival
from scheduler.booking.party import find_party
from scheduler.booking.place.holding import Place, survey
from scheduler.booking.place.reservations import ROOM, reservation_rows
from scheduler.booking.plan import plan_with
from scheduler.booking.queries import list_room_parts, list_sites, set_columns
from scheduler.booking.ways.nearest import nearest_times
from scheduler.conduct.endings import owe_end
from scheduler.conduct.lifecycle import PROVISION_BEFORE
from scheduler.conduct.queries import set_current_opening_closed
from scheduler.local_time import local_day
from scheduler.models import Conference, Reservation
from scheduler.moves import move
from scheduler.name_queries import list_short_names

SHORTEST_TO_ANSWER = timedelta(hours=1)
"""No time is held that its host could not answer about before the video room opens."""


@dataclass(frozen=True)
class Alternative:
    """A time that fits, with everything that it takes."""

    starts: datetime
    ends: datetime
    place: Place
    answer_until: datetime


def find_alternative(db: Session, conference: Conference, *, now: datetime, rules: Rules) -> Alternative | None:
    """The nearest time at which all its rooms, its chair, lines and host are free: its own day first."""
    booking = booking_of(db, conference)
    party, _ = find_party(db, booking, local_day(conference.starts))
    if party is None:
        return None
    opens_before = timedelta(minutes=rules.timing.opens_before) + PROVISION_BEFORE
    found = nearest_times(
        db, booking, party, now=now + opens_before + SHORTEST_TO_ANSWER, rules=rules, except_id=conference.id, most=1
    )
    if not found:
        return None
    starts, ends = found[0].starts, found[0].ends
    place = _place(db, replace(booking, starts=starts, ends=ends), conference, rules)
    if place is None:
        return None
    return Alternative(starts, ends, place, min(now + ANSWER_WITHIN, starts - opens_before))


def _place(db: Session, booking: Booking, conference: Conference, rules: Rules) -> Place | None:
    """The place for it under the locks of whoever asks; None when it does not fit after all."""
    party, _ = find_party(db, booking, local_day(booking.starts), held=True)
    if party is None:
        return None
    found = survey(db, plan_with(booking, party, rules), rules, except_id=conference.id)
    return None if found.taken or found.full else found.place


def settle(
    db: Session, rival: Rival, booked: Booked, done: str, *, holder: str, actor: str, now: datetime, rules: Rules
) -> GaveWay:
    """Write what becomes of a conference that gave way. ``done``: "ended" or "sites_out" when that is all; ``holder``:
    the office that has its rooms now, for its host's notice."""
    conference = rival.conference
    day = local_day(conference.starts)
    unit = list_short_names(db, [(conference.host_unit_id, day)]).get((conference.host_unit_id, day), "")
    rooms = tuple(room.unit.short for room in list_room_parts(db, rival.room_ids, day).values())
    starts, ends = conference.starts, conference.ends
    outcome, found = done, None
    if not done and conference.state == "pending" and list_open_approvals(db, conference.id):
        outcome = _answered(db, conference, holder, actor=actor, now=now)
    elif not done:
        found = find_alternative(db, conference, now=now, rules=rules) if conference.state != "open" else None
        outcome = "" if found else "no_alternative"
        _write(db, conference, found, holder, actor=actor, now=now)
    _note(db, rival, booked, outcome, found, actor=actor, now=now)
    if conference.state != "draft":
        said = {"other": found.starts.isoformat(), "until": found.answer_until.isoformat()} if found else {}
        owe_notice(db, conference, "displaced", now=now, holder=holder, outcome=outcome or "asked", **said)
    return GaveWay(
        conference.key, unit, starts, ends, rooms, rival.sites, rival.people, (), outcome or "asked",
        (found.starts, found.ends) if found else None, found.answer_until if found else None,
    )  # fmt: skip


def _answered(db: Session, conference: Conference, holder: str, *, actor: str, now: datetime) -> str:
    """A request that was not decided on becomes a draft, as when another one for its room is approved."""
    set_open_approvals(db, conference.id, "answered", now=now, by=actor, reason=holder)
    release(db, conference, "postponed", reason="", now=now)
    values = {"due": None, "hold_until": None, "approved_at": None}
    move(
        db, conference.id, "draft", expected="pending", act="answered", actor=actor, now=now, reason=holder,
        values=values,
    )  # fmt: skip
    db.refresh(conference)
    owe_notice(db, conference, "answered", now=now, holder=holder)
    return "no_alternative"


def _write(
    db: Session, conference: Conference, found: Alternative | None, holder: str, *, actor: str, now: datetime
) -> None:
    state, before = conference.state, queries.find_open_displacement(db, conference.id)
    values = {"due": found.answer_until if found else None, "hold_until": None}
    if found is None:
        release(db, conference, "postponed", reason="", now=now)
    else:
        _let_go(db, conference, before)
        _hold(db, conference, found)
        if state == "provisioned":
            owe_end(db, conference.id, now=now)
        set_current_opening_closed(db, conference.id, now)
    if before is not None and found is not None:
        queries.set_displacement(db, conference.id, "changed", by=actor, now=now)
        set_columns(db, conference.id, values, version=conference.version)
    else:
        to = "pending" if found else "postponed"
        move(
            db, conference.id, to, expected=state, act="displaced", actor=actor, now=now, reason=holder,
            values=values,
        )  # fmt: skip
    db.refresh(conference)


def _let_go(db: Session, conference: Conference, before: Displacement | None) -> None:
    """Whoever gives way a second time holds the other time of the first no more; its own rows never overlap that."""
    if before is not None and before.alternative_starts is not None and before.alternative_ends is not None:
        rooms = [site.room_id for site in list_sites(db, conference.id)]
        queries.delete_overlapping(db, conference.id, rooms, before.alternative_starts, before.alternative_ends)


def _hold(db: Session, conference: Conference, found: Alternative) -> None:
    rooms = [hold for hold in found.place.holds if hold.kind == ROOM]
    if rooms:
        ids, since, until = [hold.id for hold in rooms], rooms[0].starts, rooms[0].ends
        queries.delete_overlapping(db, conference.id, ids, since, until)
    rows = reservation_rows(found.place.holds, holding=True, conference_id=conference.id)
    try:
        insert_bundle(db, [(Reservation, rows)])
    except IntegrityError as problem:
        raise_taken(problem)


def _note(
    db: Session, rival: Rival, booked: Booked, outcome: str, found: Alternative | None, *, actor: str, now: datetime
) -> None:
    decided = {"decided": now, "decided_by": actor, "outcome": outcome} if outcome else {}
    queries.add_displacement(
        db,
        {
            "displaced_id": rival.conference.id, "by_id": booked.id, "at": now, "by": actor,
            "room_ids": list(rival.room_ids), **decided,
            "alternative_starts": found.starts if found else None, "alternative_ends": found.ends if found else None,
            "answer_until": found.answer_until if found else None,
        },
    )  # fmt: skip
