"""The nearest common free times: each is really free, and no nearer one was passed over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.booking.ways.suggest import Blocked, FreeTime, Resource, Search, common_spans, free_times, joined
from scheduler.local_time import LOCAL, instant, local_day
from scheduler.work_calendar import OfficeHours, SpecialDay, WorkCalendar

TUESDAY = date(2026, 12, 1)
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
PLAIN = WorkCalendar()


def at(hours: str, day: date = TUESDAY) -> datetime:
    return instant(day, time.fromisoformat(hours))


def search(clock: str = "08:00", *, length: timedelta = HOUR, days: int = 14, **more: object) -> Search:
    values: dict[str, object] = {
        "length": length, "wish": at(clock), "earliest": NOW, "until": at("08:00") + timedelta(days=days),
        "calendar": PLAIN, **more,
    }  # fmt: skip
    return Search(**values)  # type: ignore[arg-type]


def room(*spans: tuple[str, str], key: str = "a", before: timedelta = QUARTER, after: timedelta = 0 * HOUR) -> Resource:
    return Resource(key, [(at(starts), at(ends)) for starts, ends in spans], before, after)


def shown(times: list[FreeTime]) -> list[str]:
    return [f"{time.starts.astimezone(LOCAL):%d %H:%M}" for time in times]


def test_the_same_day_comes_first_closest_to_the_wish_with_the_hall_prepared() -> None:
    busy = [room(("07:45", "10:00")), room(("13:15", "14:00"), key="b")]
    assert shown(free_times(search("08:00"), busy)) == ["01 10:15", "01 10:30", "01 14:15"]


def test_answers_keep_apart_so_that_they_are_choices() -> None:
    assert shown(free_times(search("08:00"), [], apart=HOUR)) == ["01 08:00", "01 09:00", "01 10:00"]


def test_without_room_on_the_day_the_next_working_day_follows_at_the_same_clock() -> None:
    holiday = WorkCalendar({date(2026, 12, 2): SpecialDay(date(2026, 12, 2), False, "Nghỉ", "Off")})
    full = [room(("07:00", "18:00"))]
    assert shown(free_times(search("14:00", calendar=holiday), full, most=2)) == ["03 14:00", "03 13:45"]


def test_a_swapped_saturday_is_offered_and_seasonal_hours_are_kept() -> None:
    saturday = date(2026, 12, 5)
    worked = WorkCalendar(
        {saturday: SpecialDay(saturday, True, "Làm bù", "Worked")},
        [OfficeHours(date(2026, 1, 1), None, (time(8), time(10)), (time(13), time(14)))],
    )
    found = free_times(search(length=2 * HOUR, calendar=worked, wish=at("07:30", saturday)), [], most=2)
    assert shown(found) == ["05 08:00", "07 08:00"]


def test_a_sitting_longer_than_half_a_day_goes_over_noon_and_one_longer_than_the_day_begins_with_it() -> None:
    assert shown(free_times(search("08:00", length=8 * HOUR), [], most=1)) == ["01 08:00"]
    assert shown(free_times(search("14:00", length=8 * HOUR), [], most=1)) == ["01 09:00"]
    assert shown(free_times(search("14:00", length=11 * HOUR), [], most=1)) == ["01 07:30"]


def test_an_urgent_one_may_sit_on_sunday_night() -> None:
    sunday = date(2026, 12, 6)
    assert shown(free_times(search(wish=at("22:00", sunday), any_hour=True), [], most=1)) == ["06 22:00"]
    assert shown(free_times(search(wish=at("22:00", sunday)), [], most=1)) == ["07 16:00"]


def test_nothing_in_the_past_and_nothing_after_the_window() -> None:
    late = search("08:00", earliest=at("16:01"), days=1)
    assert shown(free_times(late, [])) == []
    assert shown(free_times(search("08:00", earliest=at("15:50"), days=2), [], most=1)) == ["01 16:00"]


def test_optional_ones_are_named_and_the_time_that_fewest_miss_is_preferred() -> None:
    optional = [room(("08:00", "09:00"), key="b"), room(("07:00", "10:00"), key="c")]
    found = free_times(search("08:00"), [], optional, most=1)
    assert (shown(found), found[0].misses) == (["01 10:15"], ())
    missed = free_times(search("08:00"), [room(("09:15", "18:00"))], optional, most=2)
    assert [(one, time.misses) for one, time in zip(shown(missed), missed, strict=True)] == [
        ("01 08:00", ("b", "c")), ("01 07:45", ("b", "c")),
    ]  # fmt: skip


def test_touching_is_not_overlapping() -> None:
    held = Resource("a", [(at("09:00"), at("10:00"))])
    assert not Blocked([held], HOUR).forbids(at("08:00"))
    assert Blocked([held], HOUR).forbids(at("08:01"))
    assert not Blocked([held], HOUR).forbids(at("10:00"))


def test_the_common_spans_of_a_day_are_where_a_sitting_fits() -> None:
    wanted = search("08:00")
    spans = common_spans(wanted, Blocked([room(("08:30", "10:00"), before=0 * HOUR)], HOUR), TUESDAY)
    assert spans == [(at("07:30"), at("08:30")), (at("10:00"), at("11:30")), (at("13:30"), at("17:00"))]
    assert joined([(at("09:00"), at("10:00")), (at("08:00"), at("09:00"))]) == [(at("08:00"), at("10:00"))]


MINUTES = st.integers(0, 4 * 24 * 60 // 5).map(lambda n: timedelta(minutes=5 * n))
BUSY = st.lists(st.tuples(MINUTES, st.integers(1, 60).map(lambda n: timedelta(minutes=5 * n))), max_size=12).map(
    lambda spans: [(at("00:00") + start, at("00:00") + start + length) for start, length in spans]
)
MARGIN = st.sampled_from([timedelta(0), QUARTER, timedelta(minutes=40)])
RESOURCES = st.lists(st.builds(Resource, st.sampled_from("abcdef"), BUSY, MARGIN, MARGIN), max_size=4)
LENGTHS = st.sampled_from([30, 60, 90, 150, 300, 600]).map(lambda n: timedelta(minutes=n))
HALF_HOURS = [timedelta(minutes=15 * n) for n in range(24 * 4)]


def is_free(resource: Resource, starts: datetime, ends: datetime) -> bool:
    since, until = starts - resource.before, ends + resource.after
    return all(busy_ends <= since or until <= busy_starts for busy_starts, busy_ends in resource.busy)


def in_office(starts: datetime, ends: datetime) -> bool:
    """The rule said a second time: within a half day, or over noon when it is longer than one."""
    spans = PLAIN.spans_on(local_day(starts))
    longest = max((closes - opens for opens, closes in spans), default=timedelta(0))
    if ends - starts <= longest:
        return any(opens <= starts and ends <= closes for opens, closes in spans)
    if not spans or starts < spans[0][0]:
        return False
    return ends <= spans[-1][1] or (ends - starts > spans[-1][1] - spans[0][0] and starts == spans[0][0])


@pytest.mark.parametrize("apart", [QUARTER, HOUR])
@given(
    required=RESOURCES, optional=RESOURCES, length=LENGTHS, wish=MINUTES, most=st.integers(1, 4), urgent=st.booleans()
)
def test_every_answer_is_free_and_no_nearer_one_was_passed_over(
    required: list[Resource], optional: list[Resource], length: timedelta, wish: timedelta, most: int, urgent: bool,
    apart: timedelta,
) -> None:  # fmt: skip
    wanted = search(length=length, wish=at("00:00") + wish, days=4, any_hour=urgent)
    found = free_times(wanted, required, optional, most=most, apart=apart)

    def rank(starts: datetime) -> tuple[date, int, timedelta, datetime]:
        day = local_day(starts)
        missing = sum(not is_free(resource, starts, starts + length) for resource in optional)
        return day, missing, abs(starts - instant(day, wanted.wish.astimezone(LOCAL).time())), starts

    for free in found:
        assert all(is_free(resource, free.starts, free.ends) for resource in required)
        assert free.ends - free.starts == length and free.starts >= NOW and free.ends <= wanted.until
        assert urgent or in_office(free.starts, free.ends)
        assert len(free.misses) == rank(free.starts)[1]
    assert [rank(free.starts) for free in found] == sorted(rank(free.starts) for free in found)

    first = local_day(wanted.wish)
    every = [
        instant(first + timedelta(days=n)) + clock
        for n in range((local_day(wanted.until) - first).days + 1)
        for clock in HALF_HOURS
    ]
    possible = [
        starts
        for starts in every
        if starts + length <= wanted.until
        and all(is_free(resource, starts, starts + length) for resource in required)
        and (urgent or in_office(starts, starts + length))
    ]
    chosen: list[datetime] = []
    for starts in sorted(possible, key=rank):
        if len(chosen) < most and all(
            local_day(starts) != local_day(other) or abs(starts - other) >= apart for other in chosen
        ):
            chosen.append(starts)
    assert [free.starts for free in found] == chosen
