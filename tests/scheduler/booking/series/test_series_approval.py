"""A series that needs approval: every date waits for it, and has a calendar entry of its own when it is approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.booking.series.book import BookedSeries
from scheduler.booking.series.edit import change_series
from scheduler.booking.series.queries import find_series
from scheduler.booking.series.turn import series_booking
from scheduler.models import Edition, Reservation
from tests.scheduler.booking.approving.test_approval import HEADS, says_yes
from tests.scheduler.booking.offices import NOW, START, offices
from tests.scheduler.booking.series.test_series import HOUR, WEEK, booked, letters, members, weekly
from tests.scheduler.booking.series.test_series_edit import agree

ACTOR = "account:1"


def moved(db: Session, key: str, /, later: timedelta) -> BookedSeries:
    series = find_series(db, key)
    assert series is not None
    booking = series_booking(db, key, scope="all", since=None, version=series.version, now=NOW)
    booking = replace(booking, starts=booking.starts + later, ends=booking.ends + later)
    return change_series(
        db, key, booking, scope="all", since=None, version=series.version, actor=ACTOR, now=NOW, rules=HEADS
    )


def test_dates_wait_and_are_approved_one_by_one(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(3), None, HEADS)
    dates = members(database, made.key)
    assert [(one.state, one.uid, one.recurrence_id) for one in dates] == [("pending", None, None)] * 3
    assert letters(database) == []
    assert (
        database.read_now(lambda db: len(list(db.scalars(select(Reservation.id))))) == 3 * 5
    )  # four rooms and the host
    database.write_now(moved, made.key, HOUR)
    assert [(one.state, one.starts) for one in members(database, made.key)] == [
        ("pending", START + n * WEEK + HOUR) for n in range(3)
    ]
    for n in (0, 1):
        one = members(database, made.key)[n]
        says_yes(database, replace(made.dates[n], version=one.version))
    dates = members(database, made.key)
    assert [one.state for one in dates] == ["planned", "planned", "pending"]
    assert len({one.uid for one in dates}) == 3
    assert len(letters(database)) == 8
    database.write_now(moved, made.key, HOUR)
    states = [(one.state, one.starts) for one in members(database, made.key)]
    assert states == [("pending", START + n * WEEK + 2 * HOUR) for n in range(3)]  # another time is asked for anew


def test_a_new_time_that_needs_approval_is_told_when_it_is_approved(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(3))
    shared = members(database, made.key)[0].uid
    database.write_now(moved, made.key, HOUR)
    dates = members(database, made.key)
    assert [(one.state, one.uid) for one in dates] == [("pending", None)] * 3
    last = database.read_now(lambda db: list(db.scalars(select(Edition).order_by(Edition.id))))[-1]
    assert (last.uid, last.method, last.content["what"]) == (shared, "CANCEL", "cancelled")
    for n in range(3):
        says_yes(database, replace(made.dates[n], version=members(database, made.key)[n].version))
    agree(database)
    assert {one.state for one in members(database, made.key)} == {"planned"}
    assert shared not in {one.uid for one in members(database, made.key)}
