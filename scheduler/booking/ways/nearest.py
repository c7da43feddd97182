"""The nearest times at which a whole wish fits: its rooms and its chair free, lines and video host with room for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from scheduler.booking.booking import Booking, Rules
from scheduler.booking.limits import is_urgent
from scheduler.booking.party import Party
from scheduler.booking.place.holding import survey
from scheduler.booking.place.unlocked import Unlocked, look
from scheduler.booking.plan import plan_with
from scheduler.booking.ways.suggest import FreeTime, Resource, Search, free_times
from scheduler.booking.ways.suggest_queries import list_busy_union, list_seats
from scheduler.local_time import local_day
from scheduler.timing import Spans, spans

MOST_TIMES = 3
LOOK_AHEAD = timedelta(days=21)
APART = timedelta(hours=1)
_TRIED = 12  # times whose lines and video host are looked at


def nearest_times(
    db: Session, booking: Booking, party: Party, *, now: datetime, rules: Rules, except_id: int = 0,
    most: int = MOST_TIMES, until: datetime | None = None,
) -> list[FreeTime]:  # fmt: skip
    """When all rooms of the booking and its chair are free, and lines and host carry it: on its day, then on the next
    working days.

    A wish that keeps the notice rule is only moved to later days, and so keeps it. ``until``: nothing ends later.
    """
    length, day = booking.ends - booking.starts, local_day(booking.starts)
    until = until or min(booking.starts + LOOK_AHEAD, now + timedelta(days=rules.horizon_days))
    search = Search(length, booking.starts, now + timedelta(microseconds=1), until, rules.calendar,
                    any_hour=is_urgent(booking, rules))  # fmt: skip
    since = booking.starts - timedelta(days=1)
    times = spans(booking.starts, booking.ends, rules.timing)
    held = list_busy_union(db, booking.room_ids, since, until + timedelta(days=1), except_id=except_id)
    needed = [_rooms_as_one(held, times)]
    if booking.chair_mail:
        mail = booking.chair_mail.strip().lower()
        seats = list_seats(db, [mail], since, until, day, except_id=except_id)
        needed.append(Resource("chair", [(seat.starts, seat.ends) for seat in seats]))
    found: list[FreeTime] = []
    there = free_times(search, needed, most=_TRIED, apart=APART)
    seen = _seen(db, booking, party, rules, there, except_id)
    for free in there:
        wish = replace(booking, starts=free.starts, ends=free.ends)
        if len(found) < most and carried(db, wish, party, rules, except_id, seen=seen):
            found.append(free)
    return found


def carried(
    db: Session, booking: Booking, party: Party, rules: Rules, except_id: int, *, seen: Unlocked | None = None
) -> bool:
    """Whether lines and host have room for it beside what they carry then; its rooms are not looked at."""
    if not booking.has_video:
        return True
    wanted = plan_with(booking, party, rules)
    return not survey(db, wanted, rules, except_id=except_id, seen=seen, rooms_free=True).full


def _seen(
    db: Session, booking: Booking, party: Party, rules: Rules, there: Sequence[FreeTime], except_id: int
) -> Unlocked | None:
    """What is the same for all these times, looked at once; None when the host is closed at some of them, so that each
    is looked at by itself."""
    if not there:
        return None
    whole = replace(booking, starts=min(one.starts for one in there), ends=max(one.ends for one in there))
    seen = look(db, plan_with(whole, party, rules), except_id=except_id)
    return None if seen.closed else seen


def _rooms_as_one(held: list[tuple[datetime, datetime]], times: Spans) -> Resource:
    return Resource("rooms", held, times.starts - times.room_from, times.room_until - times.ends)
