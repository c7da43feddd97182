"""A trial run ticked while booking: booked along, or the meeting stands without; locks of both in one statement."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from scheduler.booking.book import book
from scheduler.booking.series.book import book_series
from scheduler.booking.series.wish import SeriesWish
from scheduler.booking.trial import KIND, Tried, book_with_trial
from scheduler.booking.trial_queries import find_trial
from scheduler.errors import RoomTaken
from scheduler.local_time import instant
from scheduler.models import Conference, Guest, Reservation
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.test_limits import ruled
from tests.scheduler.booking.test_quota_race import wait_at_locks

WHO: dict[str, Any] = {"actor": "account:1", "now": NOW, "rules": RULES}
TITLE = "Chạy thử"
DAY_BEFORE = instant(date(2026, 11, 30), time(14))


def tried(database: Database, **changes: Any) -> Tried:
    return database.write_now(book_with_trial, wish(**changes), TITLE, **WHO)


def whole(db: Session, key: str) -> Conference:
    return db.scalars(select(Conference).where(Conference.key == key)).one()


def test_it_is_booked_the_working_day_before_with_the_same_sites_and_linked(database: Database) -> None:
    offices(database)
    made = tried(database, chair_mail="a@x.vn", chair_name="Ông A", letter_number="05/GM")
    assert made.trial is not None and made.refused is None and made.wish is not None

    def look(db: Session) -> None:
        trial, main = whole(db, made.trial.key), whole(db, made.booked.key)  # type: ignore[union-attr]
        assert (trial.kind, trial.starts, trial.ends) == (KIND, DAY_BEFORE, DAY_BEFORE + timedelta(hours=2))
        assert trial.trial_for_id == main.id and trial.state == main.state == "planned"
        assert RULES.book.why_not(trial.kind, date(2026, 11, 30)), "not counted"
        assert (trial.letter_number, trial.chair_name) == ("", "")
        guests = db.scalars(select(Guest.mail).where(Guest.conference_id == trial.id)).all()
        assert "a@x.vn" not in guests
        found = find_trial(db, main.id)
        assert found is not None and found.id == trial.id

    database.read_now(look)


def test_before_a_monday_after_a_holiday_it_is_the_last_working_day(database: Database) -> None:
    offices(database)
    monday = instant(date(2026, 12, 7), time(8))
    made = tried(database, starts=monday, ends=monday + timedelta(hours=1))
    assert made.wish is not None and made.wish.starts == instant(date(2026, 12, 4), time(14))


def test_where_the_trial_run_does_not_fit_the_meeting_stands(database: Database) -> None:
    offices(database)
    span = {"starts": DAY_BEFORE + timedelta(hours=1), "ends": DAY_BEFORE + timedelta(hours=3)}
    database.write_now(book, wish(room_ids=(12,), **span), **WHO)
    made = tried(database)
    assert made.trial is None and isinstance(made.refused, RoomTaken)
    assert [one.room_id for one in made.refused.taken] == [12]

    def look(db: Session) -> None:
        main = whole(db, made.booked.key)
        assert main.state == "planned" and find_trial(db, main.id) is None
        assert db.scalar(select(Conference.id).where(Conference.kind == KIND)) is None, "nothing of it is left"
        held = db.scalars(select(Reservation.room_id).where(Reservation.conference_id == main.id)).all()
        assert {2, 11, 12, 13} <= set(held)

    database.read_now(look)


def test_a_meeting_so_soon_that_its_trial_run_would_be_past(database: Database) -> None:
    offices(database)
    starts = instant(date(2026, 11, 24), time(15))
    made = tried(database, starts=starts, ends=starts + timedelta(hours=1), short_notice_reason="bão")
    assert made.trial is None and isinstance(made.refused, Invalid)
    assert "in_the_past" in [error.code for error in made.refused.errors]


def test_what_waits_for_approval_has_none_yet_and_what_is_refused_leaves_nothing(database: Database) -> None:
    offices(database)
    asks = ruled(("approval_by", "own_head"))
    made = database.write_now(book_with_trial, wish(), TITLE, **{**WHO, "rules": asks})
    assert made.booked.state == "pending"
    assert made.trial is None and made.refused is None and made.wish is not None
    with pytest.raises(RoomTaken):
        tried(database)
    with pytest.raises(Invalid):
        tried(database, title="?")


def test_its_locks_never_cross_those_of_a_series(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A series of Monday afternoon and Tuesday morning takes the rooms of both days in order; a meeting on Tuesday with
    its trial run on Monday takes them in the same order, not Tuesday's first."""
    database = Database(postgres_url, workers=4)
    offices(database)
    seen = wait_at_locks(monkeypatch, threading.Barrier(2))
    late = replace(wish(room_ids=(2, 11, 12)), starts=START + timedelta(hours=4), ends=START + timedelta(hours=5))
    early = datetime(2026, 11, 30, 1, tzinfo=UTC)
    sessions = ((early, early + timedelta(hours=1)), (late.starts, late.ends))
    training = SeriesWish(replace(late, starts=early, ends=sessions[0][1]), "once", None, sessions)

    def trial(db: Session) -> Any:
        return book_with_trial(db, wish(room_ids=(2, 11, 12)), TITLE, **WHO)

    def series(db: Session) -> Any:
        return book_series(db, training, **WHO)

    try:
        with ThreadPoolExecutor(2) as pool:
            made, others = pool.submit(database.write_now, trial), pool.submit(database.write_now, series)
            assert made.result(60).trial is not None and len(others.result(60).dates) == 2
        assert sorted(seen.count(name) for name in set(seen)) == [1, 3], "a deadlock would have made one run again"
    finally:
        database.close()
