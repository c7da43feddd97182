"""May it happen? Approving a request, returning it with reasons, and what falls back because nobody acted in time.

Who may decide which question is asked at the door (confsvc/access.py); here stands what an answer does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid
from rooms.once import poke
from scheduler.booking.approving import queries
from scheduler.booking.approving.binding import bind, release
from scheduler.booking.approving.needs import may_approve_own
from scheduler.booking.approving.notices import owe_notice
from scheduler.booking.approving.stored import booking_of, current
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.conference_rows import wish_columns
from scheduler.booking.place.holding import Place, claims, survey
from scheduler.booking.place.lock_queries import list_holds, take_locks
from scheduler.booking.place.reservations import ROOM, lock_keys
from scheduler.booking.plan import plan
from scheduler.booking.queries import list_sites, set_columns
from scheduler.errors import NotAsked, OwnRequest, WrongMove
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.moves import move
from scheduler.name_queries import list_short_names

LONGEST_REASON = 500


def approve(
    db: Session, key: str, *, version: int, deciders: Mapping[int, str | None], actor: str, now: datetime, rules: Rules,
    note: str = "",
) -> Booked:  # fmt: skip
    """Say yes to the questions in ``deciders`` (approval id: in whose place); with the last one the conference is
    planned: its place is looked at once more under the locks, letters are owed, and requests that wanted one of its
    rooms are answered.

    Raises NotFound, Stale, WrongMove (it waits no more), NotAsked (none of the questions is open), OwnRequest, Invalid,
    RoomTaken, NoCapacity; nothing is written then.
    """
    conference, mine, others = _asked(db, key, version, deciders)
    _refuse_own(conference, mine, deciders, actor, rules)
    booking = replace(booking_of(db, conference), clash_confirmed=True)
    wanted = plan(db, booking, now=now, rules=rules, except_id=conference.id)
    take_locks(db, lock_keys([*list_holds(db, conference.id), *claims(wanted)]))
    found = survey(db, wanted, rules, except_id=conference.id)
    found.refuse()
    queries.set_approvals(
        db, {one.id: deciders[one.id] for one in mine}, "approved", now=now, by=actor, reason=note.strip() or None
    )
    if others:
        _note_part(db, conference, mine, actor=actor, now=now, version=version)
    else:
        columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules)
        kept = {name: getattr(conference, name) for name in ("secrecy_by", "secrecy_at", "short_notice_reason")}
        values = {**columns, **kept, "approved_at": now}
        bind(db, conference, wanted, found.place, values, act="approved", actor=actor, now=now, rules=rules)
        owe_notice(db, conference, "approved", now=now)
        _answer_colliding(db, conference, found.place, actor=actor, now=now)
    poke(db, *(f"room:{room_id}" for room_id in booking.room_ids))
    return Booked(conference.id, key, version + 1, "pending" if others else "planned")


def return_(
    db: Session, key: str, *, version: int, deciders: Mapping[int, str | None], reason: str, actor: str, now: datetime
) -> Booked:
    """Say no, with reasons: it becomes a draft again, gives back what it held, and its host is told.

    Raises NotFound, Stale, WrongMove, NotAsked, Invalid (no reason).
    """
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        code = {"max": LONGEST_REASON} if said else {}
        raise Invalid([FieldError("reason", "too_long" if said else "required", code)])
    conference, mine, _others = _asked(db, key, version, deciders)
    queries.set_approvals(
        db, {one.id: deciders[one.id] for one in mine}, "returned", now=now, by=actor, reason=said
    )  # fmt: skip
    _fall_back(db, conference, "draft", "returned", reason=said, actor=actor, now=now)
    owe_notice(db, conference, "returned", now=now, reason=said)
    return Booked(conference.id, key, version + 1)


def lapse(db: Session, conference: Conference, to: str, *, actor: str, now: datetime) -> None:
    """Nobody acted in time: a request becomes a draft ("draft"), what people were invited to is postponed."""
    late = conference.starts <= now
    queries.set_open_approvals(db, conference.id, "lapsed", now=now, by=actor)
    _fall_back(db, conference, to, "lapsed", reason="not_decided" if late else "no_letter", actor=actor, now=now)
    owe_notice(db, conference, "lapsed", now=now, reason="not_decided" if late else "no_letter")


def warn_of_lapse(db: Session, conference: Conference, *, now: datetime) -> None:
    """The rooms fall free soon for want of the letter's number."""
    until = conference.hold_until.isoformat() if conference.hold_until else ""
    owe_notice(db, conference, "letter_wanted", now=now, until=until)


def _asked(db: Session, key: str, version: int, deciders: Mapping[int, str | None]) -> tuple[Conference, Any, Any]:
    conference = current(db, key, version)
    if conference.state != "pending":
        raise WrongMove(state=conference.state, to="planned")
    asked = queries.list_open_approvals(db, conference.id)
    mine = [one for one in asked if one.id in deciders]
    if not mine:
        raise NotAsked()
    return conference, mine, [one for one in asked if one.id not in deciders]


def _refuse_own(
    conference: Conference, mine: Any, deciders: Mapping[int, str | None], actor: str, rules: Rules
) -> None:
    """Neither one's own request, nor, as somebody's substitute, his."""
    own = any(one.asked_by in (actor, deciders[one.id]) for one in mine)
    if own and not may_approve_own(conference.host_unit_id, local_day(conference.starts), rules):
        raise OwnRequest()


def _note_part(db: Session, conference: Conference, mine: Any, *, actor: str, now: datetime, version: int) -> None:
    set_columns(db, conference.id, {}, version=version)
    after = {"approved": [one.function for one in mine]}
    add_change(db, "conference", conference.id, "approved_part", actor=actor, now=now, before={}, after=after)


def _fall_back(
    db: Session, conference: Conference, to: str, act: str, *, reason: str, actor: str, now: datetime
) -> None:
    queries.set_open_approvals(db, conference.id, "withdrawn", now=now, by=actor)
    release(db, conference, "postponed", reason=reason if act == "returned" else "", now=now)
    values = {"due": None, "hold_until": None, "approved_at": None}
    move(
        db, conference.id, to, expected=conference.state, act=act, actor=actor, now=now, reason=reason, values=values
    )  # fmt: skip
    db.refresh(conference)
    poke(db, f"conference:{conference.id}", *(f"room:{site.room_id}" for site in list_sites(db, conference.id)))


def _answer_colliding(db: Session, conference: Conference, place: Place, *, actor: str, now: datetime) -> None:
    """Requests for one of its rooms cannot be granted any more: they become drafts and their hosts hear who has it.

    One that somebody is deciding on at this moment is left to that decision, which finds the room taken.
    """
    rooms = [hold for hold in place.holds if hold.kind == ROOM]
    if not rooms:
        return
    since, until = min(hold.starts for hold in rooms), max(hold.ends for hold in rooms)
    day = local_day(conference.starts)
    holder = list_short_names(db, [(conference.host_unit_id, day)]).get((conference.host_unit_id, day), "")
    ids = [hold.id for hold in rooms]
    for rival_id in queries.list_colliding(db, ids, since, until, except_id=conference.id):
        rival = queries.find_free_locked(db, rival_id)
        if rival is None:
            continue
        queries.set_open_approvals(db, rival.id, "answered", now=now, by=actor, reason=holder)
        _fall_back(db, rival, "draft", "answered", reason=holder, actor=actor, now=now)
        owe_notice(db, rival, "answered", now=now, holder=holder)
