"""A wish that is too large for the video host comes with the fewest sittings, and they are booked as one that counts
once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.booking.book import book, check
from scheduler.booking.booking import Booking, GuestWish, Rules
from scheduler.booking.place.capacity import BridgeLimit
from scheduler.booking.series.book import book_series
from scheduler.booking.series.wish import in_sittings
from scheduler.booking.ways.sittings import Sitting, part_of, parts
from scheduler.booking.ways.ways_out import ways_out
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.timing import spans
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

HOUR = timedelta(hours=1)
EVERYBODY = (2, *range(11, 41))


def seats(count: int) -> Rules:
    return replace(RULES, bridge_limits={1: BridgeLimit(seats=count)})


def offered(database: Database, booking: Booking, rules: Rules) -> tuple[Sitting, ...]:
    def look(db: Session) -> tuple[Sitting, ...]:
        found = check(db, booking, now=NOW, rules=rules)
        return ways_out(db, booking, now=NOW, rules=rules, taken=found.taken, full=found.full).sittings

    return database.read_now(look)


@pytest.fixture
def house(database: Database) -> Database:
    return offices(database, districts=30)


def test_the_fewest_sittings_are_offered_and_can_be_booked_as_one(house: Database) -> None:
    rules, booking = seats(12), wish(room_ids=EVERYBODY)
    found = offered(house, booking, rules)
    assert [len(one.room_ids) for one in found] == [11, 11, 11], "three, as two would need sixteen places each"
    assert all(one.room_ids[0] == 2 for one in found), "the main site is in each"
    assert sorted(room for one in found for room in one.room_ids[1:]) == list(EVERYBODY[1:])
    assert found[0].starts == START
    for one, other in pairwise(found):
        before, after = (spans(x.starts, x.ends, RULES.timing) for x in (one, other))
        assert before.ends_grace <= after.opens and before.room_until <= after.room_from
    assert [local_day(one.starts).day for one in found] == [1, 1, 2]
    assert found[2].starts == START + 24 * HOUR, "the next day at the wished hour again"

    made = house.write_now(book_series, in_sittings(booking, found), actor="account:1", now=NOW, rules=rules)

    def rows(db: Session) -> list[tuple[str, bool, bool]]:
        one = [db.get_one(Conference, date.id) for date in made.dates]
        return [(row.state, row.counted_with == one[0].id, row.altered) for row in one]

    assert house.read_now(rows) == [("planned", True, False)] * 3


def test_a_sitting_goes_round_what_others_hold(house: Database) -> None:
    rules = seats(17)
    between = wish(room_ids=(11,), host_unit_id=11, starts=START + 5 * HOUR, ends=START + 6 * HOUR)
    house.write_now(book, between, actor="account:2", now=NOW, rules=rules)
    morning = wish(room_ids=(30, 31), host_unit_id=30, starts=START, ends=START + HOUR)
    house.write_now(book, morning, actor="account:2", now=NOW, rules=rules)
    found = offered(house, wish(room_ids=EVERYBODY), rules)
    assert [len(one.room_ids) for one in found] == [16, 16]
    assert found[0].starts > START, "the host has two others at the wished time"
    for one in found:
        part = wish(room_ids=one.room_ids, starts=one.starts, ends=one.ends)
        house.write_now(book, part, actor="account:1", now=NOW, rules=rules)


def test_nothing_is_offered_where_sittings_do_not_help(house: Database) -> None:
    booking = wish(room_ids=EVERYBODY)
    assert offered(house, booking, RULES) == (), "nothing is full"
    assert offered(house, booking, seats(3)) == (), "fifteen sittings are no offer"
    assert offered(house, booking, seats(1)) == (), "not even one site beside the main one"
    guests = tuple(GuestWish(f"G{n}", f"g{n}@x.vn") for n in range(12))
    assert offered(house, replace(booking, guests=guests), seats(12)) == (), "the guests alone fill it"
    house.write_now(book, wish(room_ids=(2, 11)), actor="account:1", now=NOW, rules=RULES)
    assert offered(house, wish(room_ids=(2, 11, 12)), RULES) == (), "a room is taken, the host is not full"


def test_offices_without_a_room_sit_where_they_would(house: Database) -> None:
    booking = wish(room_ids=(2, 11, 12, 13), unit_ids=(14, 15, 16), seats=((15, 13), (16, 2)))
    one, two = (Sitting(START, START + HOUR, rooms) for rooms in ((2, 11), (2, 12, 13)))
    early, late = part_of(booking, one, first=True), part_of(booking, two, first=False)
    assert (early.unit_ids, early.seats) == ((14, 16), ((16, 2),))
    assert (late.unit_ids, late.seats) == ((15,), ((15, 13),))
    assert (early.room_ids, late.room_ids) == (one.room_ids, two.room_ids)


def test_parts_differ_by_one_at_most() -> None:
    assert [len(part) for part in parts(range(230), 3)] == [76, 77, 77]
    assert parts([1, 2], 5) == [[1], [2]] and parts([1], 0) == []
