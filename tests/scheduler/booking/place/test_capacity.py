"""Amounts add up to peaks, lines decide the picture, hosts count seats and kbit/s."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.booking.place.capacity import (
    DEFAULT_PROFILES,
    Amount,
    BridgeLimit,
    LineLimit,
    Load,
    Profile,
    best_profile,
    bridge_amount,
    fits_bridge,
    largest_size,
    peak,
    up_to,
)

DAY = datetime(2026, 12, 1, tzinfo=UTC)
AUDIO = DEFAULT_PROFILES[-1]


def load(first: int, last: int, seats: int) -> Load:
    return Load(DAY + timedelta(minutes=first), DAY + timedelta(minutes=last), Amount(seats, 10 * seats, 100 * seats))


LOADS = st.lists(
    st.builds(lambda a, n, s: load(a, a + n, s), st.integers(0, 60), st.integers(1, 30), st.integers(1, 9))
)


@given(LOADS, st.integers(0, 50), st.integers(1, 60))
def test_the_peak_is_the_highest_sum_of_any_minute(loads: list[Load], first: int, length: int) -> None:
    since, until = DAY + timedelta(minutes=first), DAY + timedelta(minutes=first + length)
    minutes = [since + timedelta(minutes=n) for n in range(length)]
    sums = [sum(one.amount.seats for one in loads if one.starts <= at < one.ends) for at in minutes]
    assert peak(loads, since, until) == Amount(max(sums), 10 * max(sums), 100 * max(sums))


def test_what_ends_makes_room_for_what_begins() -> None:
    assert peak([load(0, 30, 5), load(30, 60, 5)], DAY, DAY + timedelta(hours=1)).seats == 5


def test_an_unmeasured_line_carries_a_small_picture_then_sound_then_nothing() -> None:
    limit, taken, found = LineLimit(None, None), Amount(), []
    for _ in range(3):
        profile = best_profile(DEFAULT_PROFILES, limit, taken, 11)
        found.append(profile.code if profile else None)
        if profile:
            taken += Amount(0, profile.kbps_up, profile.down(11))
    assert found == ["180p", "audio", None]
    assert not limit.measured


def test_a_wish_for_sound_alone_is_kept() -> None:
    profile = best_profile(DEFAULT_PROFILES, LineLimit(100_000, 100_000), Amount(), 11, top="audio")
    assert profile == AUDIO
    assert up_to(DEFAULT_PROFILES, "") == DEFAULT_PROFILES == up_to(DEFAULT_PROFILES, "no such")


def test_few_sites_receive_few_streams() -> None:
    assert [Profile("x", 180, 250, 5).down(size) for size in (1, 2, 6, 11)] == [0, 250, 1250, 1250]


def test_a_host_is_full_by_seats_or_by_kbits() -> None:
    wanted = bridge_amount([AUDIO] * 4, 2, 6, DEFAULT_PROFILES[2])
    assert wanted == Amount(6, 4 * (64 + 3 * 64) + 2 * (250 + 5 * 250), 0)
    assert fits_bridge(BridgeLimit(), Amount(9999, 9_999_999, 0), wanted)
    assert not fits_bridge(BridgeLimit(seats=10), Amount(5, 0, 0), wanted)
    assert not fits_bridge(BridgeLimit(kbps=wanted.kbps_up), Amount(0, 1, 0), wanted)


@given(st.integers(0, 60), st.integers(0, 20_000), st.integers(0, 30))
def test_the_largest_size_fits_and_one_more_does_not(seats: int, kbps: int, taken: int) -> None:
    limit, there = BridgeLimit(seats, kbps), Amount(taken, 0, 0)
    size = largest_size(limit, there, AUDIO)
    assert size == 0 or fits_bridge(limit, there, bridge_amount([AUDIO] * size, 0, size, AUDIO))
    assert not fits_bridge(limit, there, bridge_amount([AUDIO] * (size + 1), 0, size + 1, AUDIO))
