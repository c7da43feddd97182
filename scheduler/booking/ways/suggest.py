"""The nearest times at which everything that is needed is free together.  (pure)

What is needed is a list of resources with the spans in which each is busy: a room, a person, or an amount of a line or
bridge that does not fit then. A resource may want to be free some time before and after the sitting. On each day times
come closest to the wish first; days come in their order, so that the same day is offered before the next one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.local_time import LOCAL, instant, local_day
from scheduler.work_calendar import WorkCalendar

STEP = timedelta(minutes=15)
"""Sittings begin on quarters of an hour of the province's clock, among them the usual 08:00, 13:30 and 14:00."""
DAY = timedelta(days=1)
NONE = timedelta(0)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Resource:
    """``busy``: half-open spans, in any order; ``before``, ``after``: how long around the sitting it must be free."""

    key: Hashable
    busy: Sequence[Span]
    before: timedelta = NONE
    after: timedelta = NONE


@dataclass(frozen=True)
class Search:
    """What is looked for: a sitting of ``length``, as near to ``wish`` as can be, on its day or later.

    Nothing begins before ``earliest`` or ends after ``until``. ``any_hour``: also outside office hours and on days off,
    which only urgent kinds do. ``first``: the first day looked at, where it is not the day of the wish.
    """

    length: timedelta
    wish: datetime
    earliest: datetime
    until: datetime
    calendar: WorkCalendar
    any_hour: bool = False
    first: date | None = None

    @property
    def days(self) -> Iterator[date]:
        """Local days from the first to the one of ``until``; without ``any_hour`` the working days of them."""
        day = max(self.first or local_day(self.wish), local_day(self.earliest))
        last = local_day(self.until)
        while day <= last:
            if self.any_hour or self.calendar.is_working(day):
                yield day
            day += DAY


@dataclass(frozen=True)
class FreeTime:
    """A time at which all required resources are free; ``misses``: keys of optional ones that are not."""

    starts: datetime
    ends: datetime
    misses: tuple[Hashable, ...] = ()


class Blocked:
    """The starts that a set of resources forbids: open intervals, sorted and disjoint."""

    def __init__(self, resources: Iterable[Resource], length: timedelta) -> None:
        spans = sorted(
            (starts - length - resource.after, ends + resource.before)
            for resource in resources
            for starts, ends in resource.busy
        )
        self._lows: list[datetime] = []
        self._highs: list[datetime] = []
        for low, high in spans:
            if self._highs and low < self._highs[-1]:
                self._highs[-1] = max(self._highs[-1], high)
            else:
                self._lows.append(low)
                self._highs.append(high)

    def forbids(self, starts: datetime) -> bool:
        number = bisect_right(self._lows, starts) - 1
        return number >= 0 and self._lows[number] < starts < self._highs[number]


def starts_on(search: Search, day: date) -> Iterator[datetime]:
    """The quarters of an hour at which a sitting may begin on ``day``, by the clock alone."""
    for opens, closes in _frames(search, day):
        begin = instant(day)
        begin += -((begin - max(opens, search.earliest)) // STEP) * STEP
        while begin <= closes - search.length and begin + search.length <= search.until:
            yield begin
            begin += STEP


def _frames(search: Search, day: date) -> Sequence[Span]:
    """The spans in which a sitting must lie: an office's half day, else the whole one for what is longer than that.

    What is longer than a working day begins when the offices open.
    """
    if search.any_hour:
        return ((instant(day), instant(day + DAY) + search.length - STEP),)
    spans = search.calendar.spans_on(day)
    if not spans or any(closes - opens >= search.length for opens, closes in spans):
        return spans
    opens, closes = spans[0][0], spans[-1][1]
    return ((opens, max(closes, opens + search.length)),)


def free_starts(search: Search, blocked: Blocked, day: date) -> list[datetime]:
    """The starts on ``day`` that nothing forbids, by time."""
    return [starts for starts in starts_on(search, day) if not blocked.forbids(starts)]


def free_times(
    search: Search, required: Sequence[Resource], optional: Sequence[Resource] = (), *, most: int = 3,
    apart: timedelta = STEP,
) -> list[FreeTime]:  # fmt: skip
    """Up to ``most`` times at which all of ``required`` are free: by day, on a day those that fewest optional ones
    miss, of these the closest to the wish's clock, of equal ones the earlier.

    Two of one day begin at least ``apart`` from each other, so that three answers are three choices.
    """
    blocked = Blocked(required, search.length)
    maybe = [(resource.key, Blocked([resource], search.length)) for resource in optional]
    found: list[FreeTime] = []
    for day in search.days:
        wish = instant(day, search.wish.astimezone(LOCAL).time())
        times = [
            FreeTime(starts, starts + search.length, tuple(key for key, own in maybe if own.forbids(starts)))
            for starts in free_starts(search, blocked, day)
        ]
        times.sort(key=lambda free: (len(free.misses), abs(free.starts - wish), free.starts))
        chosen: list[FreeTime] = []
        for free in times:
            if all(abs(free.starts - other.starts) >= apart for other in chosen):
                chosen.append(free)
                if len(found) + len(chosen) == most:
                    return found + chosen
        found += chosen
    return found


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time as sorted spans that neither overlap nor touch."""
    made: list[Span] = []
    for starts, ends in sorted(spans):
        if made and starts <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], ends))
        else:
            made.append((starts, ends))
    return made


def common_spans(search: Search, blocked: Blocked, day: date) -> list[Span]:
    """When on ``day`` a sitting of that length fits somewhere."""
    return joined((starts, starts + search.length) for starts in free_starts(search, blocked, day))
