"""Find a time: when a set of rooms and people is free together, over days, with who is busy when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from scheduler.booking.booking import Rules
from scheduler.booking.ways.suggest import DAY, Blocked, FreeTime, Resource, Search, Span, common_spans, free_times
from scheduler.booking.ways.suggest_queries import list_busy_spans, list_busy_union, list_seats
from scheduler.local_time import instant
from scheduler.work_calendar import WorkCalendar

MOST_DAYS = 62
LONGEST_MINUTES, SHORTEST_MINUTES = 720, 15


@dataclass(frozen=True)
class Wanted:
    """``required``, ``optional``: rooms by id; ``people``: mail addresses (lower case) that must be there.

    Days are local ones, both inclusive; ``clock``: where on a day it is best; ``any_hour`` as in Search.
    """

    required: tuple[int, ...]
    first: date
    last: date
    length: timedelta
    optional: tuple[int, ...] = ()
    people: tuple[str, ...] = ()
    clock: time = time(8)
    any_hour: bool = False

    def search(self, now: datetime, calendar: WorkCalendar) -> Search:
        return Search(
            length=self.length, wish=instant(self.first, self.clock), earliest=now + timedelta(microseconds=1),
            until=instant(self.last + DAY), calendar=calendar, any_hour=self.any_hour,
        )  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """Who is busy when, by room id or mail address, and the days with the spans in which all required fit."""

    times: tuple[FreeTime, ...]
    busy: dict[int | str, list[Span]]
    days: dict[date, list[Span]]


def find_times(
    db: Session, wanted: Wanted, *, now: datetime, rules: Rules, most: int, apart: timedelta
) -> list[FreeTime]:
    """The best times, as ``free_times`` orders them; ``misses`` names optional rooms by id.

    The required rooms come joined out of the database: for the answer alone nobody asks which of them is busy.
    """
    since, until = _window(wanted)
    held = {0: list_busy_union(db, wanted.required, since, until)} if wanted.required else {}
    required = [*_rooms(held, rules), *_people(_seats(db, wanted))]
    optional = list(_rooms(list_busy_spans(db, wanted.optional, since, until), rules))
    return free_times(wanted.search(now, rules.calendar), required, optional, most=most, apart=apart)


def draw(db: Session, wanted: Wanted, *, now: datetime, rules: Rules, most: int, apart: timedelta) -> Picture:
    """The best times, and the picture behind them."""
    since, until = _window(wanted)
    held = list_busy_spans(db, (*wanted.required, *wanted.optional), since, until)
    seats = _seats(db, wanted)
    required = [*_rooms({i: held[i] for i in wanted.required}, rules), *_people(seats)]
    optional = list(_rooms({i: held[i] for i in wanted.optional}, rules))
    busy: dict[int | str, list[Span]] = dict(held.items())
    busy.update(seats.items())
    search = wanted.search(now, rules.calendar)
    blocked = Blocked(required, wanted.length)
    return Picture(
        tuple(free_times(search, required, optional, most=most, apart=apart)),
        busy,
        {day: common_spans(search, blocked, day) for day in search.days},
    )


def _window(wanted: Wanted) -> Span:
    """With a day around it: what is held then may reach into the hall's setting up."""
    return instant(wanted.first) - DAY, instant(wanted.last + DAY) + DAY


def _rooms(held: dict[int, list[Span]], rules: Rules) -> Iterator[Resource]:
    before, after = timedelta(minutes=rules.timing.room_setup), timedelta(minutes=rules.timing.room_clear)
    for room_id, busy in held.items():
        yield Resource(room_id, busy, before, after)


def _seats(db: Session, wanted: Wanted) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {mail: [] for mail in wanted.people}
    for seat in list_seats(db, wanted.people, *_window(wanted), wanted.first):
        found[seat.mail].append((seat.starts, seat.ends))
    return found


def _people(seats: dict[str, list[Span]]) -> Iterator[Resource]:
    for mail, busy in seats.items():
        yield Resource(mail, busy)
