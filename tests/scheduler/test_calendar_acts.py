"""Changing the calendar: each change leaves its row, files name wrong lines, the packaged table yields to people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid, NotFound
from rooms.models import Change
from scheduler.calendar_acts import Report, import_days, load_packaged, put_day, put_hours, remove_day, remove_hours
from scheduler.calendar_file import read_days
from scheduler.calendar_models import OfficeHoursRow
from scheduler.calendar_queries import find_calendar, list_days, list_hours
from scheduler.work_calendar import OfficeHours, SpecialDay

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
WHO: dict[str, Any] = {"actor": "account:7", "now": NOW}
TET = SpecialDay(date(2027, 2, 8), False, "Mùng ba Tết", "Third day of Tet", "QĐ thử")
SWAP = SpecialDay(date(2027, 2, 20), True, "Làm bù", "Worked instead", "QĐ thử")
WINTER = OfficeHours(date(2026, 10, 16), date(2027, 4, 15), (time(7, 30), time(12)), (time(13), time(16, 30)))
SUMMER = OfficeHours(date(2027, 4, 16), None, (time(7), time(11, 30)), (time(13, 30), time(17)))


def changes(database: Database) -> list[tuple[str, str, str, Any, Any]]:
    query = select(Change.subject_kind, Change.act, Change.actor, Change.before, Change.after).order_by(Change.id)
    return [tuple(row) for row in database.read_now(lambda db: db.execute(query).all())]  # type: ignore[misc]


def wrong(work: Callable[..., Any], database: Database, *args: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        database.write_now(lambda db: work(db, *args, **WHO))
    return {error.field: error.code for error in caught.value.errors}


def test_a_day_is_added_changed_and_removed_and_each_leaves_its_row(database: Database) -> None:
    heard: list[set[str]] = []
    database.on_poke = heard.append
    assert database.write_now(put_day, TET, **WHO)
    assert not database.write_now(put_day, TET, **WHO), "the same again is no change"
    renamed = SpecialDay(TET.day, False, "Nghỉ Tết", "", "QĐ khác")
    database.write_now(put_day, renamed, **WHO)
    assert database.read_now(find_calendar).special_day(TET.day) == renamed
    database.write_now(remove_day, TET.day, **WHO)
    assert database.read_now(list_days) == []
    shown = {"working": False, "name_vi": "Mùng ba Tết", "name_en": "Third day of Tet", "source": "QĐ thử"}
    after = {"working": False, "name_vi": "Nghỉ Tết", "name_en": "", "source": "QĐ khác"}
    assert changes(database) == [
        ("calendar_day", "added", "account:7", None, shown),
        ("calendar_day", "changed", "account:7", shown, after),
        ("calendar_day", "removed", "account:7", after, None),
    ]
    assert heard == [{"rules"}] * 3
    with pytest.raises(NotFound):
        database.write_now(remove_day, TET.day, **WHO)


def test_a_day_says_what_it_is_and_who_says_so(database: Database) -> None:
    assert wrong(put_day, database, SpecialDay(date(1999, 1, 1), False, " ", "x" * 121, "")) == {
        "day": "out_of_range", "name_vi": "required", "name_en": "too_long", "source": "required",
    }  # fmt: skip
    assert changes(database) == []


def test_a_file_is_imported_once_and_a_dry_run_writes_nothing(database: Database) -> None:
    database.write_now(put_day, SpecialDay(SWAP.day, True, "Cũ", "", "QĐ cũ"), **WHO)
    wanted = Report(added=(TET.day,), changed=(SWAP.day,))
    assert database.write_now(import_days, [TET, SWAP], dry_run=True, **WHO) == wanted
    assert len(database.read_now(list_days)) == 1
    assert database.write_now(import_days, [TET, SWAP], **WHO) == wanted
    assert database.write_now(import_days, [TET, SWAP], **WHO) == Report(unchanged=(TET.day, SWAP.day))
    assert database.read_now(list_days) == [TET, SWAP]
    assert [act for _, act, *_ in changes(database)] == ["added", "added", "changed"]


def test_a_file_names_every_wrong_line() -> None:
    text = "day,working,name_vi,source\n2027-02-08,0,Tết,QĐ\n08/02/2027,0,Tết,QĐ\n2027-02-08,2,,QĐ\n2027-02-09,0\n"
    with pytest.raises(Invalid) as caught:
        read_days(text.encode())
    assert {e.field: e.code for e in caught.value.errors} == {
        "3.day": "not_a_date", "4.day": "twice", "4.working": "not_one_of", "4.name_vi": "required",
        "5.columns": "wrong_count",
    }  # fmt: skip
    with pytest.raises(Invalid) as caught:
        read_days(b"day,name\n")
    assert {e.field: e.code for e in caught.value.errors} == {
        "1.working": "missing_column", "1.name_vi": "missing_column", "1.name": "unknown_column",
    }  # fmt: skip


def test_a_newer_packaged_table_leaves_alone_what_people_decided(database: Database) -> None:
    one, two, three, four = (SpecialDay(date(2027, 2, n), False, f"Ngày {n}", "", "dự kiến") for n in (8, 9, 10, 11))
    first = database.write_now(load_packaged, [one, two, three], actor="cli", now=NOW)
    assert first.added == (one.day, two.day, three.day)
    assert [kind for kind, *_ in changes(database)] == ["calendar"], "one row for the whole table"
    assert not database.write_now(load_packaged, [one, two, three], actor="cli", now=NOW).added
    mine = SpecialDay(one.day, False, "Nghỉ Tết theo thông báo", "", "TB 123")
    database.write_now(put_day, mine, **WHO)
    database.write_now(remove_day, two.day, **WHO)
    database.write_now(put_day, SWAP, **WHO)
    newer = [one, two, SpecialDay(four.day, False, "Ngày 11", "", "TB 124")]
    report = database.write_now(load_packaged, newer, actor="cli", now=NOW, dry_run=True)
    assert database.write_now(load_packaged, newer, actor="cli", now=NOW) == report
    assert (report.added, report.removed, report.kept) == ((four.day,), (three.day,), (one.day, two.day))
    assert database.read_now(list_days) == [mine, newer[2], SWAP]


def test_hours_are_dated_and_never_two_at_once(database: Database) -> None:
    database.write_now(put_hours, WINTER, "QĐ mùa đông", **WHO)
    summer = database.write_now(put_hours, SUMMER, "QĐ mùa hè", **WHO)
    calendar = database.read_now(find_calendar)
    assert [calendar.hours_on(day) for day in (date(2027, 4, 15), date(2027, 4, 16))] == [WINTER, SUMMER]
    later = OfficeHours(date(2027, 4, 10), None, SUMMER.morning, SUMMER.afternoon)
    assert wrong(put_hours, database, later, "QĐ") == {"valid_from": "hours_overlap"}
    ended = OfficeHours(SUMMER.valid_from, date(2027, 10, 15), SUMMER.morning, SUMMER.afternoon)
    assert database.write_now(put_hours, ended, "QĐ mùa hè", hours_id=summer, **WHO) == summer
    assert database.write_now(put_hours, ended, "QĐ mùa hè", hours_id=summer, **WHO) == summer
    database.write_now(remove_hours, summer, **WHO)
    assert len(database.read_now(list_hours)) == 1
    kinds = [(kind, act) for kind, act, *_ in changes(database)]
    assert kinds == [("office_hours", act) for act in ("added", "added", "changed", "removed")]
    after = changes(database)[2][4]
    assert (after["valid_to"], after["morning_opens"]) == ("2027-10-15", "07:00")
    for gone in (lambda db: remove_hours(db, 99, **WHO), lambda db: put_hours(db, SUMMER, "QĐ", hours_id=99, **WHO)):
        with pytest.raises(NotFound):
            database.write_now(gone)


def test_hours_that_cannot_be(database: Database) -> None:
    backwards = OfficeHours(date(2027, 5, 1), date(2027, 4, 1), (time(11), time(11)), (time(10), time(17)))
    assert wrong(put_hours, database, backwards, "") == {
        "valid_to": "before", "morning_closes": "before", "afternoon_opens": "before", "source": "required",
    }  # fmt: skip


def test_the_database_itself_refuses_two_hours_for_one_day(database: Database) -> None:
    values = {
        "scope": "province", "valid_from": date(2027, 1, 1), "valid_to": None, "morning_opens": time(7),
        "morning_closes": time(11), "afternoon_opens": time(13), "afternoon_closes": time(17), "source": "x",
    }  # fmt: skip

    def twice(db: Session) -> None:
        db.execute(insert(OfficeHoursRow).values(**values))
        db.execute(insert(OfficeHoursRow).values(**values | {"valid_from": date(2028, 1, 1)}))

    with pytest.raises(IntegrityError, match="office_hours_no_overlap"):
        database.write_now(twice)
