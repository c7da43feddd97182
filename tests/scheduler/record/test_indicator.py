"""The share of meetings held online: the worked example with exactly its figures, and exact arithmetic at the edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.kinds import find_kind
from scheduler.record.attendance import Mode
from scheduler.record.indicator import Goal, Indicator, Share, in_a_row, indicator, need, weighted
from scheduler.record.outcome import Outcome, Seen, Sitting
from scheduler.record.periods import month, year
from scheduler.record.tally import Convened, HostGroup, TallyRow, tally

GOAL = Goal(2012, 7, 10)
UBND = 100
MINUTES_90 = timedelta(minutes=90)


def row(
    number: int, host: int, v: int, p: int, code: str = "thematic", *, sessions: int = 1, ran: timedelta = MINUTES_90,
    outcome: Outcome = "held", state: str = "recorded", districts: bool = True, unnamed: int = 0,
) -> TallyRow:  # fmt: skip
    kind = find_kind(code)
    assert kind is not None
    online: list[Mode] = ["online"]
    in_person: list[Mode] = ["in_person"]
    group: HostGroup = "ubnd" if host == UBND else "agency"
    sittings = tuple(
        Sitting(
            starts=datetime(2012, number % 12 + 1, 8 + session, 1, 0, tzinfo=UTC),
            state=state,
            outcome=outcome,
            duration=MINUTES_90,
            vc_ran=ran if v or outcome == "failed_online" else timedelta(0),
            districts=tuple(Seen(unit_id, mode) for unit_id, mode in enumerate(online * v + in_person * p, start=1)),
            unnamed_in_person=unnamed,
        )
        for session in range(sessions)
    )
    return tally(Convened(number, host, group, True, kind, districts, sittings, lawful=not unnamed))


EXAMPLE = [
    row(1, UBND, 9, 1, "briefing"),
    row(2, 2, 10, 0, "emergency"),
    row(3, 3, 10, 0, "training", sessions=4),
    row(4, 4, 3, 7),
    row(5, 5, 5, 5),
    row(6, UBND, 0, 10, "final_review"),
    row(7, 7, 1, 0, "working"),
    row(8, 8, 0, 0, outcome="failed_online", ran=timedelta(minutes=10)),
    row(9, 9, 0, 0, outcome="unknown", state="cancelled"),
    row(10, 10, 0, 0, outcome="unknown", state="postponed"),
    row(11, 11, 0, 0, districts=False),
    row(12, 12, 10, 0, "relay"),
    row(13, 13, 0, 0, unnamed=10),
    row(14, 14, 10, 0, "line_test"),
    row(15, 15, 10, 0, outcome="unknown"),
]


@pytest.fixture
def example() -> Indicator:
    return indicator(EXAMPLE, year(2012))


def test_the_worked_example(example: Indicator) -> None:
    assert (example.gross, example.gross.shown()) == (Share(5, 9), "55,5")
    assert (example.net, example.net.shown()) == (Share(5, 8), "62,5")
    assert (example.low.shown(), example.high.shown(), example.awaited) == ("50,0", "60,0", 1)
    assert example.groups == {"ubnd": Share(1, 2), "agency": Share(4, 7)}
    assert (example.weighted, example.weighted.shown()) == (Share(38, 71), "53,5")
    assert example.gross.attains(GOAL) is False


def test_the_example_in_its_parts(example: Indicator) -> None:
    assert example.kinds == {"meeting": Share(4, 8), "training": Share(1, 1)}
    assert example.hosts[UBND] == Share(1, 2)
    assert sum(s.den for s in example.hosts.values()) == sum(s.den for s in example.months.values()) == 9
    assert sum(s.num for s in example.hosts.values()) == sum(s.num for s in example.months.values()) == 5
    assert list(example.months) == list(range(1, 13))
    assert example.months[12] == Share(0, 0)
    assert example.districts[1] == Share(6, 7)
    assert next(r.v for r in EXAMPLE if r.leader_id == 3) == 40


@pytest.mark.parametrize("number", [9, 10, 11, 12, 14])
def test_what_is_neither_does_not_change_a_figure(number: int, example: Indicator) -> None:
    assert indicator([r for r in EXAMPLE if r.leader_id != number], year(2012)) == example


def test_a_month_is_a_period_too() -> None:
    may = indicator(EXAMPLE, month(2012, 5))
    assert (may.gross, list(may.months), may.months[5]) == (Share(0, 1), [5], Share(0, 1))


def test_nothing_occurred() -> None:
    empty = indicator(EXAMPLE, year(2013))
    assert (empty.gross.shown(), empty.gross.tenths(), empty.gross.attains(GOAL)) == (None, None, None)
    assert empty.groups == {"ubnd": Share(0, 0), "agency": Share(0, 0)}


def test_many_tiny_calls_do_not_lift_the_weighted_share(example: Indicator) -> None:
    tiny = [replace(row(7, 7, 1, 0), leader_id=100 + i) for i in range(20)]
    padded = indicator([*EXAMPLE, *tiny], year(2012))
    assert padded.gross.attains(GOAL) is True
    assert padded.weighted.attains(GOAL) is False


@pytest.mark.parametrize(
    ("num", "den", "shown", "attains"),
    [
        (1399, 2000, "69,9", False),  # 69.95 % is not 70
        (699_999, 1_000_000, "69,9", False),
        (7, 10, "70,0", True),
        (21, 30, "70,0", True),
        (2, 3, "66,6", False),
        (0, 5, "0,0", False),
        (5, 5, "100,0", True),
        (10**18 * 7 - 1, 10**19, "69,9", False),
    ],
)
def test_shares_are_rounded_down_and_compared_exactly(num: int, den: int, shown: str, attains: bool) -> None:
    share = Share(num, den)
    assert (share.shown(), share.attains(GOAL)) == (shown, attains)
    assert share.shown(".") == shown.replace(",", ".")


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 20), st.integers(1, 20))
def test_what_does_not_attain_never_looks_as_if_it_did(num: int, den: int, goal_num: int, goal_den: int) -> None:
    share, goal = Share(min(num, den), den), Goal(2012, min(goal_num, goal_den), goal_den)
    tenths = share.tenths()
    assert tenths is not None
    if not share.attains(goal):
        assert tenths * goal.den < 1000 * goal.num


@pytest.mark.parametrize(
    ("held", "online", "expected", "online_needed", "feasible"),
    [
        (84, 55, 60, 46, True),
        (120, 70, 24, 31, False),
        (130, 96, 14, 5, True),
        (10, 10, 0, 0, True),
        (0, 0, 10, 7, True),
    ],
)
def test_what_is_still_needed(held: int, online: int, expected: int, online_needed: int, feasible: bool) -> None:
    answer = need(Share(online, held), expected, GOAL)
    assert (answer.online, answer.feasible) == (online_needed, feasible)
    assert answer.required == (Share(online_needed, expected) if feasible else None)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 100), st.integers(1, 10), st.integers(1, 10))
def test_need_is_enough_and_one_less_is_not(num: int, den: int, expected: int, goal_num: int, goal_den: int) -> None:
    now, goal = Share(min(num, den), den), Goal(2012, min(goal_num, goal_den), goal_den)
    answer = need(now, expected, goal)
    if answer.feasible and now.den + expected:
        assert Share(now.num + answer.online, now.den + expected).attains(goal)
        if answer.online:
            assert not Share(now.num + answer.online - 1, now.den + expected).attains(goal)
    row_length = in_a_row(now, goal)
    if row_length and now.den:
        assert Share(now.num + row_length, now.den + row_length).attains(goal)
        assert not Share(now.num + row_length - 1, now.den + row_length - 1).attains(goal)


def test_in_a_row() -> None:
    assert in_a_row(Share(55, 84), GOAL) == 13
    assert in_a_row(Share(7, 10), GOAL) == 0
    assert in_a_row(Share(9, 10), Goal(2012, 1, 1)) is None


def test_goals_and_shares_that_make_no_sense_are_refused() -> None:
    for num, den in ((0, 10), (11, 10), (-1, 10), (1, 0)):
        with pytest.raises(ValueError, match="goal"):
            Goal(2012, num, den)
    with pytest.raises(ValueError, match="share"):
        Share(3, 2)


def test_rows_out_of_scope_are_passed_over_wherever_they_come_from() -> None:
    assert weighted(EXAMPLE) == Share(38, 71)
    assert date(2012, 2, 8) in year(2012)
