"""Applies one step of a conference's life: state, change row, effects owed and the next due time in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import NotFound
from rooms.once import poke
from scheduler.booking.approving.approval import lapse, warn_of_lapse
from scheduler.booking.giving_way.displaced import unanswered
from scheduler.booking.giving_way.preempt_queries import find_open_displacement
from scheduler.conduct import queries
from scheduler.conduct.endings import owe_end
from scheduler.conduct.late import list_came_late
from scheduler.conduct.lifecycle import NoShow, Step, View, next_step
from scheduler.conduct.no_show import no_show_of
from scheduler.conduct.once import take_once
from scheduler.conduct.reminders import ALIVE, remind, reminders_of
from scheduler.conduct.reminding import BEFORE
from scheduler.errors import Stale, WrongMove
from scheduler.models import Conference
from scheduler.moves import move
from scheduler.record.record import derive
from scheduler.timing import Timing
from scheduler.trouble import STEP_FAILED, clear_trouble, note_trouble

SHORTEST = timedelta(minutes=1)
LETTER_WARNED = "letter_warned"
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=10)

list_due = queries.list_due


def view_of(db: Session, conference: Conference) -> View:
    """What `next_step` looks at."""
    waiting, reminded = conference.state == "provisioned", reminders_of(db, conference)
    return View(
        state=conference.state,
        starts=conference.starts,
        ends=conference.ends,
        booked_ends=conference.booked_ends,
        opens=conference.opens,
        ended_by=conference.ended_by,
        first_joined=queries.find_first_joined(db, conference.id) if waiting else None,
        due=conference.due,
        displaced_until=_displaced_until(db, conference),
        hold_until=conference.hold_until,
        warned=conference.hold_until is not None
        and queries.is_done(db, conference.id, LETTER_WARNED, conference.starts),
        steps=queries.list_done(db, conference.id, conference.starts) if conference.state in ALIVE else {},
        came_late=conference.state == "open" and bool(list_came_late(db, conference)),
        no_show=no_show_of(db, conference) if conference.state in ("provisioned", "open") else NoShow(),
        reminds=reminded.wished,
        told=reminded.told,
    )


def _displaced_until(db: Session, conference: Conference) -> datetime | None:
    asked = find_open_displacement(db, conference.id) if conference.state == "pending" else None
    return asked.answer_until if asked else None


def advance(db: Session, conference_id: int, *, now: datetime, timing: Timing, actor: str = "clock") -> Step | None:
    """Do the one step that is due; None when somebody else did it first or nothing is due.

    Several processes may call this at once for the same conference.
    """
    conference = queries.find_locked(db, conference_id)
    if conference is None or conference.due is None or conference.due > now:
        return None
    step = next_step(view_of(db, conference), now, timing)
    match step:
        case Step(to=None, act="rederive"):
            derive(db, conference, now=now, timing=timing)
            queries.set_due(db, conference.id, None, expected=conference.due)
        case Step(act="unanswered"):
            unanswered(db, conference, actor=actor, now=now)
        case Step(act="lapse", to=str(to)):
            lapse(db, conference, to, actor=actor, now=now)
        case Step(to=None, act="warn"):
            if queries.add_done(db, conference.id, LETTER_WARNED, conference.starts, now):
                warn_of_lapse(db, conference, now=now)
            queries.set_due(db, conference.id, step.due, expected=conference.due)
        case Step(to=None, act=act):
            if act in BEFORE:
                remind(db, conference, act, now=now)
            elif act != "wait":
                take_once(db, conference, act, actor=actor, now=now, timing=timing)
            queries.set_due(db, conference.id, step.due, expected=conference.due)
        case Step(to="ended"):
            _end(db, conference, by="time", due=step.due, now=now, actor=actor)
        case Step(to=str(to)):
            move(
                db, conference.id, to, expected=conference.state, act=step.act, actor=actor, now=now,
                values={"due": step.due},
            )  # fmt: skip
            if to == "recorded":
                derive(db, conference, now=now, timing=timing)
    if conference.trouble == STEP_FAILED:
        clear_trouble(db, conference.id, STEP_FAILED, now=now)
    poke_sites(db, conference.id)
    return step


def postpone(db: Session, conference_id: int, *, failures: int, now: datetime) -> bool:
    """A step could not be taken: look again later, each time a bit later, so that the others have their turn; False
    when it is not due any more. From the second failure on people see it."""
    conference = queries.find_locked(db, conference_id)
    if conference is None or conference.due is None or conference.due > now:
        return False
    wait = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
    queries.set_due(db, conference_id, now + wait, expected=conference.due)
    if failures > 1:
        note_trouble(db, conference_id, STEP_FAILED, now=now)
    return True


def finish(
    db: Session, key: str, *, version: int, actor: str, now: datetime, timing: Timing, reason: str | None = None
) -> int:
    """The organiser ends a running conference: rooms, lines and the video host are given back, everybody is sent out of
    the video room. The new version.

    Raises NotFound, Stale when ``version`` is old, WrongMove unless it is open.
    """
    conference = queries.find_locked_by_key(db, key)
    if conference is None:
        raise NotFound()
    if conference.version != version:
        raise Stale(version=conference.version)
    if conference.state != "open" or now < conference.starts:
        raise WrongMove(state=conference.state, to="ended")
    ends = min(max(now.replace(microsecond=0), conference.starts + SHORTEST), conference.ends)
    due = ends + timedelta(minutes=timing.settle)
    _end(db, conference, by="organiser", due=due, now=now, actor=actor, values={"ends": ends}, reason=reason)
    queries.shorten_reservations(db, conference.id, ends)
    poke_sites(db, conference.id)
    return version + 1


def _end(
    db: Session, conference: Conference, *, by: str, due: datetime | None, now: datetime, actor: str,
    values: dict[str, Any] | None = None, reason: str | None = None,
) -> None:  # fmt: skip
    move(
        db, conference.id, "ended", expected=conference.state, act="end", actor=actor, now=now,
        values={"ended_by": by, "due": due, **(values or {})}, reason=reason,
    )  # fmt: skip
    close_openings(db, conference.id, now=now)


def close_openings(db: Session, conference_id: int, *, now: datetime) -> None:
    """Close the conference's current opening, if it has one, and owe the end of its video rooms."""
    queries.set_current_opening_closed(db, conference_id, now)
    owe_end(db, conference_id, now=now)


def poke_sites(db: Session, conference_id: int) -> None:
    """Wake everything that shows this conference: its rooms' endpoints and its page."""
    poke(db, f"conference:{conference_id}", *(f"room:{room}" for room in queries.list_room_ids(db, conference_id)))
