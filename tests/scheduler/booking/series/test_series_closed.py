"""A series that was cancelled as a whole and is taken up again: everybody hears of its new dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from confsvc.database import Database
from scheduler.booking.series.put_back import add_date
from scheduler.booking.series.wish import wish_at
from scheduler.models import Edition, Series
from tests.scheduler.booking.offices import NOW, RULES, START, offices
from tests.scheduler.booking.series.test_series import WEEK, booked, members, weekly
from tests.scheduler.booking.series.test_series_edit import ACT, agree, back, called_off, changed, version_of


def test_a_cancelled_series_that_goes_on_tells_of_each_new_date(database: Database) -> None:
    """The shared entry is cancelled in every calendar: what shared it was seen by nobody."""
    offices(database)
    made = database.write_now(booked, weekly(2))
    database.write_now(called_off, made.key)
    (wish,) = database.read_now(lambda db: db.scalars(select(Series.wish)).all())
    extra = replace(wish_at(wish, START, 60), starts=START + timedelta(hours=30), ends=START + timedelta(hours=31))
    version = database.read_now(version_of, made.key)
    database.write_now(add_date, made.key, extra, version=version, now=NOW, rules=RULES, **ACT)
    agree(database)
    database.write_now(changed, made.key, rule="FREQ=WEEKLY;COUNT=3")
    agree(database)
    planned = [one for one in members(database, made.key) if one.state == "planned"]
    assert [one.starts for one in planned if one.original_starts] == [START + 2 * WEEK, START + 3 * WEEK]
    assert len({one.uid for one in planned}) == 3 and all(one.recurrence_id is None for one in planned)
    told = database.read_now(lambda db: db.scalars(select(Edition).order_by(Edition.id.desc()).limit(2)).all())
    assert {one.uid for one in told} < {one.uid for one in planned}
    assert {one.content["related_to"] for one in told} == {made_uid(database)}


def test_a_date_put_back_lets_a_cancelled_series_go_on(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(2))
    database.write_now(called_off, made.key)
    database.write_now(back, made.dates[0].key)
    database.write_now(changed, made.key, rule="FREQ=WEEKLY;COUNT=4")
    agree(database)
    states = [one.state for one in members(database, made.key)]
    assert states == ["planned", "cancelled", "planned", "planned"]


def made_uid(database: Database) -> str | None:
    return database.read_now(lambda db: db.scalars(select(Series.uid)).one())
