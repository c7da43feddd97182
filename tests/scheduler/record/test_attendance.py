"""Attendance: order, repetition and splitting never change it, and the thresholds are exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scheduler.record.attendance import (
    Presence,
    Seat,
    Sighting,
    Source,
    attended,
    extent,
    merge,
    unite,
    vc_ran,
)
from scheduler.record.reports import Report, from_reports

STARTS = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=90)
SEAT = Seat(delegation_id=1, site_ids=frozenset({1}))


def at(minutes: float) -> datetime:
    return STARTS + timedelta(minutes=minutes)


def presence(joined: float, left: float, *, site: int | None = 1, device: str = "a") -> Presence:
    return Presence(device, site, at(joined), at(left), "host")


def sighting(
    connection: str, joined: float | None, left: float | None, *, source: Source = "host", device: str = "a"
) -> Sighting:
    return Sighting(
        connection, device, 1, None if joined is None else at(joined), None if left is None else at(left), source
    )


moments = st.none() | st.integers(-1800, 9000).map(lambda seconds: STARTS + timedelta(seconds=seconds))
sightings = st.lists(
    st.builds(
        Sighting,
        connection=st.sampled_from(["c1", "c2", "c3", "c4", "c5"]),
        device=st.sampled_from(["a", "b"]),
        site_id=st.sampled_from([None, 1, 2]),
        joined=moments,
        left=moments,
        source=st.sampled_from(["endpoint", "host", "summary", "operator"]),
    ),
    max_size=12,
)
presences = st.lists(
    st.builds(
        lambda device, site, start, length: Presence(device, site, start, start + timedelta(seconds=length), "host"),
        st.sampled_from(["a", "b"]),
        st.sampled_from([None, 1, 2]),
        st.integers(-1800, 9000).map(lambda seconds: STARTS + timedelta(seconds=seconds)),
        st.integers(1, 7200),
    ),
    max_size=10,
)


@given(sightings, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(seen: list[Sighting], random: object) -> None:
    again = seen + seen[: len(seen) // 2]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert merge(again, ENDS) == merge(seen, ENDS)


@given(sightings)
def test_what_is_merged_is_closed_and_runs_forward(seen: list[Sighting]) -> None:
    for one in merge(seen, ENDS):
        assert one.joined < one.left
        assert one.source != "summary"


@given(presences, st.integers(0, 9), st.floats(0, 1), st.integers(0, 119))
def test_splitting_a_presence_does_not_matter(seen: list[Presence], which: int, where: float, gap_seconds: int) -> None:
    assume(which < len(seen))
    one = seen[which]
    first_end = one.joined + (one.left - one.joined) * where
    second_start = first_end + timedelta(seconds=gap_seconds)
    assume(one.joined < first_end and second_start < one.left)
    split = [*seen[:which], replace(one, left=first_end), replace(one, joined=second_start), *seen[which + 1 :]]
    assert attended(SEAT, split, STARTS, ENDS) == attended(SEAT, seen, STARTS, ENDS)
    assert vc_ran(split, STARTS, ENDS) == vc_ran(seen, STARTS, ENDS)


@given(presences, st.randoms(use_true_random=False))
def test_never_more_than_the_duration(seen: list[Presence], random: object) -> None:
    line = attended(SEAT, seen, STARTS, ENDS)
    assert 0 <= line.seconds <= 90 * 60
    assert timedelta(0) <= vc_ran(seen, STARTS, ENDS) <= ENDS - STARTS
    shuffled = [*seen, *seen]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert attended(SEAT, shuffled, STARTS, ENDS) == line


@given(presences, presences)
def test_more_presence_is_never_less_attendance(seen: list[Presence], more: list[Presence]) -> None:
    assert attended(SEAT, seen + more, STARTS, ENDS).seconds >= attended(SEAT, seen, STARTS, ENDS).seconds
    assert vc_ran(seen + more, STARTS, ENDS) >= vc_ran(seen, STARTS, ENDS)


def test_a_leave_that_arrives_before_its_join() -> None:
    leave, join = sighting("c", None, 50), sighting("c", 0, None)
    assert merge([leave], ENDS) == ()
    assert merge([leave, join], ENDS) == (presence(0, 50),)


def test_the_summary_overrules_and_completes() -> None:
    seen = [sighting("c", 0, None), sighting("c", None, 70), sighting("c", 1, 60, source="summary")]
    assert merge(seen, ENDS) == (presence(1, 60),)
    lost_join = [sighting("d", 3, 60, source="summary")]
    assert merge(lost_join, ENDS) == (presence(3, 60),)


def test_an_open_presence_ends_with_the_conference() -> None:
    assert merge([sighting("c", 10, None)], ENDS) == (presence(10, 90),)
    assert merge([sighting("c", 95, None)], ENDS) == ()


def test_a_device_without_power_leaves_when_the_host_saw_it_leave() -> None:
    own = sighting("boot1", 0, None, source="endpoint")
    host = [sighting("h1", 0, 20), sighting("h2", 19, 40)]  # reconnected once, the old one timed out later
    assert replace(presence(0, 40), source="endpoint") in merge([own, *host], ENDS)
    after = sighting("boot2", 50, None, source="endpoint")
    assert replace(presence(50, 90), source="endpoint") in merge([own, after, *host], ENDS)


def test_a_device_still_seen_by_the_host_stays() -> None:
    seen = [sighting("boot1", 0, None, source="endpoint"), sighting("h1", 0, 20), sighting("h2", 19, None)]
    assert attended(SEAT, merge(seen, ENDS), STARTS, ENDS).seconds == 90 * 60


def test_what_a_crashed_host_left_open_ends_when_the_device_fell_out() -> None:
    fell_out = [sighting("boot1", 0, 30, source="endpoint"), sighting("boot2", 48, None, source="endpoint")]
    left_open, again = sighting("h1", 0, None), sighting("h2", 48, None)
    anew = replace(sighting("h1", None, 48), guessed=True)
    assert attended(SEAT, merge([*fell_out, left_open, again], ENDS), STARTS, ENDS).seconds == 72 * 60
    assert attended(SEAT, merge([*fell_out, left_open, anew, again], ENDS), STARTS, ENDS).seconds == 72 * 60
    assert merge([left_open, anew], ENDS) == (presence(0, 48),), "nobody else knows better"
    told = sighting("h1", None, 31)
    assert presence(0, 31) in merge([*fell_out, left_open, anew, told], ENDS), "what the host tells is not guessed"


def test_a_report_of_an_earlier_stretch_ends_nothing() -> None:
    slow_clock = [sighting("boot1", -15, 0.1, source="endpoint"), sighting("boot2", 0.2, None, source="endpoint")]
    assert presence(0, 90) in merge([*slow_clock, sighting("h2", 0, None)], ENDS)


def test_reports_are_paired_by_number_not_by_arrival() -> None:
    def report(seq: int, minute: float, joined: bool, boot: str = "b1") -> Report:
        return Report("a", 1, boot, seq, at(minute), joined)

    reports = [report(1, 0, True), report(2, 30, False), report(4, 45, True), report(7, 80, False)]
    expected = [(at(0), at(30)), (at(45), at(80))]
    for order in (reports, reports[::-1], [*reports, *reports]):
        assert [(s.joined, s.left) for s in from_reports(order)] == expected
    crashed = [report(1, 0, True), report(1, 20, True, "b2"), report(2, 60, False, "b2"), report(9, 70, False, "b3")]
    assert [(s.joined, s.left) for s in from_reports(crashed)] == [(at(0), None), (at(20), at(60))]


def test_a_second_join_without_a_leave_continues() -> None:
    reports = [
        Report("a", 1, "b", 1, at(0), True),
        Report("a", 1, "b", 2, at(5), True),
        Report("a", 1, "b", 3, at(9), False),
    ]
    assert [(s.joined, s.left) for s in from_reports(reports)] == [(at(0), at(9))]


def test_a_gap_of_two_minutes_is_a_gap_and_a_shorter_one_is_none() -> None:
    bridged = [presence(0, 40), presence(40 + 119 / 60, 90)]
    assert attended(SEAT, bridged, STARTS, ENDS).seconds == 90 * 60
    open_gap = [presence(0, 40), presence(42, 90)]
    assert attended(SEAT, open_gap, STARTS, ENDS).seconds == 88 * 60


def test_two_devices_of_one_site_are_one() -> None:
    seen = [presence(0, 50, device="a"), presence(40, 90, device="b")]
    assert attended(SEAT, seen, STARTS, ENDS).seconds == 90 * 60
    assert vc_ran(seen, STARTS, ENDS) == timedelta(0)


def test_minutes_before_the_start_do_not_count_but_are_shown() -> None:
    line = attended(SEAT, [presence(-15, 100)], STARTS, ENDS)
    assert (line.first, line.last, line.minutes) == (at(-15), at(100), 90)


@pytest.mark.parametrize(
    ("minutes", "of", "expected"),
    [
        (45, 90, "full"),
        (44.99, 90, "part"),
        (15, 90, "part"),
        (14.99, 90, "none"),
        (10, 20, "full"),
        (9.99, 20, "none"),
        (15, 30, "full"),
        (14.99, 30, "none"),
        (15, 30.1, "part"),
        (0, 90, "none"),
        (0, 0, "none"),
    ],
)
def test_extent(minutes: float, of: float, expected: str) -> None:
    assert extent(timedelta(minutes=minutes), timedelta(minutes=of)) == expected


def test_seen_both_ways_is_online_if_its_minutes_suffice() -> None:
    marked = replace(SEAT, marked="in_person", marked_evidence="confirmed")
    assert attended(marked, [presence(0, 20)], STARTS, ENDS).mode == "online"
    short = attended(marked, [presence(0, 10)], STARTS, ENDS)
    assert (short.mode, short.extent, short.evidence, short.seconds) == ("in_person", "full", "confirmed", 600)
    assert attended(SEAT, [presence(0, 10)], STARTS, ENDS).mode == "absent"


def test_a_guest_device_counts_for_its_delegation_and_foreign_sites_do_not() -> None:
    seat = Seat(1, site_ids=frozenset({1}), devices=frozenset({"phone"}))
    seen = [presence(0, 30, site=None, device="phone"), presence(0, 90, site=2), presence(0, 90, site=None, device="x")]
    assert attended(seat, seen, STARTS, ENDS).minutes == 30


def test_evidence_of_people_is_told_apart() -> None:
    operator = replace(presence(0, 90), source="operator")
    assert attended(SEAT, [operator], STARTS, ENDS).evidence == "confirmed"
    assert attended(SEAT, [operator, presence(0, 5)], STARTS, ENDS).evidence == "auto"


def test_the_conference_runs_while_two_places_are_connected() -> None:
    seen = [presence(0, 60), presence(10, 90, site=2), presence(50, 80, site=3)]
    assert vc_ran(seen, STARTS, ENDS) == timedelta(minutes=70)
    assert vc_ran([presence(0, 90)], STARTS, ENDS) == timedelta(0)


def test_union_of_spans() -> None:
    assert unite([(at(3), at(4)), (at(0), at(1)), (at(1), at(2))]) == [(at(0), at(2)), (at(3), at(4))]
