"""A line or host that carries less than what is booked: named first, marked afterwards, unmarked when it fits again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Line, Room
from rooms.places import change_line
from scheduler.booking.book import book
from scheduler.booking.booking import Booked
from scheduler.booking.edit import change
from scheduler.booking.place.capacity import Amount, LineLimit, Load
from scheduler.booking.place.hit import over_limit
from scheduler.booking.place.hit_queries import Hit, Part
from scheduler.booking.place.lowering import confirm_line, look_at_hosts, mark_short
from scheduler.errors import StillBooked
from scheduler.models import Bridge, Conference
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

LINE = 5
HOUR = timedelta(hours=1)


@pytest.fixture
def house(database: Database) -> Database:
    """Room 11 with a line of its own."""

    def lines(db: Session) -> None:
        db.execute(insert(Line).values(id=LINE, name="Huyện 0", owner_unit_id=11, kbps_up=20_000, kbps_down=60_000))
        db.execute(update(Room).where(Room.id == 11).values(line_id=LINE))

    offices(database)
    database.write_now(lines)
    return database


def take(house: Database, hours: int) -> Booked:
    starts = START + timedelta(days=hours)
    booking = wish(starts=starts, ends=starts + 2 * HOUR)
    return house.write_now(book, booking, actor="account:1", now=NOW, rules=RULES)


def lower(house: Database, up: int, seen: str = "", down: int = 60_000) -> None:
    """As the form does it."""

    def work(db: Session) -> None:
        hits = confirm_line(db, LINE, LineLimit(up, down, 80), seen, now=NOW)
        change_line(db, LINE, "Huyện 0", kbps_up=up, kbps_down=down, actor="account:9", now=NOW)
        mark_short(db, hits, actor="account:9", now=NOW)

    house.write_now(work)


def troubles(house: Database) -> list[str | None]:
    return house.read_now(lambda db: list(db.scalars(select(Conference.trouble).order_by(Conference.id))))


def test_lowering_names_who_is_hit_and_marks_them_until_they_fit(house: Database) -> None:
    one, two = take(house, 0), take(house, 1)
    lower(house, 10_000)
    assert troubles(house) == [None, None], "it still carries what is booked"
    with pytest.raises(StillBooked) as refused:
        lower(house, 1000)
    assert len(refused.value.hits) == 2 and refused.value.data["hits"][0]["unit"] == "Sở TT&TT"
    assert house.read_now(lambda db: db.get_one(Line, LINE).kbps_up) == 10_000, "nothing is written"
    with pytest.raises(StillBooked):
        lower(house, 1000, "0" * 16)
    lower(house, 1000, refused.value.seen)
    assert troubles(house) == ["place_short", "place_short"]
    lower(house, 900)  # who is beyond it already need not be confirmed again
    moved = wish(starts=START + timedelta(days=3), ends=START + timedelta(days=3) + HOUR)
    house.write_now(change, one.key, moved, version=1, actor="account:1", now=NOW, rules=RULES)
    assert troubles(house) == [None, "place_short"]
    lower(house, 20_000)
    assert troubles(house) == [None, None]
    assert two.id


def test_down_counts_as_up_does_and_what_is_over_does_not(house: Database) -> None:
    take(house, 0)
    with pytest.raises(StillBooked):
        lower(house, 20_000, down=1000)
    later = START + 3 * HOUR

    def work(db: Session) -> None:
        assert confirm_line(db, LINE, LineLimit(1, 1, 80), "", now=later) == []

    house.write_now(work)


def test_a_host_that_is_configured_smaller_marks_who_is_beyond_it(house: Database) -> None:
    take(house, 0)
    assert house.write_now(look_at_hosts, actor="cli", now=NOW) == 0
    house.write_now(lambda db: db.execute(update(Bridge).values(seats=2, kbps=None)))
    assert house.write_now(look_at_hosts, actor="cli", now=NOW) == 1
    assert troubles(house) == ["place_short"]
    house.write_now(lambda db: db.execute(update(Bridge).values(seats=200, kbps=None)))
    assert house.write_now(look_at_hosts, actor="cli", now=NOW) == 0
    assert troubles(house) == [None]


def test_only_those_at_the_full_moment_are_hit() -> None:
    def part(number: int, since: float, until: float, up: int) -> Part:
        times: tuple[datetime, datetime] = (START + since * HOUR, START + until * HOUR)
        return Part(Hit(number, str(number), 2, *times), Load(*times, Amount(0, up, 0)))

    parts = [part(1, 0, 2, 60), part(2, 1, 3, 60), part(3, 2, 4, 40), part(4, 5, 6, 100)]
    assert [hit.id for hit in over_limit(parts, Amount(9, 100, 9))] == [1, 2]
    assert [hit.id for hit in over_limit(parts, Amount(9, 99, 9))] == [1, 2, 3, 4]
    assert over_limit(parts, Amount(9, 200, 9)) == []
