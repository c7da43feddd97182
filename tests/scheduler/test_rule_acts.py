"""Changing the rules leaves what was: rows end where the next begins, each act is written down, the measure follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from confsvc.database import Database
from confsvc.standing_rules import read_rules
from rooms.errors import Invalid, NotFound
from rooms.models import Change
from scheduler.booking.book import book
from scheduler.booking.booking import Rules
from scheduler.booking.log import Logged, log_in_person
from scheduler.models import Tally
from scheduler.record.figure_queries import list_coming
from scheduler.record.record import retally
from scheduler.rule_acts import RuleWish, end_rule, put_rule, withdraw_rule
from scheduler.rule_models import Rule, place_of
from scheduler.rule_queries import list_rules
from scheduler.rulebook import RuleBook
from tests.scheduler.booking.offices import NOW, RULES, offices, wish

MARCH = date(2026, 3, 1)
WISH = RuleWish("notice_days", None, 2, "5", "QĐ 12/2026", MARCH)


@pytest.fixture
def house(database: Database) -> Database:
    return offices(database)


def put(database: Database, wished: RuleWish = WISH, **changes: Any) -> int:
    return database.write_now(put_rule, replace(wished, **changes), actor="account:1", now=NOW)


def rows(database: Database) -> list[tuple[str, str, str | None]]:
    found = database.read_now(list_rules)
    return [(r.value, r.valid_from.isoformat(), r.valid_to.isoformat() if r.valid_to else None) for r in found]


def acts(database: Database) -> list[tuple[str, str | None, str | None]]:
    query = select(Change).where(Change.subject_kind == "rule").order_by(Change.id)
    return [
        (c.act, (c.before or {}).get("value"), (c.after or {}).get("value"))
        for c in database.read_now(lambda db: db.scalars(query).all())
    ]


def wrong(database: Database, **changes: Any) -> set[str]:
    with pytest.raises(Invalid) as refused:
        put(database, **changes)
    return {f"{e.field}:{e.code}" for e in refused.value.errors}


def test_a_new_value_ends_the_old_one_the_day_before(house: Database) -> None:
    put(house)
    put(house, value="7", valid_from=date(2026, 6, 1))
    assert rows(house) == [("5", "2026-03-01", "2026-05-31"), ("7", "2026-06-01", None)]
    put(house, value="8", valid_from=date(2026, 6, 1), reason="sửa")
    assert rows(house)[1] == ("8", "2026-06-01", None)
    assert acts(house) == [("added", None, "5"), ("changed", "5", "7"), ("changed", "7", "8")]


def test_an_exception_for_a_time_lets_the_old_value_come_back(house: Database) -> None:
    put(house)
    put(house, value="0", valid_from=date(2026, 7, 1), valid_to=date(2026, 7, 31))
    assert rows(house) == [
        ("5", "2026-03-01", "2026-06-30"), ("0", "2026-07-01", "2026-07-31"), ("5", "2026-08-01", None),
    ]  # fmt: skip
    book_ = RuleBook(house.read_now(list_rules))
    days = (date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 31), date(2026, 8, 1))
    assert [book_.value("notice_days", kind="briefing", unit_id=2, day=day) for day in days] == [5, 0, 0, 5]


def test_nothing_runs_over_a_later_change(house: Database) -> None:
    put(house, valid_from=date(2027, 1, 1))
    assert wrong(house) == {"valid_to:later_exists"}
    put(house, value="4", valid_to=date(2026, 12, 31))
    assert [row[0] for row in rows(house)] == ["4", "5"]


def test_an_end_and_a_withdrawal(house: Database) -> None:
    first, later = put(house), put(house, value="9", valid_from=date(2027, 1, 1))
    now: dict[str, Any] = {"actor": "account:1", "now": NOW}
    house.write_now(withdraw_rule, later, **now)
    with pytest.raises(Invalid) as in_force:
        house.write_now(withdraw_rule, first, **now)
    assert [e.code for e in in_force.value.errors] == ["in_force"]
    assert rows(house) == [("5", "2026-03-01", None)], "what held before goes on"
    house.write_now(end_rule, first, date(2026, 12, 31), "", **now)
    for last, code in (
        (date(2026, 2, 28), "before"), (date(2026, 12, 31), "same"), (date(2027, 5, 1), "already_ended"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            house.write_now(end_rule, first, last, "", **now)
        assert refused.value.errors[0].code == code
    house.write_now(end_rule, first, date(2026, 11, 30), "hết hiệu lực", **now)
    assert rows(house) == [("5", "2026-03-01", "2026-11-30")]
    assert [act for act, _, _ in acts(house)] == ["added", "changed", "withdrawn", "ended", "ended"]
    with pytest.raises(NotFound):
        house.write_now(end_rule, 10_000, MARCH, "", **now)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"what": "colour"}, {"what:unknown_value"}),
        ({"value": "many"}, {"value:not_a_number"}),
        ({"value": "99"}, {"value:out_of_range"}),
        ({"kind": "party"}, {"kind:unknown_value"}),
        ({"unit_id": 99}, {"unit:no_such_unit"}),
        ({"what": "rank"}, {"kind:required", "unit:not_wanted"}),
        ({"what": "pending_holds", "value": "no", "kind": "briefing"}, {"kind:not_wanted"}),
        ({"what": "longest_hours", "value": "1,1"}, {"value:quarters"}),
        ({"valid_to": date(2026, 2, 1)}, {"valid_to:before"}),
        ({"valid_from": date(1900, 1, 1)}, {"valid_from:not_a_date"}),
        ({"reason": "x" * 301}, {"reason:too_long"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(sqlite_url: str, changes: dict[str, Any], fields: set[str]) -> None:
    house = offices(Database(sqlite_url))
    assert wrong(house, **changes) == fields
    assert rows(house) == []


def test_the_database_refuses_two_values_for_one_day_also_where_kind_and_unit_are_empty(house: Database) -> None:
    base = {"what": "notice_days", "kind": None, "unit_id": None, "value": "1", "reason": ""}
    row = base | {"place": place_of("notice_days", None, None), "valid_from": MARCH, "valid_to": None}
    house.write_now(lambda db: db.execute(insert(Rule).values(**row)))
    for clash in ({"valid_from": date(2026, 1, 1), "valid_to": MARCH}, {"valid_from": date(2030, 1, 1)}):
        with pytest.raises(IntegrityError, match="rule_no_overlap"):
            house.write_now(lambda db, c=clash: db.execute(insert(Rule).values(**(row | c))))
    house.write_now(
        lambda db: db.execute(insert(Rule).values(**(row | {"kind": "briefing", "place": "notice_days/briefing/"})))
    )
    with pytest.raises(IntegrityError, match="place"):
        house.write_now(lambda db: db.execute(insert(Rule).values(**(row | {"unit_id": 2}))))


def test_the_service_reads_rows_and_the_offices_below_those_that_have_some(house: Database) -> None:
    put(house, unit_id=1)
    rules = house.read_now(read_rules, Rules(book=RuleBook(house={"longest_hours": 6})))
    day = date(2026, 11, 24)
    assert rules.book.whole("notice_days", kind="briefing", unit_id=11, day=day) == 5
    assert rules.book.found("notice_days", kind="briefing", unit_id=11, day=day).by == "parent"
    assert rules.book.whole("longest_hours", kind=None, unit_id=None, day=day) == 6


def test_what_counts_is_measured_anew_and_only_on_the_days_of_the_rule(house: Database) -> None:
    leaders = []
    for day in (2, 20):
        starts = datetime(2026, 11, day, 1, tzinfo=UTC)
        logged = Logged("Họp chuyên đề", "thematic", 2, starts, starts + timedelta(hours=2), (11, 12), "size")
        made = house.write_now(log_in_person, logged, actor="account:1", now=NOW)
        house.write_now(retally, made.id)
        leaders.append(made.id)

    def tallied() -> list[tuple[bool, str | None]]:
        query = select(Tally.in_scope, Tally.scope_reason).order_by(Tally.local_date)
        return [(row[0], row[1]) for row in house.read_now(lambda db: db.execute(query).all())]

    assert tallied() == [(True, None), (True, None)]
    decided = replace(WISH, what="counts", kind="thematic", unit_id=None, value="decided")
    rule_id = put(house, decided, valid_from=date(2026, 11, 10))
    assert tallied() == [(True, None), (False, "kind")]
    house.write_now(end_rule, rule_id, date(2026, 11, 15), "", actor="account:1", now=NOW)
    assert tallied() == [(True, None), (True, None)]


def test_what_is_to_come_is_expected_only_where_it_will_count(house: Database) -> None:
    house.write_now(lambda db: book(db, wish(), actor="a", now=NOW, rules=RULES))
    until = NOW + timedelta(days=30)
    assert len(house.read_now(list_coming, NOW, until)) == 1
    put(house, WISH, what="counts", kind="training", unit_id=None, value="decided", valid_from=date(2026, 12, 1))
    assert house.read_now(list_coming, NOW, until) == []
