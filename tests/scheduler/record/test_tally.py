"""What makes a meeting count, and as what: the conditions and the edge cases of the definitions, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler.kinds import Kind, find_kind
from scheduler.record.attendance import Mode
from scheduler.record.outcome import Outcome, Seen, Sitting
from scheduler.record.tally import Convened, DistrictRow, host_group, tally

STARTS = datetime(2012, 5, 8, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def kind(code: str) -> Kind:
    found = find_kind(code)
    assert found is not None
    return found


def sitting(
    v: int = 0, p: int = 0, *, ran: float = 1.0, outcome: Outcome = "held", state: str = "recorded", day: int = 0
) -> Sitting:
    """An hour with ``v`` districts online, then ``p`` in person; the conference ran ``ran`` of the hour."""
    online: list[Mode] = ["online"]
    in_person: list[Mode] = ["in_person"]
    districts = tuple(Seen(unit_id, mode) for unit_id, mode in enumerate(online * v + in_person * p, start=1))
    return Sitting(STARTS + timedelta(days=day), state, outcome, HOUR, HOUR * ran, districts)


def convened(*sittings: Sitting, code: str = "thematic") -> Convened:
    return Convened(
        leader_id=1,
        host_unit_id=7,
        host_group="agency",
        host_counts=True,
        kind=kind(code),
        district_required=True,
        sittings=sittings,
    )


ONLINE, IN_PERSON = (True, True), (True, False)  # (counted, online)
NEITHER = (False, False)

EDGES = {
    "training of four sessions": (convened(*[sitting(10, day=d) for d in range(4)], code="training"), 40, 0, ONLINE),
    "hybrid, three of ten online": (convened(sitting(3, 7)), 3, 7, IN_PERSON),
    "hybrid, a tie": (convened(sitting(5, 5)), 5, 5, ONLINE),
    "the city walks to the hall": (convened(sitting(9, 1)), 9, 1, ONLINE),
    "one district invited": (convened(sitting(1)), 1, 0, ONLINE),
    "broke and ended": (convened(sitting(0, ran=1 / 9, outcome="failed_online")), 0, 0, IN_PERSON),
    "broke after half, went on by phone": (convened(sitting(10, ran=0.5)), 10, 0, ONLINE),
    "broke before half, went on by phone": (convened(sitting(10, ran=0.499)), 10, 0, IN_PERSON),
    "cancelled": (convened(sitting(state="cancelled", outcome="unknown")), 0, 0, NEITHER),
    "postponed": (convened(sitting(state="postponed", outcome="unknown")), 0, 0, NEITHER),
    "not held": (convened(sitting(outcome="not_held")), 0, 0, NEITHER),
    "past its end, unconfirmed": (convened(sitting(10, outcome="unknown")), 0, 0, NEITHER),
    "no district came": (convened(sitting(0)), 0, 0, IN_PERSON),
    "emergency without a letter": (convened(sitting(10), code="emergency"), 10, 0, ONLINE),
    "in person, logged": (convened(sitting(0, 10, ran=0)), 0, 10, IN_PERSON),
    "in person, some listened in on a dead line": (convened(sitting(1, 0, ran=0)), 1, 0, IN_PERSON),
    "two sessions online, two in person": (
        convened(*[sitting(10, day=d) for d in (0, 1)], *[sitting(0, 10, ran=0, day=d) for d in (2, 3)]),
        20,
        20,
        ONLINE,
    ),
    "one session cancelled": (
        convened(sitting(10), sitting(state="cancelled", outcome="unknown", day=1)),
        10,
        0,
        ONLINE,
    ),
    "one session lost its line": (
        convened(sitting(10), sitting(0, ran=0, outcome="failed_online", day=1)),
        10,
        0,
        ONLINE,
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_edge_cases(name: str) -> None:
    case, v, p, (counted, online) = EDGES[name]
    row = tally(case)
    assert (row.v, row.p, row.counted, row.online) == (v, p, counted, online)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, ()),
        ({"host_counts": False}, ("host",)),
        ({"district_required": False}, ("no_district",)),
        ({"kind": kind("relay")}, ("kind",)),
        ({"kind": kind("line_test")}, ("kind",)),
        ({"sittings": (sitting(10, state="cancelled"),)}, ("status",)),
        ({"host_counts": False, "district_required": False}, ("host", "no_district")),
    ],
)
def test_the_four_conditions(change: dict[str, object], reasons: tuple[str, ...]) -> None:
    row = tally(replace(convened(sitting(10)), **change))  # type: ignore[arg-type]
    assert row.reasons == reasons
    assert row.in_scope == row.online == row.counted == (not reasons)


def test_unconfirmed_is_in_scope_but_only_awaited() -> None:
    row = tally(convened(sitting(10, outcome="unknown")))
    assert (row.status, row.in_scope, row.awaited, row.counted) == ("unconfirmed", True, True, False)
    department = tally(replace(convened(sitting(10, outcome="unknown")), district_required=False))
    assert not department.awaited


def test_a_training_under_way_is_awaited_and_one_to_come_expected() -> None:
    to_come = sitting(state="planned", outcome="unknown", day=1)
    assert tally(convened(sitting(10), to_come)).awaited
    row = tally(convened(to_come))
    assert (row.status, row.expected, row.in_scope) == ("upcoming", True, False)
    assert not tally(replace(convened(to_come), host_counts=False)).expected


def test_a_postponed_meeting_counts_once_on_its_new_date() -> None:
    row = tally(convened(sitting(state="postponed", outcome="unknown"), sitting(10, day=300)))
    assert (row.local_date, row.year, row.online) == (date(2013, 3, 4), 2013, True)


def test_the_local_start_date_decides_the_year() -> None:
    new_years_eve = replace(sitting(10), starts=datetime(2012, 12, 31, 16, 30, tzinfo=UTC))  # 23:30 in Bắc Giang
    assert tally(convened(new_years_eve)).year == 2012
    after_midnight = replace(sitting(10), starts=datetime(2012, 12, 31, 17, 0, tzinfo=UTC))
    assert tally(convened(after_midnight)).year == 2013


def test_a_districts_form_is_that_of_half_of_what_it_attended() -> None:
    first = replace(
        sitting(), districts=(Seen(1, "online"), Seen(2, "in_person"), Seen(3, "online"), Seen(4, "absent"))
    )
    second = replace(
        sitting(day=1), districts=(Seen(1, "in_person"), Seen(2, "in_person"), Seen(3, "absent"), Seen(4, "phone"))
    )
    row = tally(convened(first, second))
    assert row.districts == (DistrictRow(1, online=True), DistrictRow(2, online=False), DistrictRow(3, online=True))
    assert (row.v, row.p, row.online_districts, row.attending_districts) == (2, 3, 2, 3)


def test_a_secret_meeting_is_known_by_number_only() -> None:
    secret = replace(sitting(ran=0), unnamed_in_person=10, evidence="declared")
    row = tally(replace(convened(secret), lawful=False))
    assert (row.v, row.p, row.counted, row.online, row.lawful) == (0, 10, True, False, False)
    assert (row.districts, row.attending_districts, row.evidence) == ((), 10, "declared")


def test_the_seat_may_be_left_out_of_the_mode() -> None:
    case = convened(sitting(1, 2))
    assert not tally(case).online
    row = tally(case, exclude_from_mode=frozenset({2, 3}))
    assert (row.v, row.p, row.online) == (1, 0, True)


def test_the_weakest_evidence_of_its_sittings_is_the_rows() -> None:
    row = tally(convened(sitting(10), replace(sitting(10, day=1), evidence="confirmed")))
    assert row.evidence == "confirmed"
    assert tally(convened(sitting(state="cancelled"))).evidence is None


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sitting"):
        tally(convened())


@pytest.mark.parametrize(
    ("level", "code", "expected"),
    [("province_body", "UBNDT", "ubnd"), ("province_agency", "VPUB", "ubnd"), ("province_agency", "STTTT", "agency")],
)
def test_host_groups(level: str, code: str, expected: str) -> None:
    assert host_group(level, code) == expected
