"""The house's rules at booking: what is refused, by whose rule, and from when it would fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from confsvc.database import Database
from rooms.errors import Invalid
from scheduler.booking.book import book, check
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.edit import booking_of, cancel, change
from scheduler.booking.limits import half_day, worked
from scheduler.conduct.queries import find_locked_by_key
from scheduler.local_time import instant
from scheduler.rulebook import RuleBook, RuleRow
from scheduler.work_calendar import SpecialDay, WorkCalendar
from tests.scheduler.booking.offices import NOW, RULES, offices, wish

HOST = wish().host_unit_id
MONDAY = date(2026, 11, 30)


def ruled(*rows: tuple[str, str] | tuple[str, str, dict[str, Any]], calendar: WorkCalendar | None = None) -> Rules:
    """The usual rules with rows from 2020 on: what, value and for whom."""
    made = []
    for number, (what, value, *where) in enumerate(rows, start=1):
        place = {"kind": None, "unit_id": None, **(where[0] if where else {})}
        made.append(RuleRow(number, what, value=value, reason="", valid_from=date(2020, 1, 1), valid_to=None, **place))
    return replace(RULES, book=RuleBook(made), calendar=calendar or WorkCalendar())


def at(day: date, clock: time, minutes: int = 60, **changes: Any) -> Booking:
    starts = instant(day, clock)
    return replace(wish(), starts=starts, ends=starts + timedelta(minutes=minutes), **changes)


def found(database: Database, booking: Booking, rules: Rules, *, now: datetime = NOW) -> dict[str, dict[str, Any]]:
    """What stands in the way, by field and code."""
    findings = database.read_now(lambda db: check(db, booking, now=now, rules=rules))
    return {f"{e.field}:{e.code}": dict(e.data) for e in findings.errors}


@pytest.fixture
def house(sqlite_url: str) -> Database:
    return offices(Database(sqlite_url))


SOON = at(date(2026, 11, 25), time(8))


class TestNotice:
    def test_too_short_asks_for_a_reason_and_says_from_when_it_would_fit(self, house: Database) -> None:
        assert NOW.date() == date(2026, 11, 24)
        data = found(house, SOON, RULES)["short_notice_reason:required"]
        assert (data["days"], data["required"], data["by"], data["from"]) == (0, 3, "default", "2026-11-28")
        assert data["waiver_by"] == ["booker"]
        assert found(house, replace(SOON, short_notice_reason="bão"), RULES) == {}
        assert found(house, at(date(2026, 11, 30), time(8)), RULES) == {}

    def test_the_rule_of_the_unit_refuses_where_it_says_so(self, house: Database) -> None:
        rules = ruled(("notice_days", "5", {"kind": SOON.kind}), ("notice_refuses", "yes", {"unit_id": HOST}))
        data = found(house, replace(SOON, short_notice_reason="bão"), rules)["starts:notice_too_short"]
        assert (data["days"], data["required"], data["by"], data["from"]) == (0, 5, "unit", "2026-12-02")
        assert found(house, at(date(2026, 12, 2), time(8)), rules) == {}
        with pytest.raises(Invalid, match="starts"):
            house.write_now(lambda db: book(db, SOON, actor="a", now=NOW, rules=rules))

    def test_holidays_are_no_notice(self, house: Database) -> None:
        tet = {date(2026, 11, d): SpecialDay(date(2026, 11, d), False, "Nghỉ", "Off") for d in (25, 26, 27)}
        booking = at(date(2026, 11, 30), time(8))
        assert "short_notice_reason:required" in found(house, booking, ruled(calendar=WorkCalendar(tet)))

    def test_urgent_kinds_are_free_of_notice_hours_and_quotas_but_not_of_the_lead(self, house: Database) -> None:
        rules = ruled(
            ("notice_refuses", "yes"), ("hours_refuse", "yes"), ("quota_count_week", "0"), ("lead_minutes", "10")
        )
        sunday = at(date(2026, 11, 29), time(21), kind="emergency")
        assert found(house, sunday, rules) == {}
        late = datetime(2026, 11, 29, 13, 55, 30, tzinfo=UTC)
        data = found(house, sunday, rules, now=late)["starts:lead_too_short"]
        assert (data["minutes"], data["from"]) == (10, "2026-11-29T14:06:00+00:00")
        assert found(house, sunday, ruled(("urgent", "no", {"kind": "emergency"}), ("hours_refuse", "yes"))).keys() == {
            "starts:outside_hours"
        }

    def test_what_is_booked_may_be_put_right_on_the_day_before_and_moved_only_by_the_rule(
        self, directory_of_offices: Database
    ) -> None:
        house, rules = directory_of_offices, ruled(("notice_refuses", "yes"), ("quota_count_week", "1"))
        made = house.write_now(lambda db: book(db, at(MONDAY, time(8)), actor="a", now=NOW, rules=rules))
        late = NOW + timedelta(days=5)

        def put_right(db: Any, **changes: Any) -> None:
            conference = find_locked_by_key(db, made.key)
            assert conference is not None
            wanted = replace(booking_of(db, conference), **changes)
            change(db, made.key, wanted, version=conference.version, actor="a", now=late, rules=rules)

        house.write_now(put_right, title="Giao ban tuần 49")
        with pytest.raises(Invalid) as refused:
            house.write_now(put_right, starts=instant(MONDAY, time(7, 45)))
        assert [e.code for e in refused.value.errors] == ["notice_too_short"]


@pytest.fixture
def directory_of_offices(database: Database) -> Database:
    return offices(database)


class TestHours:
    @pytest.mark.parametrize(
        ("day", "clock", "minutes", "warned"),
        [(1, time(8), 60, False), (1, time(7, 30), 570, False), (1, time(7, 29), 30, True), (1, time(16, 30), 31, True),
         (5, time(8), 60, True)],
    )  # fmt: skip
    def test_outside_is_warned_of_and_refused_by_rule(
        self, house: Database, day: int, clock: time, minutes: int, warned: bool
    ) -> None:
        booking = at(date(2026, 12, day), clock, minutes, kind="consultation")
        said = house.read_now(lambda db: check(db, booking, now=NOW, rules=RULES))
        assert [w.code for w in said.warnings] == (["outside_hours"] if warned else [])
        refused = found(house, booking, ruled(("hours_refuse", "yes", {"kind": "consultation"})))
        assert refused.keys() == ({"starts:outside_hours"} if warned else set())
        if day == 5:
            assert refused["starts:outside_hours"]["from"] == instant(date(2026, 12, 7), time(7, 30)).isoformat()


class TestLength:
    @pytest.mark.parametrize(
        ("kind", "clock", "minutes", "until"),
        [("briefing", time(7, 30), 240, None), ("briefing", time(8), 360, None), ("briefing", time(8), 361, time(14)),
         ("briefing", time(13, 30), 240, None), ("briefing", time(13, 30), 241, time(17, 30)),
         ("thematic", time(7, 30), 600, None), ("thematic", time(7, 30), 601, time(17, 30)),
         ("emergency", time(7, 30), 720, None)],
    )  # fmt: skip
    def test_half_a_day_is_one_session_and_noon_is_not_counted(
        self, house: Database, kind: str, clock: time, minutes: int, until: time | None
    ) -> None:
        errors = found(house, at(date(2026, 12, 1), clock, minutes, kind=kind), RULES)
        over = minutes in (361, 241, 601)
        assert errors.keys() == ({"ends:too_long_for_kind"} if over else set())
        if over:
            assert errors["ends:too_long_for_kind"]["by"] == "default"
            assert errors["ends:too_long_for_kind"]["until"] == instant(date(2026, 12, 1), until or time()).isoformat()

    def test_rows_set_other_limits(self, house: Database) -> None:
        long = at(date(2026, 12, 1), time(8), 361, kind="briefing")
        assert found(house, long, ruled(("longest_working_days", "none", {"kind": "briefing", "unit_id": HOST}))) == {}
        data = found(house, long, ruled(("longest_hours", "2,5", {"unit_id": HOST})))["ends:too_long_sitting"]
        assert (data["hours"], data["by"]) == (2.5, "unit")

    def test_nights_are_not_sat_through(self) -> None:
        calendar = WorkCalendar()
        starts, ends = instant(date(2026, 12, 1), time(8)), instant(date(2026, 12, 2), time(17))
        assert worked(starts, ends, calendar) == timedelta(hours=7) + timedelta(hours=7.5)
        assert half_day(starts, calendar) == timedelta(hours=4)


class TestQuotas:
    def test_number_and_hours_by_week_and_month(self, directory_of_offices: Database) -> None:
        house = directory_of_offices
        for number, day in enumerate((MONDAY, date(2026, 12, 6), date(2026, 12, 7))):
            booking = at(day, time(8), 120, title=f"Giao ban {number}")
            house.write_now(lambda db, b=booking: book(db, b, actor="a", now=NOW, rules=RULES))
        other = at(date(2026, 12, 3), time(8), 60)

        def limit(*rows: tuple[str, str]) -> dict[str, dict[str, Any]]:
            return found(house, other, ruled(*[(*row, {"unit_id": HOST}) for row in rows]))

        assert limit(("quota_count_week", "3"), ("quota_hours_week", "5"), ("quota_count_month", "3")) == {}
        data = limit(("quota_count_week", "2"))["starts:over_quota_count_week"]
        assert data == {"limit": 2, "used": 2, "wanted": 1, "by": "unit", "kind": None, "from": "2026-12-07"}
        data = limit(("quota_hours_week", "4,5"))["starts:over_quota_hours_week"]
        assert (data["used"], data["wanted"], data["from"]) == (4, 1, "2026-12-07")
        data = limit(("quota_count_month", "2"))["starts:over_quota_count_month"]
        assert (data["used"], data["from"]) == (2, "2027-01-01"), "30 November is another month"
        data = limit(("quota_hours_month", "4"))["starts:over_quota_hours_month"]
        assert (data["used"], data["wanted"]) == (4, 1)
        assert limit(("quota_count_week", "0"))["starts:over_quota_count_week"]["from"] is None

    def test_cancelled_ones_drafts_and_other_hosts_do_not_count(self, directory_of_offices: Database) -> None:
        house = directory_of_offices
        made = house.write_now(lambda db: book(db, at(MONDAY, time(8)), actor="a", now=NOW, rules=RULES))
        house.write_now(cancel, made.key, version=made.version, reason="hoãn", actor="a", now=NOW)
        house.write_now(lambda db: book(db, at(MONDAY, time(8)), actor="a", now=NOW, rules=RULES, draft=True))
        rules = ruled(("quota_count_week", "1"))
        assert found(house, at(MONDAY, time(9)), rules) == {}
        house.write_now(lambda db: book(db, at(MONDAY, time(9)), actor="a", now=NOW, rules=rules))
        errors = found(house, at(MONDAY, time(14)), rules)
        assert errors["starts:over_quota_count_week"]["by"] == "house"

    def test_a_limit_for_a_kind_counts_that_kind_beside_the_one_for_all(self, directory_of_offices: Database) -> None:
        house = directory_of_offices
        for hour, kind in ((8, "training"), (9, "briefing")):
            booking = at(MONDAY, time(hour), 30, kind=kind)
            house.write_now(lambda db, b=booking: book(db, b, actor="a", now=NOW, rules=RULES))
        rows: Sequence[Any] = [("quota_count_week", "1", {"kind": "training"})]
        data = found(house, at(MONDAY, time(14), kind="training"), ruled(*rows))["starts:over_quota_count_week"]
        assert (data["used"], data["by"], data["kind"]) == (1, "kind", "training")
        assert found(house, at(MONDAY, time(14), kind="briefing"), ruled(*rows)) == {}
        both = ruled(*rows, ("quota_count_week", "2", {"unit_id": HOST}))
        data = found(house, at(MONDAY, time(14), kind="briefing"), both)["starts:over_quota_count_week"]
        assert (data["used"], data["by"], data["kind"]) == (2, "unit", None)


def test_what_does_not_count_needs_no_reason_for_meeting_in_person(house: Database) -> None:
    booking = at(date(2026, 12, 1), time(8), form="in_person", kind="thematic")
    assert found(house, booking, RULES).keys() == {"in_person_reason:required"}
    assert found(house, booking, ruled(("counts", "decided", {"kind": "thematic"}))) == {}
    assert found(house, replace(booking, kind="council_session"), RULES) == {}
