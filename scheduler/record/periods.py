"""Reporting periods by local date: the calendar year and the calendar month.

(pure) A meeting belongs to the period of its first session's local start date (Asia/Ho_Chi_Minh), also when it runs
past midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal

from scheduler.local_time import instant


@dataclass(frozen=True)
class Period:
    """Local days from ``first`` to ``last``, both inclusive."""

    kind: Literal["year", "month"]
    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def instants(self) -> tuple[datetime, datetime]:
        """The same days as a half-open span of UTC instants."""
        return instant(self.first), instant(self.last + timedelta(days=1))


@cache
def year(number: int) -> Period:
    return Period("year", date(number, 1, 1), date(number, 12, 31))


@cache
def month(year_number: int, number: int) -> Period:
    first = date(year_number, number, 1)
    next_first = date(year_number + number // 12, number % 12 + 1, 1)
    return Period("month", first, next_first - timedelta(days=1))


def months(year_number: int) -> tuple[Period, ...]:
    """The twelve months of a year in order."""
    return tuple(month(year_number, number) for number in range(1, 13))
