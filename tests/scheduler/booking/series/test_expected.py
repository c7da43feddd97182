"""Seats of the video host by what came to earlier dates: as a rule, and what later dates reserve of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from rooms.models import Change
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.book import book
from scheduler.booking.booking import Rules
from scheduler.booking.edit import change
from scheduler.booking.place.capacity import Amount, BridgeLimit
from scheduler.booking.place.expected import ShowRate, rate_of, show_rate
from scheduler.booking.queries import find_conference
from scheduler.booking.series.book import BookedSeries, book_series
from scheduler.booking.series.edit import change_series
from scheduler.booking.series.expected import set_expected
from scheduler.booking.series.put_back import add_date
from scheduler.booking.series.queries import find_series
from scheduler.booking.series.reading import read_series
from scheduler.booking.series.turn import series_booking
from scheduler.booking.series.wish import SeriesWish, wish_at
from scheduler.errors import NoCapacity, SeriesBlocked, Stale
from scheduler.models import Conference, Presence, Reservation
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.series.test_series import HOUR, WEEK, members
from tests.scheduler.booking.series.test_series_edit import ACT, alone, version_of

PAST = 4
LATE = START + (PAST - 1) * WEEK + timedelta(days=1)
HALLS = (2, *range(11, 20))  # ten sites


def booked(db: Session, /) -> BookedSeries:
    weekly = SeriesWish(wish(kind="briefing", room_ids=HALLS), rule="FREQ=WEEKLY;COUNT=8")
    return book_series(db, weekly, actor="account:1", now=NOW, rules=RULES)


def recorded(database: Database, made: BookedSeries, *came: int) -> None:
    """The first dates are over, and so many devices were seen at each."""

    def work(db: Session) -> None:
        for date, count in zip(made.dates, came, strict=False):
            db.execute(update(Conference).where(Conference.id == date.id).values(state="recorded", due=None))
            for n in range(count):
                for joined in (START, START + HOUR):  # a device that fell out and came back is one
                    seen = {"device": f"d{n}", "joined": joined, "left": joined + HOUR / 2, "source": "host"}
                    db.execute(insert(Presence).values(conference_id=date.id, **seen))

    database.write_now(work)


def seats(database: Database, key: str) -> list[int]:
    """Seats of the host that the dates reserve, by time."""
    query = select(Reservation.seats).where(Reservation.bridge_id.is_not(None)).order_by(Reservation.starts)
    ids = [one.id for one in members(database, key)]
    return database.read_now(lambda db: list(db.scalars(query.where(Reservation.conference_id.in_(ids)))))


def accept(db: Session, /, key: str, accept: bool = True, rules: Rules = RULES) -> ShowRate | None:
    return set_expected(db, key, accept=accept, version=version_of(db, key), now=LATE, rules=rules, **ACT)


def test_three_recorded_dates_say_something_and_empty_ones_nothing() -> None:
    assert show_rate([(30, 24), (30, 25)]) is None
    assert show_rate([(30, 24), (30, 25), (30, 0), (0, 3)]) is None
    rate = show_rate([(30, 24), (30, 22), (30, 26)])
    assert rate == ShowRate(3, 90, 72, 26)
    assert rate.usual == (24, 30)
    assert rate.expected(30) == 26, "never below what was seen at most"
    assert rate.expected(60) == 48 and rate.expected(20) == 20 and rate.expected(0) == 0
    assert rate.at_least(29).expected(30) == 29 and rate_of(rate.as_data()) == rate and rate_of(None) is None
    assert rate.reduced(Amount(30, 3000, 0)) == Amount(26, 2600, 0)


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 400)), min_size=3, max_size=9), st.integers(0, 500))
def test_what_is_reserved_lies_between_the_most_that_came_and_all(past: list[tuple[int, int]], size: int) -> None:
    rate = show_rate(past)
    assert rate is not None
    assert min(size, max(came for _, came in past)) <= rate.expected(size) <= size
    less = rate.reduced(Amount(size, 700 * size, 0))
    assert less.seats == rate.expected(size) and less.kbps_up <= 700 * size


def test_later_dates_reserve_by_what_came_and_rooms_and_lines_stay(database: Database) -> None:
    offices(database)
    made = database.write_now(booked)
    recorded(database, made, 6, 7, 8, 7)
    view = database.read_now(read_series, made.key)
    assert view.rate is not None and view.rate.usual == (7, 10) and view.accepted is None

    def others(db: Session) -> list[object]:
        rows = select(Reservation).where(Reservation.bridge_id.is_(None)).order_by(Reservation.id)
        return [(row.room_id, row.line_id, row.kbps_up, row.starts, row.ends) for row in db.scalars(rows)]

    before = database.read_now(others)
    assert seats(database, made.key) == [10] * 8
    rate = database.write_now(accept, made.key)
    assert rate == ShowRate(4, 40, 28, 8)
    assert seats(database, made.key) == [10] * 4 + [8] * 4, "what is past stays; the later ones have the most that came"
    assert database.read_now(others) == before
    acts = database.read_now(lambda db: list(db.scalars(select(Change.act).where(Change.subject_kind == "series"))))
    assert acts == ["booked", "expected_size"]
    database.write_now(accept, made.key, False)
    assert seats(database, made.key) == [10] * 8


def test_whatever_changes_a_later_date_reserves_by_it_too(database: Database) -> None:
    offices(database)
    made = database.write_now(booked)
    recorded(database, made, 6, 7, 8, 7)
    database.write_now(accept, made.key)
    database.write_now(alone, made.dates[4].key, HOUR, now=LATE)
    assert seats(database, made.key)[4] == 8

    def add(db: Session) -> None:
        series = find_series(db, made.key)
        assert series is not None
        booking = wish_at(series.wish, START + 4 * WEEK + timedelta(days=3), series.minutes)
        add_date(db, made.key, booking, version=series.version, now=LATE, rules=RULES, **ACT)

    database.write_now(add)
    assert seats(database, made.key) == [10] * 4 + [8] * 5

    def split(db: Session) -> BookedSeries:
        since, version = made.dates[6].key, version_of(db, made.key)
        booking = series_booking(db, made.key, scope="following", since=since, version=version, now=LATE)
        later = replace(booking, starts=booking.starts + HOUR, ends=booking.ends + HOUR)
        rule = "FREQ=WEEKLY;COUNT=3"
        return change_series(
            db, made.key, later, scope="following", since=since, rule=rule, version=version, now=LATE, rules=RULES,
            **ACT,
        )  # fmt: skip

    second = database.write_now(split)
    assert second.key != made.key and seats(database, second.key) == [8] * 3, "also the date that is new"
    recorded(database, replace(made, dates=made.dates[4:5]), 9)
    database.write_now(alone, made.dates[5].key, HOUR, now=LATE + WEEK)
    assert seats(database, made.key)[-1] == 9, "since then more came"


def test_it_is_refused_too_early_on_another_version_and_where_the_seats_are_gone(database: Database) -> None:
    offices(database)
    made = database.write_now(booked)
    recorded(database, made, 6, 7)
    with pytest.raises(Invalid) as refused:
        database.write_now(accept, made.key)
    assert [(e.field, e.code, e.data) for e in refused.value.errors] == [("accept", "too_few_recorded", {"least": 3})]
    recorded(database, replace(made, dates=made.dates[2:4]), 8, 7)
    with pytest.raises(Stale):
        database.write_now(lambda db: set_expected(db, made.key, accept=True, version=9, now=LATE, rules=RULES, **ACT))
    database.write_now(accept, made.key)
    own = START + 5 * WEEK
    other = wish(room_ids=(20,), starts=own, ends=own + HOUR)
    database.write_now(lambda db: book(db, other, actor="account:1", now=NOW, rules=hosted(9)))
    with pytest.raises(SeriesBlocked):
        database.write_now(accept, made.key, False, rules=hosted(10))
    assert seats(database, made.key) == [10] * 4 + [8] * 4, "nothing was written"
    database.write_now(longer, made.dates[5].key, hosted(9))
    assert seats(database, made.key)[5] == 8, "eight and one are nine: it fits as expected, not as wished"
    with pytest.raises(NoCapacity):
        database.write_now(longer, made.dates[5].key, hosted(8))


def hosted(most: int) -> Rules:
    return replace(RULES, bridge_limits={1: BridgeLimit(most, None)})


def longer(db: Session, /, key: str, rules: Rules) -> None:
    conference = find_conference(db, key)
    assert conference is not None
    own = booking_of(db, conference)
    change(db, key, replace(own, ends=own.ends + HOUR), version=conference.version, now=LATE, rules=rules, **ACT)
