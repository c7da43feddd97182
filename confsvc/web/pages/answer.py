"""The live answer of the booking form: may it happen so, what stands in the way, and which ways lead out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from confsvc.web.pages.wish import Wish, form_errors
from rooms.errors import FieldError
from scheduler.booking.book import check
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.party import find_party
from scheduler.booking.queries import list_taken
from scheduler.booking.validation import is_short_notice, notice_days
from scheduler.errors import Taken
from scheduler.local_time import instant, local_day
from scheduler.timing import spans

MOST_TIMES = 3
_DAYS_AHEAD = 10
_STARTS = (time(8), time(9), time(10), time(13, 30), time(14), time(15))
_LAST = (time(12), time(17, 30))  # a sitting offered by us ends by then, in the morning or the afternoon


@dataclass(frozen=True)
class Answer:
    """``invited``: addresses that will be written to; ``notice``: working days between; ``free``: other times."""

    taken: tuple[Taken, ...]
    errors: tuple[FieldError, ...]
    short: bool
    notice: int
    required: int
    invited: int
    offices: int
    sites: int
    free: tuple[datetime, ...]
    timed: bool

    @property
    def ok(self) -> bool:
        return self.timed and not self.taken and not self.errors


def answer(db: Session, wish: Wish, *, now: datetime, rules: Rules, except_id: int = 0) -> Answer:
    """Look without booking; errors are under the form's names, all of them."""
    booking = wish.booking
    findings = check(db, booking, now=now, rules=rules, except_id=except_id)
    timed = not {e.field for e in wish.errors} & {"date", "start", "end"} and booking.starts < booking.ends
    party, _ = find_party(db, booking, local_day(booking.starts))
    taken = findings.taken if timed else ()
    return Answer(
        taken=taken, errors=tuple(form_errors(wish, findings.errors)), timed=timed,
        short=timed and is_short_notice(booking, now=now, rules=rules), notice=notice_days(now, booking.starts),
        required=rules.min_notice_days, invited=len(party.invitees) if party else 0,
        offices=len({room.unit.unit_id for room in party.rooms} | {u.unit_id for u in party.units}) if party else 0,
        sites=len(booking.room_ids),
        free=_free_times(db, booking, now=now, rules=rules, except_id=except_id) if taken else (),
    )  # fmt: skip


def _free_times(db: Session, booking: Booking, *, now: datetime, rules: Rules, except_id: int) -> tuple[datetime, ...]:
    """The next usual times, as long as this sitting, at which all of its rooms are free."""
    length = booking.ends - booking.starts
    first = local_day(booking.starts)
    until = booking.starts + timedelta(days=_DAYS_AHEAD + 1)
    since = instant(first)
    held = list_taken(db, booking.room_ids, since, until, first, except_id=except_id)
    found: list[datetime] = []
    for number in range(_DAYS_AHEAD):
        day = first + timedelta(days=number)
        for clock in _STARTS if rules.calendar.is_working(day) else ():
            starts = instant(day, clock)
            latest = instant(day, next((last for last in _LAST if last > clock), _LAST[-1]))
            if starts <= now or starts + length > max(latest, starts + timedelta(hours=1)):
                continue
            span = spans(starts, starts + length, rules.timing)
            if not any(t.starts < span.room_until and t.ends > span.room_from for t in held):
                found.append(starts)
                if len(found) == MOST_TIMES:
                    return tuple(found)
    return tuple(found)
