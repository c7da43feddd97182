"""A year at a glance: twelve small months with the days that are not what their weekday says.  (pure)"""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scheduler.work_calendar import SpecialDay, WorkCalendar

MONDAY_FIRST = Calendar(firstweekday=0)


@dataclass(frozen=True)
class Square:
    """One day of a month: ``look`` is "", "rest" (a usual day of rest), "holiday" or "swap" (worked instead)."""

    day: date
    look: str
    special: SpecialDay | None


@dataclass(frozen=True)
class Month:
    """Weeks from Monday; None where the day belongs to another month."""

    number: int
    working_days: int
    weeks: Sequence[Sequence[Square | None]]


def months_of(year: int, calendar: WorkCalendar) -> list[Month]:
    """The months of a year from 1 to 9998."""
    return [_month(year, number, calendar) for number in range(1, 13)]


def _month(year: int, number: int, calendar: WorkCalendar) -> Month:
    weeks = [
        [_square(day, calendar) if day.month == number else None for day in week]
        for week in MONDAY_FIRST.monthdatescalendar(year, number)
    ]
    working = sum(calendar.is_working(square.day) for week in weeks for square in week if square)
    return Month(number, working, weeks)


def _square(day: date, calendar: WorkCalendar) -> Square:
    special = calendar.special_day(day)
    if special is not None:
        return Square(day, "swap" if special.working else "holiday", special)
    return Square(day, "" if calendar.is_working(day) else "rest", None)
