"""Which rule holds: values that can be written, and the most specific row of the day."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.kinds import KINDS
from scheduler.rule_whats import GROUPS, WHATS, WrongValue
from scheduler.rulebook import RuleBook, RuleRow

DAY = date(2026, 11, 24)
HALL, PARENT, OTHER = 5, 2, 9


def row(
    what: str, value: str, *, kind: str | None = None, unit_id: int | None = None, id_: int = 1,
    since: date = date(2026, 1, 1), until: date | None = None,
) -> RuleRow:  # fmt: skip
    return RuleRow(id_, what, kind, unit_id, value, "", since, until)


EVERY = [
    row("notice_days", "1", id_=1), row("notice_days", "2", kind="briefing", id_=2),
    row("notice_days", "4", unit_id=PARENT, id_=3), row("notice_days", "5", unit_id=PARENT, kind="briefing", id_=4),
    row("notice_days", "6", unit_id=HALL, id_=5), row("notice_days", "7", unit_id=HALL, kind="briefing", id_=6),
]  # fmt: skip


@pytest.mark.parametrize(
    ("left_out", "value", "by"),
    [(0, 7, "unit"), (1, 6, "unit"), (2, 5, "parent"), (3, 4, "parent"), (4, 2, "kind"), (5, 1, "house"),
     (6, 3, "default")],
)  # fmt: skip
def test_the_most_specific_row_wins(left_out: int, value: int, by: str) -> None:
    book = RuleBook(EVERY[: len(EVERY) - left_out])
    found = book.found("notice_days", kind="briefing", unit_id=HALL, parent_unit_id=PARENT, day=DAY)
    assert (found.value, found.by) == (value, by)
    known = RuleBook(EVERY[: len(EVERY) - left_out], parents={HALL: PARENT})
    assert known.value("notice_days", kind="briefing", unit_id=HALL, day=DAY) == value


def test_rows_of_others_do_not_bind() -> None:
    book = RuleBook([row("notice_days", "9", unit_id=OTHER), row("notice_days", "8", kind="training")])
    assert book.value("notice_days", kind="briefing", unit_id=HALL, day=DAY) == 3
    assert book.value("notice_days", kind="training", unit_id=HALL, day=DAY) == 8


def test_first_and_last_day_belong_to_a_rule() -> None:
    book = RuleBook(
        [
            row("notice_days", "5", since=date(2026, 3, 1), until=date(2026, 3, 31)),
            row("notice_days", "6", since=date(2026, 4, 1), id_=2),
        ]
    )
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1), date(2031, 1, 1))
    assert [book.value("notice_days", kind=None, unit_id=None, day=day) for day in days] == [3, 5, 5, 6, 6]


def test_what_the_configuration_says_holds_without_a_row() -> None:
    book = RuleBook(house={"notice_days": 2})
    assert book.whole("notice_days", kind="briefing", unit_id=HALL, day=DAY) == 2
    again = book.with_rows([row("notice_days", "4", unit_id=PARENT)], {HALL: PARENT})
    assert again.whole("notice_days", kind="briefing", unit_id=HALL, day=DAY) == 4
    assert again.whole("notice_days", kind="briefing", unit_id=OTHER, day=DAY) == 2
    assert again == again.with_rows(again.rows, again.parents) != book


def test_a_kind_has_its_own_figures_until_a_row_says_otherwise() -> None:
    book = RuleBook([row("counts", "relay", kind="briefing", since=date(2026, 6, 1))])
    for kind in KINDS:
        assert book.why_not(kind.code, date(2026, 5, 31)) == kind.why_not
        assert book.urgent(kind.code, DAY) is kind.urgent
        assert book.value("longest_working_days", kind=kind.code, unit_id=HALL, day=DAY) == kind.longest_days
        assert book.choice("default_form", kind=kind.code, unit_id=HALL, day=DAY) == kind.default_form
        assert book.whole("rank", kind=kind.code, unit_id=HALL, day=DAY) == kind.rank
    assert book.why_not("briefing", DAY) == "relay"


def test_a_row_about_something_unknown_is_passed_over_and_a_wrong_value_is_not() -> None:
    assert RuleBook([row("of_a_later_version", "7")]).rows == ()
    with pytest.raises(ValueError, match="not_a_number"):
        RuleBook([row("notice_days", "soon")])
    with pytest.raises(KeyError):
        RuleBook().value("of_a_later_version", kind=None, unit_id=None, day=DAY)


def test_everything_has_a_group_and_a_default_that_can_be_written() -> None:
    assert {what.group for what in WHATS.values()} == set(GROUPS)
    for name, what in WHATS.items():
        assert what.name == name
        for kind in [None, *(kind.code for kind in KINDS)]:
            value = what.default_of(kind, {})
            assert what.parse(what.text(value)) == value
            assert what.form != "flag" or isinstance(value, bool)


@pytest.mark.parametrize(
    ("what", "typed", "value"),
    [("notice_days", "3", 3), ("longest_working_days", "0,5", 0.5), ("longest_working_days", "1.25", 1.25),
     ("longest_working_days", "none", None), ("notice_refuses", "yes", True), ("quota_hours_week", "7.50", 7.5),
     ("waiver_by", "operator, approver", ("approver", "operator")), ("approval_by", "hall", "hall")],
)  # fmt: skip
def test_values_are_read(what: str, typed: str, value: object) -> None:
    assert WHATS[what].parse(typed) == value
    assert WHATS[what].parse(WHATS[what].text(WHATS[what].parse(typed))) == value


@pytest.mark.parametrize(
    ("what", "typed", "code"),
    [("notice_days", "31", "out_of_range"), ("notice_days", "-1", "not_a_number"), ("notice_days", "", "required"),
     ("notice_days", "2.5", "whole_number"), ("notice_days", "none", "not_a_number"),
     ("notice_days", "٣", "not_a_number"),
     ("longest_working_days", "0,3", "quarters"), ("longest_working_days", "0", "out_of_range"),
     ("notice_refuses", "true", "unknown_value"), ("approval_by", "none,hall", "unknown_value"),
     ("waiver_by", "booker,", "unknown_value"), ("counts", "no", "unknown_value"),
     ("notice_days", "1" * 10, "not_a_number"),
     ("longest_hours", "1.", None)],
)  # fmt: skip
def test_what_is_no_value_is_refused(what: str, typed: str, code: str | None) -> None:
    if code is None:
        assert WHATS[what].parse(typed) == 1
        return
    with pytest.raises(WrongValue) as refused:
        WHATS[what].parse(typed)
    assert refused.value.code == code
