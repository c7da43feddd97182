"""Busy spans of rooms and seats of people as the database has them, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, GuestWish
from scheduler.booking.ways.suggest import joined
from scheduler.booking.ways.suggest_queries import Seat, list_busy_spans, list_busy_union, list_seats
from scheduler.local_time import local_day
from scheduler.models import Conference, Reservation
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

HOUR = timedelta(hours=1)
DAY = local_day(START)


def place(db: Session, **changes: Any) -> Booked:
    return book(db, wish(**changes), actor="account:1", now=NOW, rules=RULES)


def test_spans_are_of_the_rooms_and_the_window_asked_for(database: Database) -> None:
    offices(database)
    first = database.write_now(place, room_ids=(11, 12))
    database.write_now(place, room_ids=(11, 13), starts=START + 3 * HOUR, ends=START + 5 * HOUR)
    database.write_now(place, room_ids=(14,))
    setup = timedelta(minutes=15)

    def look(db: Session) -> None:
        rooms, since, until = (11, 12, 15), START - HOUR, START + 8 * HOUR
        held = (START - setup, START + 2 * HOUR)
        later = (START + 3 * HOUR - setup, START + 5 * HOUR)
        assert list_busy_spans(db, rooms, since, until) == {11: [held, later], 12: [held], 15: []}
        assert list_busy_union(db, rooms, since, until) == [held, later]
        assert list_busy_spans(db, rooms, since, until, except_id=first.id) == {11: [later], 12: [], 15: []}
        assert list_busy_union(db, rooms, START + 2 * HOUR, START + 3 * HOUR - setup) == [], "half-open"
        assert list_busy_union(db, (), since, until) == []

    database.read_now(look)


def test_the_database_joins_spans_as_the_pure_function_does(database: Database) -> None:
    offices(database)
    conference = database.write_now(place, room_ids=(2,))
    minutes = [(11, 0, 30), (12, 30, 40), (13, 35, 36), (14, 60, 90), (15, 60, 90), (16, 75, 120), (17, 130, 131)]

    def fill(db: Session) -> None:
        for room_id, starts, ends in minutes:
            span = {"starts": START + timedelta(minutes=starts), "ends": START + timedelta(minutes=ends)}
            db.execute(insert(Reservation).values(room_id=room_id, conference_id=conference.id, holds=True, **span))

    database.write_now(fill)
    rooms = [room for room, _, _ in minutes]
    union = database.read_now(list_busy_union, rooms, START - HOUR, START + 4 * HOUR)
    assert union == joined((START + s * HOUR / 60, START + e * HOUR / 60) for _, s, e in minutes)
    assert len(union) == 3


def test_what_only_waits_is_not_busy(database: Database) -> None:
    offices(database)
    database.write_now(place, room_ids=(11,))
    database.write_now(lambda db: db.execute(update(Reservation).values(holds=False)))
    assert database.read_now(list_busy_union, (11,), START, START + HOUR) == []


def test_seats_are_of_chairs_and_guests_and_name_only_the_unit(database: Database) -> None:
    offices(database)
    people = {"chair_name": "Ông A", "chair_mail": "A@x.vn", "guests": (GuestWish("Bà B", "b@x.vn"),)}
    first = database.write_now(place, **people)
    mails = ("a@x.vn", "b@x.vn", "u11@hop.example")
    seats = database.read_now(list_seats, mails, START + HOUR, START + 3 * HOUR, DAY)
    assert seats == [Seat(mail, "Sở TT&TT", START, START + 2 * HOUR, first.id) for mail in ("a@x.vn", "b@x.vn")]
    assert database.read_now(list_seats, mails, START + 2 * HOUR, START + 3 * HOUR, DAY) == []
    assert database.read_now(list_seats, mails, START, START + HOUR, DAY, except_id=first.id) == []
    database.write_now(lambda db: db.execute(update(Conference).values(state="cancelled")))
    assert database.read_now(list_seats, mails, START, START + HOUR, DAY) == []
