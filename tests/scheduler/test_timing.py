"""One conference's times: their order, their values, and the jitter that does not move."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import Invalid
from scheduler.timing import LIMITS, Timing, join_at, spans

STARTS = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=2)


def minutes(at: datetime, since: datetime = STARTS) -> float:
    return (at - since) / timedelta(minutes=1)


def test_the_default_times() -> None:
    s = spans(STARTS, ENDS, Timing())
    assert [minutes(t) for t in (s.ticket_nbf, s.admits, s.opens, s.join_at, s.room_from)] == [-65, -62, -60, -15, -15]
    assert [minutes(t, ENDS) for t in (s.room_until, s.ends_grace, s.settled, s.latest_end, s.ticket_exp)] == [
        0, 15, 20, 120, 135,
    ]  # fmt: skip


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    values = {name: draw(st.integers(low, high)) for name, (low, high) in LIMITS.items()}
    values["endpoint_lead"] = min(values["endpoint_lead"], values["opens_before"])
    values["admission_early"] = min(values["admission_early"], values["ticket_early"])
    values["grace"] = min(values["grace"], values["longest_extension"])
    return Timing(**values)


@given(timings(), st.integers(1, 1440))
def test_whatever_the_rules_the_order_holds(timing: Timing, length: int) -> None:
    s = spans(STARTS, STARTS + timedelta(minutes=length), timing)
    assert s.ticket_nbf <= s.admits <= s.opens <= s.join_at < s.starts < s.ends <= s.ends_grace <= s.latest_end
    assert s.latest_end <= s.ticket_exp
    assert s.room_from <= s.starts < s.ends <= s.room_until
    assert s.room_until - s.room_from <= timedelta(days=3)


def test_an_extension_moves_the_end_but_not_what_others_were_told() -> None:
    booked = spans(STARTS, ENDS, Timing())
    longer = spans(STARTS, ENDS + timedelta(minutes=30), Timing(), booked_ends=ENDS)
    assert (longer.latest_end, longer.ticket_exp) == (booked.latest_end, booked.ticket_exp)
    assert longer.ends_grace - booked.ends_grace == timedelta(minutes=30)


def test_times_without_a_zone_or_backwards_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        spans(STARTS.replace(tzinfo=None), ENDS, Timing())
    with pytest.raises(ValueError, match="before it ends"):
        spans(STARTS, STARTS, Timing())


@given(st.text(max_size=30), st.integers(0, 300))
def test_jitter_is_within_bounds_and_always_the_same(key: str, jitter: int) -> None:
    timing = replace(Timing(), jitter=jitter)
    first = join_at(STARTS, timing, key)
    assert 0 <= (first - spans(STARTS, ENDS, timing).join_at).total_seconds() <= jitter
    assert join_at(STARTS, timing, key) == first


def test_jitter_is_the_same_after_a_restart_and_spreads() -> None:
    assert join_at(STARTS, Timing(), "ep1") == STARTS - timedelta(minutes=15) + timedelta(
        seconds=19
    )  # by hand: SHA-256 of the key, modulo 21
    assert len({join_at(STARTS, Timing(), f"ep{i}") for i in range(300)}) == 21


@given(st.integers(-120, 60))
def test_never_before_the_previous_conference_of_the_room_ends(offset: int) -> None:
    previous = STARTS + timedelta(minutes=offset)
    at = join_at(STARTS, Timing(), "ep1", previous)
    assert at >= previous
    assert at >= join_at(STARTS, replace(Timing(), jitter=0), "ep1")


def test_every_wrong_rule_is_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        Timing(opens_before=0, endpoint_lead=61, jitter=True)
    assert [e.field for e in caught.value.errors] == ["opens_before", "endpoint_lead", "jitter"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"opens_before": 10}, "endpoint_lead"),
        ({"ticket_early": 1}, "admission_early"),
        ({"longest_extension": 10}, "grace"),
    ],
)
def test_rules_in_an_impossible_order_are_refused(values: dict[str, int], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        Timing(**values)
    assert [(e.field, e.code) for e in caught.value.errors] == [(field, "above")]
