"""The working calendar: weekends, holidays, swapped days, seasonal hours, notice in working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from scheduler.work_calendar import USUAL_HOURS, OfficeHours, SpecialDay, WorkCalendar

TET_2012 = [date(2012, 1, 23) + timedelta(days=n) for n in range(-1, 7)]
WORKED = date(2012, 2, 4)  # a Saturday, for Friday 27 January
WINTER = OfficeHours(date(2011, 10, 16), date(2012, 4, 15), (time(7, 30), time(12)), (time(13), time(16, 30)))
SUMMER = OfficeHours(date(2012, 4, 16), None, (time(7), time(11, 30)), (time(13, 30), time(17)))
CALENDAR = WorkCalendar(
    {day: SpecialDay(day, False, "Tết Nguyên đán", "Lunar New Year") for day in TET_2012}
    | {WORKED: SpecialDay(WORKED, True, "Làm bù", "Worked instead")},
    (WINTER, SUMMER),
)


def test_without_rows_the_week_has_five_days() -> None:
    plain = WorkCalendar()
    days = [date(2026, 11, 23) + timedelta(days=n) for n in range(7)]
    assert [plain.is_working(day) for day in days] == [True] * 5 + [False] * 2
    assert plain.special_day(days[0]) is None
    assert plain.spans_on(days[0]) == (
        (datetime(2026, 11, 23, 0, 30, tzinfo=UTC), datetime(2026, 11, 23, 4, 30, tzinfo=UTC)),
        (datetime(2026, 11, 23, 6, 30, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC)),
    )
    assert plain.spans_on(days[5]) == ()


def test_a_holiday_is_off_and_a_swapped_saturday_is_worked() -> None:
    assert not any(CALENDAR.is_working(day) for day in TET_2012)
    assert CALENDAR.is_working(WORKED)
    named = CALENDAR.special_day(TET_2012[1])
    assert named is not None and named.name_vi == "Tết Nguyên đán"
    assert CALENDAR.spans_on(TET_2012[1]) == ()
    assert CALENDAR.spans_on(WORKED)[0][0] == datetime(2012, 2, 4, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2012, 1, 20), date(2012, 1, 30), 0),  # a letter on Friday before Tet for the Monday after
        (date(2012, 1, 30), date(2012, 2, 6), 5),  # Tuesday to Friday and the Saturday that is worked
        (date(2012, 3, 5), date(2012, 3, 9), 3),
        (date(2012, 3, 9), date(2012, 3, 12), 0),
        (date(2012, 3, 9), date(2012, 3, 9), 0),
        (date(2012, 3, 9), date(2012, 3, 1), 0),
    ],
)
def test_notice_counts_the_days_strictly_between(first: date, last: date, days: int) -> None:
    assert CALENDAR.working_days_between(first, last) == days


def test_counting_may_end_early() -> None:
    assert CALENDAR.working_days_between(date(2012, 3, 5), date(2013, 3, 5), most=7) == 7


def test_the_next_and_the_previous_working_day() -> None:
    assert CALENDAR.next_working_day(date(2012, 1, 20)) == date(2012, 1, 30)
    assert CALENDAR.next_working_day(date(2012, 2, 3)) == WORKED
    assert CALENDAR.previous_working_day(date(2012, 1, 30)) == date(2012, 1, 20)


def test_hours_follow_the_season() -> None:
    assert CALENDAR.hours_on(date(2012, 4, 15)) is WINTER
    assert CALENDAR.hours_on(date(2012, 4, 16)) is SUMMER
    assert CALENDAR.hours_on(date(2011, 10, 15)) is USUAL_HOURS
    afternoon = CALENDAR.spans_on(date(2012, 4, 13))[1]
    assert afternoon == (datetime(2012, 4, 13, 6, tzinfo=UTC), datetime(2012, 4, 13, 9, 30, tzinfo=UTC))
