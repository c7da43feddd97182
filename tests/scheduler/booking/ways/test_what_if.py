"""Can all sit at once? Rooms, lines and the host say so, and in how many sittings; nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Line, Room, RoomUnit
from scheduler.booking.book import book
from scheduler.booking.booking import Rules
from scheduler.booking.place.capacity import BridgeLimit
from scheduler.booking.ways.what_if import Question, WhatIf, what_if
from scheduler.local_time import local_day
from scheduler.models import Conference
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

ALL = Question(("district",), 2, START, START + timedelta(hours=2))


def look(house: Database, question: Question = ALL, rules: Rules = RULES) -> WhatIf:
    return house.read_now(what_if, question, rules=rules)


@pytest.fixture
def house(database: Database) -> Database:
    return offices(database, districts=30)


def test_all_fit_where_nothing_stands_in_the_way(house: Database) -> None:
    found = look(house)
    assert (found.units, len(found.whole.rooms), found.whole.ok, found.roomless) == (30, 31, True, ())
    assert found.whole.rooms[0].id == 2, "the host's room is the main site"
    assert len(found.lineless) == 31 and set(found.whole.profiles) == {room.id for room in found.whole.rooms}
    (whole,) = found.sittings
    assert whole.rooms == found.whole.rooms
    assert look(house, replace(ALL, levels=("commune",))).units == 0


def test_what_is_held_missing_or_slow_is_named(house: Database) -> None:
    def change(db: Session) -> None:
        db.execute(delete(RoomUnit).where(RoomUnit.room_id == 15))
        db.execute(insert(Line).values(id=1, name="Nhà A", owner_unit_id=16, kbps_up=100, kbps_down=400))
        db.execute(insert(Line).values(id=2, name="Nhà B", owner_unit_id=17, kbps_up=9000, kbps_down=90_000))
        for room_id, line_id in ((16, 1), (17, 2), (18, 1)):
            db.execute(update(Room).where(Room.id == room_id).values(line_id=line_id))

    house.write_now(change)
    house.write_now(book, wish(room_ids=(2, 11)), actor="account:1", now=NOW, rules=RULES)
    found = look(house)
    assert [unit.id for unit in found.roomless] == [15]
    assert {taken.room_id for taken in found.whole.taken} == {2, 11}
    assert [(full.what, full.name) for full in found.whole.full] == [("line", "Nhà A")]
    assert 17 not in {room.id for room in found.lineless} and found.whole.profiles[17] == "720p"
    assert house.read_now(lambda db: db.scalar(select(func.count()).select_from(Conference))) == 1, "a look writes none"


def test_a_small_host_takes_them_in_sittings(house: Database) -> None:
    """Thirty and the host's room, of twelve seats: three sittings of ten and the main site."""
    rules = replace(RULES, bridge_limits={1: BridgeLimit(seats=12)})
    found = look(house, rules=rules)
    (full,) = found.whole.full
    assert (full.what, full.measure, full.needed, full.fits) == ("bridge", "seats", 31, 12)
    assert [len(sitting.rooms) for sitting in found.sittings] == [11, 11, 11]
    assert all(sitting.ok and sitting.wanted.seats == 11 for sitting in found.sittings)
    seen = [room.id for sitting in found.sittings for room in sitting.rooms[1:]]
    assert sorted(seen) == list(range(11, 41)) and len(set(seen)) == 30
    days = [local_day(sitting.starts) for sitting in found.sittings]
    assert days[0] == date(2026, 12, 1) and days == sorted(days)
    for one, other in pairwise(found.sittings):
        assert other.starts - one.ends >= timedelta(minutes=75), "the host lets go of one before it opens the next"
    for sitting in found.sittings:
        rooms = tuple(room.id for room in sitting.rooms)
        wanted = wish(room_ids=rooms, starts=sitting.starts, ends=sitting.ends)
        house.write_now(book, wanted, actor="account:1", now=NOW, rules=rules)


def test_a_host_that_carries_not_one_offers_no_sitting(house: Database) -> None:
    rules = replace(RULES, bridge_limits={1: BridgeLimit(kbps=10)})
    found = look(house, rules=rules)
    assert found.sittings == () and not found.whole.ok
    assert look(house, rules=replace(RULES, bridges=())).sittings == ()
