"""What becomes of a conference that gave way: its host takes the time that is held for it, or not, or says nothing.

Whoever was invited is written to once, after the decision: the new time, or that it does not take place.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.errors import Invalid
from rooms.once import poke
from scheduler.booking.approving.binding import bind, release
from scheduler.booking.approving.notices import owe_notice
from scheduler.booking.approving.stored import booking_of, current
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.conference_rows import wish_columns
from scheduler.booking.giving_way.models import Displacement
from scheduler.booking.giving_way.preempt_queries import find_open_displacement, set_displacement
from scheduler.booking.party import find_party
from scheduler.booking.place.holding import claims, survey
from scheduler.booking.place.lock_queries import list_holds, take_locks
from scheduler.booking.place.reservations import lock_keys
from scheduler.booking.plan import plan_with
from scheduler.booking.queries import list_sites
from scheduler.errors import NotAsked, TooLate
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.moves import move

ANSWER_WITHIN = timedelta(hours=24)
KEPT = ("secrecy_by", "secrecy_at", "short_notice_reason")
"""What the host declared once and is not asked again for."""


def accept(db: Session, key: str, *, version: int, actor: str, now: datetime, rules: Rules) -> Booked:
    """It takes place at the time that was held for it; everybody invited gets one change.

    Raises NotFound, Stale, NotAsked, TooLate; Invalid when an office or a room is there no more.
    """
    conference, asked = _asked(db, key, version)
    if asked.alternative_starts is None or asked.alternative_ends is None:
        raise NotAsked()
    if asked.answer_until is not None and asked.answer_until <= now:
        raise TooLate(until=asked.answer_until.isoformat())
    starts, ends = asked.alternative_starts, asked.alternative_ends
    booking = replace(booking_of(db, conference), starts=starts, ends=ends, clash_confirmed=True)
    party, errors = find_party(db, booking, local_day(starts), held=True)
    if party is None:
        raise Invalid(errors)
    wanted = plan_with(booking, party, rules)
    take_locks(db, lock_keys([*list_holds(db, conference.id), *claims(wanted)]))
    found = survey(db, wanted, rules, except_id=conference.id)
    found.refuse()
    kept = {name: getattr(conference, name) for name in KEPT}
    columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules) | kept
    columns["altered"] = conference.original_starts is not None
    set_displacement(db, conference.id, "accepted", by=actor, now=now)
    bind(db, conference, wanted, found.place, columns, act="time_accepted", actor=actor, now=now, rules=rules)
    _poke(db, conference)
    return Booked(conference.id, key, version + 1)


def refuse(db: Session, key: str, *, version: int, reason: str = "", actor: str, now: datetime) -> Booked:
    """The host does not take that time: it is postponed, and everybody invited is told.

    Raises NotFound, Stale, NotAsked.
    """
    conference, _asked_for = _asked(db, key, version)
    _postpone(db, conference, "refused", "time_refused", reason=reason.strip(), actor=actor, now=now)
    return Booked(conference.id, key, version + 1)


def unanswered(db: Session, conference: Conference, *, actor: str, now: datetime) -> None:
    """Nobody answered in time: it is postponed, and everybody invited is told."""
    _postpone(db, conference, "unanswered", "time_unanswered", reason="", actor=actor, now=now)
    owe_notice(db, conference, "unanswered", now=now)


def _asked(db: Session, key: str, version: int) -> tuple[Conference, Displacement]:
    conference = current(db, key, version)
    asked = find_open_displacement(db, conference.id)
    if conference.state != "pending" or asked is None:
        raise NotAsked()
    return conference, asked


def _postpone(
    db: Session, conference: Conference, outcome: str, act: str, *, reason: str, actor: str, now: datetime
) -> None:
    set_displacement(db, conference.id, outcome, by=actor, now=now)
    release(db, conference, "postponed", reason=reason, now=now)
    move(
        db, conference.id, "postponed", expected=conference.state, act=act, actor=actor, now=now,
        reason=reason or None, values={"due": None, "hold_until": None, "approved_at": None},
    )  # fmt: skip
    db.refresh(conference)
    _poke(db, conference)


def _poke(db: Session, conference: Conference) -> None:
    rooms = [f"room:{site.room_id}" for site in list_sites(db, conference.id)]
    poke(db, "outbox", f"conference:{conference.id}", *rooms)
