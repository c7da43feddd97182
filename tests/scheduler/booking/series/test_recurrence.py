"""Rules of repetition against a second, naive expansion; everything outside the grammar is refused at once."""

from __future__ import annotations

import sys
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rooms.errors import Invalid
from scheduler.booking.series.recurrence import MOST_DATES, Freq, Rule, expand, parse_rule, wall
from scheduler.local_time import LOCAL

DAY = timedelta(days=1)


def at(year: int, month: int, day: int, hour: int = 8, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LOCAL).astimezone(UTC)


def days(rule: str, starts: datetime) -> list[date]:
    return [wall(one).date() for one in expand(parse_rule(rule), starts)]


def code(rule: str, starts: datetime | None = None) -> tuple[str, str | None]:
    with pytest.raises(Invalid) as refusal:
        parsed = parse_rule(rule)
        if starts is not None:
            expand(parsed, starts)
    (error,) = refusal.value.errors
    assert error.field == "rule"
    return error.code, error.data.get("part")


FEW = 20_000
"""Calls of Python functions; a rule that is tried to the year 9999 takes several hundred thousand."""


def steps(true: Callable[[], bool]) -> int:
    """How many calls it takes to find that this is true: its work, whatever else the machine does."""
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        assert true()
    finally:
        sys.setprofile(before)
    return calls


def naive(rule: Rule, first: datetime) -> list[datetime]:
    """Day by day, as one would with a calendar on the wall."""
    found: list[datetime] = []
    day = first.date()
    end = day + timedelta(days=3 * 366)
    if rule.freq == "MONTHLY":
        months = [(first.year + n // 12, n % 12 + 1) for n in range(first.month - 1, first.month + 40, rule.interval)]
        candidates = [d for month in months for d in of_month(rule, *month, first.day)]
    else:
        candidates = [day + n * DAY for n in range((end - day).days + 1)]
        if rule.freq == "DAILY":
            candidates = candidates[:: rule.interval]
            wanted = {weekday for _, weekday in rule.days} or set(range(7))
        else:
            monday = day - ((day.weekday() - rule.week_start) % 7) * DAY
            candidates = [d for d in candidates if ((d - monday).days // 7) % rule.interval == 0]
            wanted = {weekday for _, weekday in rule.days} or {day.weekday()}
        candidates = [d for d in candidates if d.weekday() in wanted]
    for one in candidates:
        moment = datetime.combine(one, first.time())
        if day <= one <= end and (rule.until is None or moment <= rule.until):
            found.append(moment)
    return found[: rule.count] if rule.count else found


def of_month(rule: Rule, year: int, month: int, usual: int) -> list[date]:
    length = monthrange(year, month)[1]
    every = [date(year, month, n + 1) for n in range(length)]
    if not rule.days and not rule.month_days:
        return [d for d in every if d.day == usual]
    chosen = [d for d in every if fits_month_day(rule, d, length) and fits_weekday(rule, d, length)]
    if rule.positions:
        picked = {chosen[p - 1 if p > 0 else p] for p in rule.positions if abs(p) <= len(chosen)}
        return sorted(picked)
    return chosen


def fits_month_day(rule: Rule, day: date, length: int) -> bool:
    return not rule.month_days or day.day in rule.month_days or day.day - length - 1 in rule.month_days


def fits_weekday(rule: Rule, day: date, length: int) -> bool:
    if not rule.days:
        return True
    from_start, from_end = (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
    return any(weekday == day.weekday() and nth in (0, from_start, from_end) for nth, weekday in rule.days)


nth = st.sampled_from((0, 0, 1, 2, 3, 4, 5, -1, -2, -5))
month_day = st.integers(-31, 31).filter(bool)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kinds: tuple[Freq, ...] = ("DAILY", "WEEKLY", "MONTHLY")
    freq = draw(st.sampled_from(kinds))
    monthly = freq == "MONTHLY"
    named = draw(st.lists(st.tuples(nth if monthly else st.just(0), st.integers(0, 6)), max_size=4, unique=True))
    month_days = draw(st.lists(month_day, max_size=3, unique=True)) if monthly else []
    positions = draw(st.lists(st.integers(-4, 4).filter(bool), max_size=2, unique=True)) if monthly else []
    return Rule(
        freq, draw(st.integers(1, 5)), draw(st.integers(1, 40)), None, tuple(named), tuple(month_days),
        tuple(positions) if named or month_days else (), draw(st.integers(0, 6)),
    )  # fmt: skip


@settings(max_examples=200, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(rules(), st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.sampled_from((0, 7, 8, 13, 23)))
def test_the_dates_are_those_of_a_calendar_on_the_wall(rule: Rule, day: date, hour: int) -> None:
    assert parse_rule(rule.text()) == rule
    first = datetime(day.year, day.month, day.day, hour)  # noqa: DTZ001  wall time
    wanted = naive(rule, first)
    starts = at(day.year, day.month, day.day, hour)
    try:
        found = [wall(one) for one in expand(rule, starts)]
    except Invalid as refusal:
        if refusal.errors[0].code == "rule_start":
            assert not wanted or wanted[0] != first
        else:
            assert rule.count is not None
            assert len(wanted) < rule.count
        return
    assert found == wanted


def test_weekly_and_monthly_as_people_say_it() -> None:
    monday = at(2026, 9, 7)
    assert days("FREQ=WEEKLY;COUNT=3;BYDAY=MO,TH", monday) == [date(2026, 9, 7), date(2026, 9, 10), date(2026, 9, 14)]
    assert days("FREQ=MONTHLY;COUNT=3;BYDAY=1MO", monday)[2] == date(2026, 11, 2)
    mixed = days("FREQ=MONTHLY;COUNT=4;BYDAY=1MO,WE", monday)
    assert [d.day for d in mixed] == [7, 9, 16, 23]
    last_friday = days("FREQ=MONTHLY;COUNT=2;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", at(2026, 10, 30))
    assert last_friday == [date(2026, 10, 30), date(2026, 11, 30)]
    assert days("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=31", at(2026, 10, 31))[1] == date(2026, 12, 31)
    every_other = days("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", at(2027, 8, 10))
    assert every_other == [date(2027, 8, 10), date(2027, 8, 22), date(2027, 8, 24), date(2027, 9, 5)]


def test_until_includes_its_own_sitting_also_before_seven_in_utc() -> None:
    early = at(2026, 9, 7, 6)  # 23:00 UTC of the day before
    assert len(days("FREQ=WEEKLY;UNTIL=20260921", early)) == 3
    assert len(days("FREQ=WEEKLY;UNTIL=20260920T230000Z", early)) == 3
    assert len(days("FREQ=WEEKLY;UNTIL=20260920T225959Z", early)) == 2
    rule = parse_rule("FREQ=WEEKLY;UNTIL=20260920T230000Z")
    assert rule.text() == "FREQ=WEEKLY;UNTIL=20260920T230000Z"
    assert rule.ending(at(2026, 9, 14, 6)).text() == "FREQ=WEEKLY;UNTIL=20260913T230000Z"


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("", ("rule_form", None)),
        ("FREQ=WEEKLY;COUNT=3;", ("rule_form", None)),
        ("FREQ=WEEKLY;COUNT=3;COUNT=4", ("rule_form", None)),
        ("RRULE:FREQ=WEEKLY;COUNT=3", ("rule_part", "RRULE:FREQ")),
        ("FREQ=YEARLY;COUNT=3", ("rule_part", "FREQ")),
        ("FREQ=SECONDLY;COUNT=3;BYMONTH=2;BYMONTHDAY=30", ("rule_part", "BYMONTH")),
        ("FREQ=HOURLY;COUNT=3", ("rule_part", "FREQ")),
        ("FREQ=WEEKLY;COUNT=3;INTERVAL=0", ("rule_part", "INTERVAL")),
        ("FREQ=WEEKLY;COUNT=3;INTERVAL=100", ("rule_part", "INTERVAL")),
        ("FREQ=WEEKLY;COUNT=0", ("rule_part", "COUNT")),
        ("FREQ=WEEKLY;COUNT=401", ("rule_part", "COUNT")),
        ("FREQ=WEEKLY", ("rule_end", None)),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20270101", ("rule_end", None)),
        ("FREQ=WEEKLY;UNTIL=20270230", ("rule_part", "UNTIL")),
        ("FREQ=WEEKLY;UNTIL=20270101T080000", ("rule_part", "UNTIL")),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=1MO", ("rule_part", "BYDAY")),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=6MO", ("rule_part", "BYDAY")),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=", ("rule_form", None)),
        ("FREQ=WEEKLY;COUNT=3;BYMONTHDAY=1", ("rule_part", "BYMONTHDAY")),
        ("FREQ=WEEKLY;COUNT=3;BYDAY=MO,TU;BYSETPOS=1", ("rule_part", "BYSETPOS")),
        ("FREQ=MONTHLY;COUNT=3;BYSETPOS=1", ("rule_part", "BYSETPOS")),
        ("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=32", ("rule_part", "BYMONTHDAY")),
        ("FREQ=DAILY;COUNT=3;BYWEEKNO=53", ("rule_part", "BYWEEKNO")),
        ("FREQ=DAILY;COUNT=3;BYHOUR=8,9", ("rule_part", "BYHOUR")),
        ("FREQ=WEEKLY;COUNT=3;WKST=XX", ("rule_part", "WKST")),
        ("FREQ=WEEKLY;COUNT=３", ("rule_form", None)),
        ("FREQ=WEEKLY;COUNT=3;X-NAME=1", ("rule_part", "X-NAME")),
        ("A=1;" * 200, ("too_long", None)),
    ],
)
def test_what_calendars_read_differently_or_never_finish_is_refused(rule: str, wanted: tuple[str, str | None]) -> None:
    assert steps(lambda: code(rule) == wanted) < FEW


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("FREQ=WEEKLY;COUNT=3;BYDAY=TU", "rule_start"),
        ("FREQ=MONTHLY;INTERVAL=12;COUNT=9;BYMONTHDAY=30", "rule_start"),
        ("FREQ=MONTHLY;COUNT=4;BYDAY=5MO;BYMONTHDAY=1", "rule_start"),
        ("FREQ=MONTHLY;UNTIL=20271231;BYDAY=-1SU;BYMONTHDAY=2", "rule_start"),
        ("FREQ=MONTHLY;COUNT=9;BYMONTHDAY=31;BYSETPOS=2", "rule_start"),
        ("FREQ=DAILY;INTERVAL=7;COUNT=3;BYDAY=TU", "rule_start"),
        ("FREQ=MONTHLY;COUNT=100", "rule_length"),
        ("FREQ=MONTHLY;INTERVAL=99;COUNT=9;BYDAY=1MO;BYMONTHDAY=7", "rule_length"),
        ("FREQ=WEEKLY;INTERVAL=99;COUNT=400", "rule_length"),
        ("FREQ=WEEKLY;UNTIL=20310101", "rule_length"),
        ("FREQ=DAILY;UNTIL=20280801", "rule_length"),
        ("FREQ=WEEKLY;UNTIL=20260101", "rule_start"),
    ],
)
def test_a_first_date_off_the_rule_and_a_rule_without_an_end_in_sight(rule: str, wanted: str) -> None:
    assert steps(lambda: code(rule, at(2026, 9, 7))[0] == wanted) < FEW


def test_the_most_dates() -> None:
    assert len(days(f"FREQ=DAILY;COUNT={MOST_DATES}", at(2026, 9, 7))) == MOST_DATES
    assert parse_rule("FREQ=WEEKLY;COUNT=10").without_first(4).count == 6
