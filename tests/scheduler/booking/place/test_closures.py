"""Closures take rooms, lines and hosts as conferences do, and give them back when they are lifted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid, NotFound
from rooms.models import Change, Line, Room
from scheduler.booking.book import book
from scheduler.booking.booking import Booking
from scheduler.booking.place.closure_queries import list_closures, list_sittings_on
from scheduler.booking.place.closures import ClosureWish, add_closure, in_the_way, lift_closure
from scheduler.errors import NoCapacity, RoomTaken
from scheduler.held_queries import list_held, list_reasons, list_spans
from scheduler.models import LONGEST_SPAN, Reservation
from scheduler.sight_queries import Sight
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

ALL = Sight(None, None, None)
DAY = timedelta(days=1)


@pytest.fixture
def house(database: Database) -> Database:
    """Room 11 with a line of its own."""

    def lines(db: Session) -> None:
        db.execute(insert(Line).values(id=5, name="Huyện 0", owner_unit_id=11, kbps_up=20_000, kbps_down=60_000))
        db.execute(update(Room).where(Room.id == 11).values(line_id=5))

    offices(database)
    database.write_now(lines)
    return database


def closure(**changes: object) -> ClosureWish:
    asked = ClosureWish("maintenance", "Thay máy chiếu", START - timedelta(hours=1), START + timedelta(hours=4), (11,))
    return replace(asked, **changes)  # type: ignore[arg-type]


def close(house: Database, asked: ClosureWish, now: datetime = NOW) -> str:
    return house.write_now(add_closure, asked, actor="account:9", now=now)


def take(house: Database, booking: Booking) -> None:
    house.write_now(book, booking, actor="account:1", now=NOW, rules=RULES)


def test_a_closed_room_is_refused_with_the_reason(house: Database) -> None:
    close(house, closure())
    with pytest.raises(RoomTaken) as refused:
        take(house, wish())
    assert [(taken.room_id, taken.unit) for taken in refused.value.taken] == [(11, "Thay máy chiếu")]
    take(house, wish(room_ids=(2, 12)))


def test_a_closed_line_and_a_closed_host_carry_nothing(house: Database) -> None:
    close(house, closure(room_ids=(), line_ids=(5,), reason="Nâng cấp đường truyền"))
    with pytest.raises(NoCapacity) as refused:
        take(house, wish())
    assert [(full.what, full.id, full.free, full.holders) for full in refused.value.full] == [
        ("line", 5, 0, ("Nâng cấp đường truyền",))
    ]
    close(house, closure(room_ids=(), bridge_ids=(1,), reason="Bảo trì máy chủ"))
    with pytest.raises(NoCapacity) as refused:
        take(house, wish(room_ids=(2, 12)))
    assert [(full.what, full.free, full.fits) for full in refused.value.full] == [("bridge", 0, 0)]
    take(house, wish(room_ids=(2, 12), form="in_person", in_person_reason="content"))


def test_what_a_conference_holds_is_not_closed(house: Database) -> None:
    take(house, wish())
    with pytest.raises(RoomTaken):
        close(house, closure())
    with pytest.raises(NoCapacity) as refused:
        close(house, closure(room_ids=(), line_ids=(5,), bridge_ids=(1,)))
    assert {full.what for full in refused.value.full} == {"line", "bridge"}
    assert all(full.holders == ("Sở TT&TT",) for full in refused.value.full)
    asked = closure(line_ids=(5,))
    span = (asked.starts, asked.ends)
    mine = house.read_now(list_sittings_on, (11,), (5,), (), *span, ALL)
    assert [sitting.title for sitting in mine] == ["Tập huấn an toàn thông tin"]
    assert house.read_now(list_sittings_on, (11,), (5,), (), *span, Sight(frozenset(), 14, frozenset())) == []
    assert house.read_now(list_sittings_on, (15,), (), (), *span, ALL) == []
    close(house, closure(room_ids=(15,)))
    assert not house.read_now(in_the_way, closure(starts=START + DAY, ends=START + 2 * DAY)).taken


def test_a_long_closure_is_split_and_found_everywhere(house: Database) -> None:
    asked = closure(ends=START + timedelta(days=20), line_ids=(5,), bridge_ids=(1,))
    close(house, asked)
    spans = house.read_now(lambda db: [(r.starts, r.ends) for r in db.scalars(select(Reservation))])
    assert len(spans) == 21 and all(ends - starts <= LONGEST_SPAN for starts, ends in spans)
    for days in range(20):
        moment = START + timedelta(days=days)
        with pytest.raises(RoomTaken) as refused:
            take(house, wish(starts=moment, ends=moment + timedelta(hours=1)))
        assert {full.what for full in refused.value.full} == {"line", "bridge"}


def test_lifting_gives_back_what_is_to_come_and_keeps_what_was(house: Database) -> None:
    now = datetime(2026, 12, 3, 5, tzinfo=UTC)
    key = close(house, closure(ends=START + timedelta(days=10), bridge_ids=(1,)))
    for _ in range(2):
        house.write_now(lift_closure, key, actor="account:9", now=now)
    last = house.read_now(lambda db: max(r.ends for r in db.scalars(select(Reservation))))
    assert last == now
    (listed,) = house.read_now(list_closures, NOW)
    assert (listed.key, listed.reason, listed.names, listed.lifted_at) == (
        key, "Thay máy chiếu", ("Phòng 11", "chinh"), now,
    )  # fmt: skip
    acts = house.read_now(lambda db: list(db.scalars(select(Change.act).where(Change.subject_kind == "closure"))))
    assert acts == ["added", "lifted"]
    moment = START + timedelta(days=5)
    house.write_now(book, wish(starts=moment, ends=moment + timedelta(hours=1)), actor="a", now=NOW, rules=RULES)
    with pytest.raises(NotFound):
        house.write_now(lift_closure, "2222222222", actor="account:9", now=now)


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"kind": "x", "reason": " a "}, [("kind", "unknown_value"), ("reason", "too_short")]),
        ({"reason": "a" * 201, "room_ids": ()}, [("reason", "too_long"), ("rooms", "required")]),
        ({"ends": START - DAY}, [("ends", "before_start")]),
        ({"ends": START + 100 * DAY}, [("ends", "span_too_long")]),
        ({"starts": NOW - 2 * DAY, "ends": NOW - DAY}, [("ends", "in_the_past")]),
        ({"room_ids": (99,), "line_ids": (99,), "bridge_ids": (99,)},
         [("rooms", "no_such_room"), ("lines", "unknown"), ("hosts", "unknown")]),
    ],
)  # fmt: skip
def test_everything_wrong_is_said_at_once(
    house: Database, wrong: dict[str, object], errors: list[tuple[str, str]]
) -> None:
    with pytest.raises(Invalid) as refused:
        close(house, closure(**wrong))
    assert [(error.field, error.code) for error in refused.value.errors] == errors


def test_whoever_looks_at_rooms_sees_closures(house: Database) -> None:
    close(house, closure())
    held = house.read_now(list_held, [11, 12], START - DAY, START + DAY, Sight(frozenset(), 12, frozenset()))
    assert [(one.room_id, one.closed, one.title, one.seen, one.own) for one in held] == [
        (11, True, "Thay máy chiếu", False, False)
    ]
    (span,) = house.read_now(list_spans, [11, 12], START - DAY, START + DAY)
    assert (span.conference_id, span.rooms) == (None, "11") and span.closure_id
    assert house.read_now(list_reasons, [span.closure_id]) == {span.closure_id: "Thay máy chiếu"}
