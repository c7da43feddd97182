"""Which days are working days, and when offices are open on them.  (pure)

The five-day week of QĐ 188/1999/QĐ-TTg, changed by special days: public holidays, and working days that the Prime
Minister swaps each year. Office hours are seasonal and dated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from scheduler.local_time import instant

SATURDAY = 5
Clocks = tuple[time, time]
Spans = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True)
class SpecialDay:
    """A day that is not what its weekday says: a holiday, or a Saturday that is worked. ``source``: who says so."""

    day: date
    working: bool
    name_vi: str
    name_en: str
    source: str = ""


@dataclass(frozen=True)
class OfficeHours:
    """Local opening hours from one day to another (inclusive; without ``valid_to`` until further notice)."""

    valid_from: date
    valid_to: date | None
    morning: Clocks
    afternoon: Clocks

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


USUAL_HOURS = OfficeHours(date.min, None, (time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
"""Where no row says otherwise."""


@dataclass(frozen=True)
class WorkCalendar:
    """The working calendar of the province; without rows Monday to Friday at the usual hours. Days are local ones."""

    special: Mapping[date, SpecialDay] = field(default_factory=dict)
    hours: Sequence[OfficeHours] = ()

    def special_day(self, day: date) -> SpecialDay | None:
        return self.special.get(day)

    def is_working(self, day: date) -> bool:
        special = self.special.get(day)
        return special.working if special is not None else day.weekday() < SATURDAY

    def hours_on(self, day: date) -> OfficeHours:
        """The hours in force on ``day``, whether or not it is worked."""
        return next((hours for hours in self.hours if hours.holds_on(day)), USUAL_HOURS)

    def spans_on(self, day: date) -> Spans:
        """Aware UTC spans in which offices are open on ``day``; () on a day off."""
        if not self.is_working(day):
            return ()
        hours = self.hours_on(day)
        return tuple((instant(day, opens), instant(day, closes)) for opens, closes in (hours.morning, hours.afternoon))

    def working_days_between(self, first: date, last: date, *, most: int | None = None) -> int:
        """Working days strictly between two days, as notice is counted; counting ends at ``most``."""
        day, count = first + timedelta(days=1), 0
        while day < last and (most is None or count < most):
            count += self.is_working(day)
            day += timedelta(days=1)
        return count

    def next_working_day(self, day: date) -> date:
        """The first working day strictly after ``day``."""
        day += timedelta(days=1)
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def previous_working_day(self, day: date) -> date:
        """The last working day strictly before ``day``."""
        day -= timedelta(days=1)
        while not self.is_working(day):
            day -= timedelta(days=1)
        return day
