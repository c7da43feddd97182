"""Periods by the local calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.local_time import local_day
from scheduler.record.periods import month, months, year


def test_a_year_ends_at_local_midnight() -> None:
    start, end = year(2012).instants()
    assert start == datetime(2011, 12, 31, 17, 0, tzinfo=UTC)
    assert end == datetime(2012, 12, 31, 17, 0, tzinfo=UTC)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_days_and_instants_agree(at: datetime) -> None:
    day = local_day(at)
    for period in (year(day.year), month(day.year, day.month)):
        start, end = period.instants()
        assert day in period
        assert start <= at < end


@given(st.integers(1990, 2100))
def test_the_months_cover_the_year_once(number: int) -> None:
    parts = months(number)
    assert (parts[0].first, parts[-1].last) == (year(number).first, year(number).last)
    assert all(b.first - a.last == timedelta(days=1) for a, b in pairwise(parts))


def test_february() -> None:
    assert month(2012, 2).last == date(2012, 2, 29)


def test_a_naive_instant_has_no_local_day() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2012, 1, 1))  # noqa: DTZ001
