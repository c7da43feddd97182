"""A trial run: the sites of a conference try their lines and devices the working day before, outside the count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from rooms.errors import Invalid
from scheduler.booking.approving.stored import booking_of, current
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.place.holding import claims
from scheduler.booking.place.lock_queries import take_locks
from scheduler.booking.place.reservations import lock_keys
from scheduler.booking.plan import plan
from scheduler.booking.trial_queries import find_trial, set_trial
from scheduler.errors import NoPlace, WrongMove
from scheduler.local_time import instant, local_day
from scheduler.work_calendar import WorkCalendar

KIND = "line_test"
BEGINS, LASTS = time(14, 0), timedelta(hours=2)
FARTHEST = 31  # days back; longer holidays there are none
TRIED = ("planned", "provisioned")


def trial_wish(booking: Booking, title: str, calendar: WorkCalendar) -> Booking:
    """(pure) The wish for the trial run of ``booking``: its sites, 14:00 to 16:00 of the last working day before it,
    without its chair, guests and letter."""
    day = local_day(booking.starts)
    before = (day - timedelta(days=n) for n in range(1, FARTHEST))
    tried = next((one for one in before if calendar.is_working(one)), day - timedelta(days=1))
    starts = instant(tried, BEGINS)
    return replace(
        booking, title=title, kind=KIND, starts=starts, ends=starts + LASTS, guests=(), chair_name="", chair_title="",
        chair_mail=None, chair_level="", chair_for="", chair_consent="", letter_number="", verbal_order="", note="",
        short_notice_reason=title, clash_confirmed=True,
    )  # fmt: skip


def book_trial(db: Session, key: str, *, version: int, title: str, actor: str, now: datetime, rules: Rules) -> Booked:
    """Book it and link it to its conference. Raises as ``book``; WrongMove when the conference is not planned, is held
    in person, or has a trial run."""
    conference = current(db, key, version)
    booking = booking_of(db, conference)
    if conference.state not in TRIED or not booking.has_video or find_trial(db, conference.id) is not None:
        raise WrongMove(state=conference.state, to="tried")
    made = book(db, trial_wish(booking, title, rules.calendar), actor=actor, now=now, rules=rules)
    set_trial(db, made.id, conference.id)
    return made


@dataclass(frozen=True)
class Tried:
    """A conference that was booked, and the trial run along with it: ``trial`` and its ``wish``; ``refused``: why there
    is none. Neither: none was asked for, or the conference waits for approval and nobody is to hear of it yet."""

    booked: Booked
    trial: Booked | None = None
    wish: Booking | None = None
    refused: Invalid | NoPlace | None = None


def book_with_trial(db: Session, booking: Booking, title: str, *, actor: str, now: datetime, rules: Rules) -> Tried:
    """Book a conference and its trial run in one transaction. Where only the trial run does not fit, the conference
    stands without. Raises as ``book``."""
    wish = trial_wish(booking, title, rules.calendar)
    _lock_both(db, booking, wish, now=now, rules=rules)
    booked = book(db, booking, actor=actor, now=now, rules=rules)
    if booked.state not in TRIED:
        return Tried(booked, wish=wish)
    try:
        with db.begin_nested():
            made = book(db, wish, actor=actor, now=now, rules=rules)
    except (Invalid, NoPlace) as problem:
        return Tried(booked, wish=wish, refused=problem)
    set_trial(db, made.id, booked.id)
    return Tried(booked, made, wish)


def _lock_both(db: Session, booking: Booking, wish: Booking, *, now: datetime, rules: Rules) -> None:
    """Every lock of both in one sorted statement, as for one booking: taken one after the other they could cross those
    of a series. Whatever is wrong with one of them is said when it is booked."""
    wanted = [plan(db, booking, now=now, rules=rules)]
    try:
        wanted.append(plan(db, wish, now=now, rules=rules))
    except Invalid:
        return
    take_locks(db, lock_keys(hold for one in wanted for hold in claims(one)))
