"""Rows of a plan judged in their order, against what is booked and against each other; booking one never doubles."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from confsvc.database import Database
from rooms.errors import FieldError, Invalid
from scheduler.booking.book import book
from scheduler.booking.booking import Booking
from scheduler.booking.plan_import import PlannedAlready, PlanWish, SoFar, Verdict, book_row, judge
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish


@pytest.fixture
def province(database: Database) -> Database:
    return offices(database)


def judged(database: Database, *bookings: Booking, part: int = 100) -> list[Verdict]:
    wishes = [PlanWish(n, booking) for n, booking in enumerate(bookings, start=1)]
    so_far, found = SoFar(), list[Verdict]()
    for at in range(0, len(wishes), part):
        found += database.read_now(judge, wishes[at : at + part], so_far, now=NOW, rules=RULES)
    return found


def moved(hours: float, **changes: object) -> Booking:
    first = wish()
    by = timedelta(hours=hours)
    return replace(first, title=f"Họp {hours}", starts=first.starts + by, ends=first.ends + by, **changes)  # type: ignore[arg-type]


def test_rows_are_judged_against_each_other_in_their_order(province: Database) -> None:
    rows = (
        wish(),
        moved(1),
        moved(24),
        replace(moved(1, room_ids=(14,)), title="Khác"),
        wish(title="  TẬP HUẤN an toàn thông tin"),
    )
    for part in (100, 1):
        found = judged(province, *rows, part=part)
        assert [v.code for v in found] == ["fits", "taken", "fits", "fits", "twice"]
        assert (found[1].row, found[1].taken, found[4].row) == (1, (), 1)
        assert found[1].way is not None and found[1].way.starts >= START + timedelta(hours=2)


def test_a_way_out_is_free_of_the_rows_before_it_too(province: Database) -> None:
    rows = [wish(), moved(1), *(moved(h, room_ids=(2,)) for h in (2.25, 5, 7.25))]
    first = judged(province, *rows[:2])[1].way
    assert first is not None
    taken = replace(wish(title="Chiếm chỗ"), starts=first.starts, ends=first.ends)
    again = judged(province, wish(), taken, moved(1))[2].way
    assert again is not None and again.starts >= first.ends


def test_what_is_booked_stands_in_the_way_or_is_there_already(province: Database) -> None:
    made = province.write_now(book, wish(), actor="t", now=NOW, rules=RULES)
    found = judged(province, wish(), moved(1), wish(title="Tên khác"))
    assert [(v.code, v.key) for v in found] == [("there", made.key), ("taken", ""), ("taken", "")]
    assert found[1].row == 0 and {one.room_id for one in found[1].taken} == {2, 11, 12, 13}


def test_short_notice_and_wrong_fields(province: Database) -> None:
    soon = replace(wish(), starts=NOW + timedelta(hours=30), ends=NOW + timedelta(hours=31), no_secrets=False)
    past = moved(-24 * 30)
    found = judged(province, soon, past, wish(room_ids=(999,)), wish(title="x"))
    assert [v.code for v in found] == ["short", "wrong", "wrong", "wrong"]
    assert found[0].notice["required"] > found[0].notice["days"]
    assert [[e.code for e in v.errors] for v in found[1:]] == [["in_the_past"], ["no_such_room"], ["too_short"]]
    unread = PlanWish(1, None, (FieldError("row", "repeats"),))
    (verdict,) = province.read_now(judge, [unread], SoFar(), now=NOW, rules=RULES)
    assert (verdict.code, verdict.savable) == ("wrong", False)


def test_a_row_is_booked_once_and_the_reason_only_goes_where_it_is_short(province: Database) -> None:
    def row(booking: Booking, reason: str = "Bão", *, draft: bool = False) -> str:
        made = province.write_now(book_row, booking, actor="t", now=NOW, rules=RULES, reason=reason, draft=draft)
        return made.key

    key = row(wish())
    with pytest.raises(PlannedAlready) as caught:
        row(wish(title="tập huấn AN TOÀN thông tin"))
    assert (caught.value.code, caught.value.data) == ("planned_already", {"key": key})
    soon = replace(wish(title="Gấp"), starts=NOW + timedelta(hours=30), ends=NOW + timedelta(hours=31))
    with pytest.raises(Invalid) as short:
        row(soon, "")
    assert [error.field for error in short.value.errors] == ["short_notice_reason"]
    row(soon)
    row(moved(1), draft=True)
    with pytest.raises(Invalid):
        row(replace(wish(), ends=wish().starts), draft=True)
