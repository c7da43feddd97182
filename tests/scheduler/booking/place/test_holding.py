"""A conference takes lines and its host by amount; what does not fit is refused with what is full and who has it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Line, Room
from scheduler.booking.book import book, check
from scheduler.booking.booking import Booked, Booking
from scheduler.booking.edit import booking_of, cancel, change
from scheduler.booking.place.capacity import Amount, BridgeLimit, Load, peak
from scheduler.booking.place.capacity_queries import list_line_peaks
from scheduler.booking.queries import find_conference
from scheduler.errors import NoCapacity, RoomTaken
from scheduler.models import Closure, Reservation, Site
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

LATER = timedelta(hours=2, minutes=30)


def lines(db: Session, up: int | None = 1000, down: int | None = 8000) -> None:
    """Rooms 11 and 12 share line 1; room 13 has line 2, which nobody measured."""
    db.execute(insert(Line).values(id=1, name="Nhà A", owner_unit_id=11, kbps_up=up, kbps_down=down, share=80))
    db.execute(insert(Line).values(id=2, name="Nhà B", owner_unit_id=13))
    db.execute(update(Room).where(Room.id.in_((11, 12))).values(line_id=1))
    db.execute(update(Room).where(Room.id == 13).values(line_id=2))


def booked(db: Session, booking: Booking, **limits: Any) -> Booked:
    rules = replace(RULES, bridge_limits={1: BridgeLimit(**limits)}) if limits else RULES
    return book(db, booking, actor="account:1", now=NOW, rules=rules)


def profiles(db: Session, conference_id: int) -> dict[int, str | None]:
    query = select(Site.room_id, Site.profile).where(Site.conference_id == conference_id)
    return {row[0]: row[1] for row in db.execute(query)}


def held(db: Session) -> list[tuple[Any, ...]]:
    columns = (Reservation.room_id, Reservation.line_id, Reservation.bridge_id, Reservation.seats)
    return [tuple(row) for row in db.execute(select(*columns, Reservation.kbps_up).order_by(Reservation.id))]


def test_lines_decide_the_picture_and_are_held_from_joining_to_grace(database: Database) -> None:
    offices(database)
    database.write_now(lines)
    made = database.write_now(booked, wish(room_ids=(2, 11, 12, 13)))
    # 800 of 1000 up: the first hall of the building gets 360p, the second what is left; the unmeasured one 180p
    assert database.read_now(profiles, made.id) == {2: "180p", 11: "360p", 12: "audio", 13: "180p"}
    rows = database.read_now(held)
    assert [row[:3] for row in rows[4:]] == [(None, 1, None), (None, 1, None), (None, 2, None), (None, None, 1)]
    assert rows[-1][3] == 4
    spans = database.read_now(
        lambda db: [tuple(r) for r in db.execute(select(Reservation.starts, Reservation.ends).order_by(Reservation.id))]
    )
    end = START + timedelta(hours=2)
    assert spans[0] == (START - timedelta(minutes=15), end)
    assert spans[4] == (START - timedelta(minutes=15), end + timedelta(minutes=15))
    assert spans[-1] == (START - timedelta(minutes=60), end + timedelta(minutes=15))


def test_a_full_line_is_refused_with_its_holder(database: Database) -> None:
    offices(database)
    database.write_now(lines, 150, 2000)  # 120 up for conferences: one hall with sound
    database.write_now(booked, wish(room_ids=(2, 11)))
    with pytest.raises(NoCapacity) as refusal:
        database.write_now(booked, wish(room_ids=(14, 12)))
    (full,) = refusal.value.full
    assert (full.what, full.name, full.measure, full.needed, full.free) == ("line", "Nhà A", "kbps_up", 64, 56)
    assert full.holders == ("Sở TT&TT",)
    assert full.until == START + timedelta(hours=2, minutes=15)
    findings = database.read_now(lambda db: check(db, wish(room_ids=(14, 12)), now=NOW, rules=RULES))
    assert findings.full == (full,)
    assert not findings.ok
    database.write_now(booked, wish(room_ids=(14, 12), form="in_person", in_person_reason="content"))


def test_a_taken_room_is_told_before_a_full_line(database: Database) -> None:
    offices(database)
    database.write_now(lines, 80, 2000)
    database.write_now(booked, wish(room_ids=(2, 11)))
    with pytest.raises(RoomTaken) as refusal:
        database.write_now(booked, wish(room_ids=(2, 12)))
    assert [taken.room_id for taken in refusal.value.taken] == [2]
    assert [full.what for full in refusal.value.full] == ["line"]


def test_a_host_has_seats(database: Database) -> None:
    offices(database)
    database.write_now(booked, wish(room_ids=(2, 11, 12)), seats=5)
    with pytest.raises(NoCapacity) as refusal:
        database.write_now(booked, wish(room_ids=(13, 14, 15)), seats=5)
    (full,) = refusal.value.full
    assert (full.what, full.measure, full.needed, full.free, full.fits) == ("bridge", "seats", 3, 2, 2)
    database.write_now(booked, wish(room_ids=(13, 14)), seats=5)
    late = START + timedelta(hours=3, minutes=15)  # the opening before, the grace after
    database.write_now(booked, wish(room_ids=(2, 11, 12), starts=late, ends=late + LATER), seats=5)


def test_a_change_is_not_in_its_own_way_and_gives_back_what_it_leaves(database: Database) -> None:
    offices(database)
    database.write_now(lines, 150, 2000)
    made = database.write_now(booked, wish(room_ids=(2, 11)))

    def moved(db: Session, **changes: Any) -> Booked:
        conference = find_conference(db, made.key)
        assert conference is not None
        wanted = replace(booking_of(db, conference), **changes)
        return change(db, made.key, wanted, version=conference.version, actor="account:1", now=NOW, rules=RULES)

    database.write_now(moved, title="Một tên khác")
    assert database.read_now(profiles, made.id)[11] == "audio"
    database.write_now(moved, starts=START + LATER, ends=START + 2 * LATER)
    other = database.write_now(booked, wish(room_ids=(14, 12)))
    database.write_now(moved, form="in_person", in_person_reason="content")
    assert database.read_now(profiles, made.id) == {2: None, 11: None}
    database.write_now(lambda db: cancel(db, other.key, version=1, reason="Thôi", actor="account:1", now=NOW))
    assert [row[:3] for row in database.read_now(held)] == [(2, None, None), (11, None, None)]


def test_a_closure_takes_rooms_and_lines(database: Database) -> None:
    offices(database)
    database.write_now(lines)

    def close(db: Session) -> None:
        times = {"starts": START, "ends": START + timedelta(hours=4)}
        db.execute(
            insert(Closure).values(
                id=1, key="c1", kind="maintenance", reason="Thay máy chiếu", made_by="cli", made_at=NOW, **times
            )
        )
        db.execute(insert(Reservation).values(closure_id=1, room_id=14, holds=True, **times))
        db.execute(
            insert(Reservation).values(closure_id=1, line_id=2, kbps_up=512, kbps_down=2000, holds=True, **times)
        )

    database.write_now(close)
    with pytest.raises(RoomTaken) as taken:
        database.write_now(booked, wish(room_ids=(2, 14)))
    assert [(t.room_id, t.unit) for t in taken.value.taken] == [(14, "Thay máy chiếu")]
    with pytest.raises(NoCapacity) as full:
        database.write_now(booked, wish(room_ids=(2, 13)))
    assert full.value.full[0].holders == ("Thay máy chiếu",)


def test_the_database_finds_the_same_peak(database: Database) -> None:
    offices(database)
    dice = random.Random(7)
    loads: list[Load] = []

    def fill(db: Session) -> None:
        lines(db)
        times = {"starts": START, "ends": START + timedelta(hours=4)}
        db.execute(
            insert(Closure).values(id=1, key="c", kind="closed", reason="x", made_by="cli", made_at=NOW, **times)
        )
        for _ in range(60):
            begin = START + timedelta(minutes=dice.randrange(0, 300, 5))
            one = Load(begin, begin + timedelta(minutes=dice.randrange(5, 90, 5)), Amount(*dice.sample(range(99), 3)))
            loads.append(one)
            span = {"starts": one.starts, "ends": one.ends}
            db.execute(insert(Reservation).values(closure_id=1, line_id=1, **span, **one.amount._asdict()))

    database.write_now(fill)
    for _ in range(30):
        since = START + timedelta(minutes=dice.randrange(0, 300, 5))
        until = since + timedelta(minutes=dice.randrange(5, 120, 5))
        found = database.read_now(list_line_peaks, [1, 2], since, until)
        assert found.get(1, Amount()) == peak(loads, since, until)
        assert 2 not in found
