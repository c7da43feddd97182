"""Reporting periods by local date: the calendar year and the calendar month.

(pure) A meeting belongs to the period of its first session's local start date (Asia/Ho_Chi_Minh), also when it runs
past midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


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
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))


def local_date(at: datetime) -> date:
    """The local day of an aware instant; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a local day needs an instant with a zone")
    return at.astimezone(LOCAL).date()


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


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL).astimezone(UTC)
