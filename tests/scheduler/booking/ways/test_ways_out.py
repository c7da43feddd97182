"""A refusal comes with ways out, and each of them can really be booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Line, Room, RoomUnit
from scheduler.booking import edit
from scheduler.booking.book import book, check
from scheduler.booking.booking import Booked, Booking
from scheduler.booking.place.capacity import BridgeLimit
from scheduler.booking.ways.ways_out import Smaller, WaysOut, ways_out
from scheduler.models import Conference, Delegation, Site
from tests.scheduler.booking.offices import NOW, RULES, SINCE, START, offices, wish

HOUR = timedelta(hours=1)


def place(db: Session, **changes: Any) -> Booked:
    return book(db, wish(**changes), actor="account:1", now=NOW, rules=RULES)


def look(db: Session, booking: Booking, **more: Any) -> WaysOut:
    rules = more.pop("rules", RULES)
    found = check(db, booking, now=NOW, rules=rules)
    return ways_out(db, booking, now=NOW, rules=rules, taken=found.taken, full=found.full, **more)


def add_room(db: Session, room_id: int, unit_id: int) -> None:
    db.execute(insert(Room).values(id=room_id, key=f"r{room_id}", name=f"Phòng {room_id}", search_key=""))
    db.execute(insert(RoomUnit).values(room_id=room_id, unit_id=unit_id, valid_from=SINCE))


def test_times_are_the_nearest_at_which_all_rooms_are_free_and_can_be_booked(database: Database) -> None:
    offices(database)
    database.write_now(place, room_ids=(12,), host_unit_id=12)
    database.write_now(
        place, room_ids=(13,), host_unit_id=13, starts=START + 5 * HOUR + HOUR / 2, ends=START + 6 * HOUR
    )
    booking = wish()
    ways = database.read_now(look, booking)
    begins = [free.starts for free in ways.times]
    assert begins == [
        START + timedelta(hours=6, minutes=15),
        START + timedelta(days=1),
        START + timedelta(days=1, hours=1),
    ], "14:15 is the first with the hall prepared; 13:30 is held by another; then the next day"
    for free in ways.times:
        moved = replace(booking, starts=free.starts, ends=free.ends)
        assert database.read_now(check, moved, now=NOW, rules=RULES).ok


def test_the_chair_must_be_free_as_well_and_the_conference_itself_is_not_in_its_way(database: Database) -> None:
    offices(database)
    chair = {"chair_name": "Ông A", "chair_mail": "a@x.vn"}
    database.write_now(place, room_ids=(12,), host_unit_id=12)
    day = {"starts": START + 4 * HOUR, "ends": START + 9 * HOUR}
    other = database.write_now(place, room_ids=(14,), host_unit_id=14, **chair, **day)
    ways = database.read_now(look, wish(**chair))
    assert ways.times[0].starts == START + timedelta(days=1), "in the afternoon the chair sits elsewhere"
    ways = database.read_now(look, wish(**chair), except_id=other.id)
    assert ways.times[0].starts == START + 5 * HOUR + HOUR / 2


def test_other_rooms_of_the_unit_are_offered_if_free(database: Database) -> None:
    offices(database)
    for room_id in (112, 113):
        database.write_now(add_room, room_id, 12)
    database.write_now(place, room_ids=(12, 113), host_unit_id=12)
    ways = database.read_now(look, wish())
    assert [(r.instead_of, r.room_id, r.key, r.unit) for r in ways.rooms] == [(12, 112, "r112", "Huyện 1")]
    assert database.read_now(check, wish(room_ids=(2, 11, 112, 13)), now=NOW, rules=RULES).ok


def test_a_member_that_is_taken_can_be_left_out_or_sit_with_a_neighbour(database: Database) -> None:
    offices(database)
    database.write_now(place, room_ids=(13,), host_unit_id=13)
    ways = database.read_now(look, wish())
    assert ways.smaller == (Smaller("without_sites", (13,)),)
    assert [(r.instead_of, r.room_id) for r in ways.shared] == [(13, 12)], "the nearest in protocol order"
    assert ways.halls == ()


def test_a_main_site_that_is_taken_has_the_free_halls_of_neighbours(database: Database) -> None:
    offices(database)
    database.write_now(place, room_ids=(15, 16), host_unit_id=16)
    ways = database.read_now(look, wish(host_unit_id=15, room_ids=(15, 11)))
    assert [r.room_id for r in ways.halls] == [14, 13, 17], "16 is taken as well"
    assert ways.smaller == () and ways.shared == ()


def narrow(db: Session) -> None:
    """Rooms 11 and 12 share a line that carries one hall by sound."""
    db.execute(insert(Line).values(id=1, name="Nhà A", owner_unit_id=11, kbps_up=150, kbps_down=2000, share=80))
    db.execute(update(Room).where(Room.id.in_((11, 12))).values(line_id=1))


def test_a_line_that_stands_in_the_way_leads_past_it_or_to_meeting_in_person(database: Database) -> None:
    offices(database)
    database.write_now(narrow)
    database.write_now(place, room_ids=(2, 11))
    booking = wish(room_ids=(14, 12, 13), host_unit_id=14)
    ways = database.read_now(look, booking)
    assert ways.smaller == (Smaller("without_sites", (12,)), Smaller("in_person", (12,)))
    first = ways.times[0]
    assert first.starts == START + 5.5 * HOUR, "the rooms are free before, the line is not"
    moved = replace(booking, starts=first.starts, ends=first.ends)
    assert database.read_now(check, moved, now=NOW, rules=RULES).ok


def test_a_video_host_that_is_full_of_pictures_may_carry_sound(database: Database) -> None:
    offices(database)
    rules = replace(RULES, bridge_limits={1: BridgeLimit(seats=None, kbps=2000)})
    database.write_now(lambda db: book(db, wish(room_ids=(2, 11)), actor="account:1", now=NOW, rules=rules))
    booking = wish(room_ids=(14, 12, 13), host_unit_id=14)
    ways = database.read_now(look, booking, rules=rules)
    assert [smaller.code for smaller in ways.smaller] == ["audio_only", "in_person"]
    assert database.read_now(check, replace(booking, top_profile="audio"), now=NOW, rules=rules).ok


def test_an_urgent_one_is_offered_the_evening(database: Database) -> None:
    offices(database)
    evening = {"starts": START + 10 * HOUR, "ends": START + 11 * HOUR}
    database.write_now(place, room_ids=(11,), kind="emergency", **evening)
    ways = database.read_now(look, wish(kind="emergency", **evening))
    assert [free.starts for free in ways.times[:2]] == [START + 8.75 * HOUR, START + 11.25 * HOUR]


def test_a_unit_that_sits_with_a_neighbour_takes_part_online_and_stays_so_when_the_conference_changes(
    database: Database,
) -> None:
    offices(database)
    database.write_now(place, room_ids=(13,), host_unit_id=13)
    (seat,) = database.read_now(look, wish()).shared
    shared = wish(room_ids=(2, 11, 12), unit_ids=(13, 14), seats=((13, seat.room_id),))
    booked = database.write_now(lambda db: book(db, shared, actor="account:1", now=NOW, rules=RULES))

    def read(db: Session) -> dict[int, tuple[str, int | None]]:
        rows = db.query(Delegation.unit_id, Delegation.planned_mode, Site.room_id).join(
            Site, Site.id == Delegation.site_id
        )
        return {unit_id: (mode, room_id) for unit_id, mode, room_id in rows.filter(Site.conference_id == booked.id)}

    there = {2: ("online", 2), 11: ("online", 11), 12: ("online", 12), 13: ("online", 12), 14: ("in_person", 2)}
    assert database.read_now(read) == there

    def again(db: Session) -> None:
        kept = edit.booking_of(db, db.query(Conference).filter_by(id=booked.id).one())
        assert (kept.unit_ids, kept.seats) == ((13, 14), ((13, 12),))
        who: dict[str, Any] = {"version": booked.version, "actor": "account:1", "now": NOW, "rules": RULES}
        edit.change(db, booked.key, replace(kept, title="Giao ban"), **who)

    database.write_now(again)
    assert database.read_now(read) == there


def test_a_seat_must_be_in_a_room_of_the_conference(database: Database) -> None:
    offices(database)
    wrong = wish(unit_ids=(14,), seats=((14, 15), (16, 11)))
    found = database.read_now(check, wrong, now=NOW, rules=RULES)
    assert [(e.field, e.code) for e in found.errors] == [("seats.0", "no_such_room"), ("seats.1", "no_such_room")]
