"""Closures take rooms, lines and hosts as conferences do, and give them back when they are lifted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid, NotFound
from rooms.models import Change, Line, Room
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking
from scheduler.booking.edit import cancel, change
from scheduler.booking.giving_way.preempt import preempt
from scheduler.booking.place.closure_queries import list_closures, list_sittings_on
from scheduler.booking.place.closures import ClosureWish, add_closure, lift_closure
from scheduler.booking.place.hit import parts_around
from scheduler.booking.place.hit_queries import list_hit
from scheduler.errors import NoCapacity, RoomTaken, StillBooked
from scheduler.held_queries import list_held, list_reasons, list_spans
from scheduler.models import LONGEST_SPAN, Closure, Conference, Reservation
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


def take(house: Database, booking: Booking) -> Booked:
    return house.write_now(book, booking, actor="account:1", now=NOW, rules=RULES)


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


def trouble(house: Database, booked: Booked) -> str | None:
    return house.read_now(lambda db: db.scalar(select(Conference.trouble).where(Conference.id == booked.id)))


def close_anyway(house: Database, asked: ClosureWish) -> str:
    """Refused first, then confirmed with what the refusal said."""
    with pytest.raises(StillBooked) as refused:
        close(house, asked)
    return house.write_now(add_closure, asked, actor="account:9", now=NOW, seen=refused.value.seen)


def test_what_is_booked_is_named_first_and_stays(house: Database) -> None:
    booked = take(house, wish())
    with pytest.raises(StillBooked) as refused:
        close(house, closure())
    assert [hit["unit"] for hit in refused.value.data["hits"]] == ["Sở TT&TT"]
    assert refused.value.data["hits"][0]["starts"] == START.isoformat()
    asked = closure(line_ids=(5,))
    span = (asked.starts, asked.ends)
    mine = house.read_now(list_sittings_on, (11,), (5,), (), *span, ALL)
    assert [sitting.title for sitting in mine] == ["Tập huấn an toàn thông tin"]
    assert house.read_now(list_sittings_on, (11,), (5,), (), *span, Sight(frozenset(), 14, frozenset())) == []
    assert house.read_now(list_hit, (15,), (), (), *span) == []
    close(house, closure(room_ids=(15,)))
    assert trouble(house, booked) is None
    close_anyway(house, asked)
    assert trouble(house, booked) == "place_closed"
    held = (Reservation.conference_id == booked.id, Reservation.holds.is_(True), Reservation.room_id == 11)
    assert house.read_now(lambda db: db.scalar(select(func.count()).select_from(Reservation).where(*held))) == 1
    with pytest.raises(RoomTaken):  # a second closure of the same room
        close(house, closure())


def test_confirming_holds_for_what_was_seen_only(house: Database) -> None:
    take(house, wish())
    with pytest.raises(StillBooked) as refused:
        close(house, closure(room_ids=(11, 12), ends=START + DAY))
    take(house, wish(starts=START + timedelta(hours=4), ends=START + timedelta(hours=5)))
    asked = closure(room_ids=(11, 12), ends=START + DAY)
    with pytest.raises(StillBooked):
        house.write_now(add_closure, asked, actor="account:9", now=NOW, seen=refused.value.seen)
    assert house.read_now(lambda db: list(db.scalars(select(Closure)))) == []


def test_when_who_stayed_leaves_it_is_closed_then_too(house: Database) -> None:
    booked = take(house, wish())
    close_anyway(house, closure())
    later = wish(starts=START + 2 * DAY, ends=START + 2 * DAY + timedelta(hours=1))
    with pytest.raises(RoomTaken):  # another hour of the same time is closed to it as well
        moved = wish(starts=START + timedelta(hours=2), ends=START + timedelta(hours=3))
        house.write_now(change, booked.key, moved, version=1, actor="account:1", now=NOW, rules=RULES)
    house.write_now(change, booked.key, later, version=1, actor="account:1", now=NOW, rules=RULES)
    assert trouble(house, booked) is None
    with pytest.raises(RoomTaken) as refused:
        take(house, wish())
    assert {one.unit for one in refused.value.taken} == {"Thay máy chiếu"}


def test_a_line_or_host_that_is_closed_over_bookings_takes_no_more(house: Database) -> None:
    booked = take(house, wish())
    close_anyway(house, closure(room_ids=(), line_ids=(5,), bridge_ids=(1,)))
    assert trouble(house, booked) == "place_closed"
    house.write_now(cancel, booked.key, version=1, reason="bão", actor="account:1", now=NOW)
    assert trouble(house, booked) is None
    with pytest.raises(NoCapacity):
        take(house, wish())


def test_lifting_takes_the_mark_back_unless_something_else_is_closed(house: Database) -> None:
    booked = take(house, wish())
    room, line = close_anyway(house, closure()), close_anyway(house, closure(room_ids=(), line_ids=(5,)))
    house.write_now(lift_closure, room, actor="account:9", now=NOW)
    assert trouble(house, booked) == "place_closed"
    house.write_now(lift_closure, line, actor="account:9", now=NOW)
    assert trouble(house, booked) is None
    assert house.read_now(lambda db: db.scalar(select(func.count(Reservation.closure_id)))) == 0


def test_an_emergency_displaces_nobody_for_a_closed_room(house: Database) -> None:
    take(house, wish())
    close_anyway(house, closure())
    emergency = wish(kind="emergency", chair_level="chairman", room_ids=(11,), host_unit_id=11)
    with pytest.raises(RoomTaken):
        house.write_now(preempt, emergency, None, actor="account:1", now=NOW, rules=RULES)


@pytest.mark.parametrize(
    ("busy", "free", "taken"),
    [
        ([], [(0, 10)], []),
        ([(2, 4)], [(0, 2), (4, 10)], [(2, 4)]),
        ([(-3, 1), (1, 2), (9, 12)], [(2, 9)], [(0, 1), (1, 2), (9, 10)]),
        ([(-3, 20)], [], [(0, 10)]),
    ],
)
def test_a_closure_is_written_around_what_is_booked(
    busy: list[tuple[int, int]], free: list[tuple[int, int]], taken: list[tuple[int, int]]
) -> None:
    def spans(hours: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
        return [(START + timedelta(hours=a), START + timedelta(hours=b)) for a, b in hours]

    assert parts_around(START, START + timedelta(hours=10), spans(busy)) == (spans(free), spans(taken))


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
