"""Changing, cancelling and bringing back dates of a series; after each, rows, places and calendars agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid, NotFound
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Booked
from scheduler.booking.edit import cancel, change
from scheduler.booking.queries import find_conference
from scheduler.booking.series.book import BookedSeries
from scheduler.booking.series.cancel import cancel_series
from scheduler.booking.series.edit import change_series
from scheduler.booking.series.put_back import add_date, put_back, put_back_date
from scheduler.booking.series.queries import find_series, list_skips
from scheduler.booking.series.reading import next_of, read_series
from scheduler.booking.series.turn import series_booking
from scheduler.booking.series.wish import Choices, Scope, wish_at
from scheduler.errors import RoomTaken, SeriesBlocked, Stale, TooLate, WrongMove
from scheduler.models import Conference, Edition, Effect, Opening
from tests.scheduler.booking.calendars import assert_agree
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.series.test_series import HOUR, WEEK, booked, members, sessions, single, weekly

ACT: Any = {"actor": "account:1"}


def version_of(db: Session, /, key: str) -> int:
    series = find_series(db, key)
    assert series is not None
    return series.version


def changed(
    db: Session, /, key: str, scope: Scope = "all", since: str | None = None, *, now: datetime = NOW,
    rule: str | None = None, choices: Choices | None = None, later: timedelta = timedelta(), **content: Any,
) -> BookedSeries:  # fmt: skip
    version = version_of(db, key)
    booking = series_booking(db, key, scope=scope, since=since, version=version, now=now)
    booking = replace(booking, starts=booking.starts + later, ends=booking.ends + later)
    return change_series(
        db, key, replace(booking, **content), scope=scope, since=since, rule=rule, choices=choices, version=version,
        now=now, rules=RULES, **ACT,
    )  # fmt: skip


def called_off(
    db: Session, /, key: str, scope: Scope = "all", since: str | None = None, *, now: datetime = NOW
) -> int:  # fmt: skip
    version = version_of(db, key)
    return cancel_series(db, key, scope=scope, since=since, version=version, reason="Hoãn", now=now, **ACT)


def alone(db: Session, /, key: str, later: timedelta = timedelta(), *, now: datetime = NOW, **content: Any) -> Booked:
    conference = find_conference(db, key)
    assert conference is not None
    own = booking_of(db, conference)
    own = replace(own, starts=own.starts + later, ends=own.ends + later, **content)
    return change(db, key, own, version=conference.version, now=now, rules=RULES, **ACT)


def cancelled(db: Session, /, key: str, *, now: datetime = NOW) -> Booked:
    conference = find_conference(db, key)
    assert conference is not None
    return cancel(db, key, version=conference.version, reason="Bận", now=now, **ACT)


def back(db: Session, /, key: str, *, now: datetime = NOW) -> Booked:
    conference = find_conference(db, key)
    assert conference is not None
    return put_back(db, key, version=conference.version, now=now, rules=RULES, **ACT)


def agree(database: Database, now: datetime = NOW) -> None:
    database.read_now(assert_agree, now)


def editions(database: Database) -> list[tuple[str, int, str, int, str, str | None]]:
    """uid, number, method, sequence, what it is, and which date it is about, as they were made."""
    return database.read_now(
        lambda db: [
            (e.uid, e.number, e.method, e.sequence, e.content["what"], e.content.get("recurrence_id"))
            for e in db.scalars(select(Edition).order_by(Edition.id))
        ]
    )


def test_one_date_moved_cancelled_and_put_back_is_told_by_itself(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    second, third = made.dates[1], made.dates[2]
    database.write_now(alone, second.key, HOUR)
    database.write_now(cancelled, third.key)
    agree(database)
    database.write_now(back, third.key)
    agree(database)
    one, two = (START + WEEK).isoformat(), (START + 2 * WEEK).isoformat()
    assert [entry[1:] for entry in editions(database)] == [
        (1, "REQUEST", 0, "booked", None), (2, "REQUEST", 1, "changed", one), (3, "CANCEL", 2, "cancelled", two),
        (4, "REQUEST", 3, "booked", two),
    ]  # fmt: skip
    dates = members(database, made.key)
    assert [date.altered for date in dates] == [False, True, False, False]
    assert [date.state for date in dates] == ["planned"] * 4
    openings = database.read_now(
        lambda db: [o.generation for o in db.scalars(select(Opening).where(Opening.conference_id == third.id))]
    )
    assert openings == [1, 2]


def test_news_of_one_date_overtakes_only_news_of_that_date(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    for date in (made.dates[1], made.dates[2], made.dates[1]):
        database.write_now(alone, date.key, HOUR)
    owed = database.read_now(
        lambda db: [
            (e.payload["number"], e.state)
            for e in db.scalars(select(Effect).order_by(Effect.id))
            if e.payload["mail"] == "u11@hop.example"
        ]
    )
    assert owed == [(1, "owed"), (2, "superseded"), (3, "owed"), (4, "owed")]
    database.write_now(changed, made.key, title="Giao ban đầu tuần")
    after = database.read_now(lambda db: {e.payload["number"] for e in db.scalars(select(Effect)) if e.state == "owed"})
    assert after == {5}
    agree(database)


def test_a_new_content_for_all_keeps_what_a_date_has_of_its_own(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(alone, made.dates[1].key, HOUR, title="Giao ban mở rộng", room_ids=(2, 11, 14))
    database.write_now(changed, made.key, title="Giao ban mới", room_ids=(2, 11, 12), note="Mang theo báo cáo")
    agree(database)
    dates = members(database, made.key)
    assert [date.title for date in dates] == ["Giao ban mới", "Giao ban mở rộng", "Giao ban mới", "Giao ban mới"]
    assert {date.note for date in dates} == {"Mang theo báo cáo"}
    assert dates[1].starts == START + WEEK + HOUR
    rooms = database.read_now(lambda db: [booking_of(db, date).room_ids for date in dates])
    assert rooms == [(2, 11, 12), (2, 11, 14), (2, 11, 12), (2, 11, 12)]
    assert database.read_now(lambda db: len(list(db.scalars(select(Conference))))) == 4
    removed = [e for e in editions(database) if e[4] == "removed"]
    assert len(removed) == 2  # from the one date, then from the rest


def test_this_and_the_following_split_and_carry_what_was_changed_by_itself(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(6), {START + 4 * WEEK: None})
    keys = [date.key for date in made.dates]
    database.write_now(alone, keys[3], HOUR)
    after = database.write_now(changed, made.key, "following", keys[2], later=2 * HOUR)
    agree(database)
    assert after.key != made.key
    old, new = members(database, made.key), members(database, after.key)
    assert [date.key for date in old] == keys[:2]
    assert [date.key for date in new] == keys[2:]
    assert [date.starts for date in new] == [
        START + 2 * WEEK + 2 * HOUR,
        START + 3 * WEEK + HOUR,
        START + 5 * WEEK + 2 * HOUR,
    ]
    view = database.read_now(read_series, after.key)
    assert view.split_from is not None
    assert view.split_from.key == made.key
    assert view.series.rule == "FREQ=WEEKLY;COUNT=4"
    assert database.read_now(lambda db: list_skips(db, after.id)) == [START + 4 * WEEK + 2 * HOUR]
    last = database.read_now(lambda db: list(db.scalars(select(Edition).order_by(Edition.id)))[-2:])
    assert last[0].content["rule"] == f"FREQ=WEEKLY;UNTIL={(START + WEEK).strftime('%Y%m%dT%H%M%SZ')}"
    assert (last[1].number, last[1].sequence, last[1].content["related_to"]) == (1, 0, old[0].uid)


def test_another_pattern_keeps_days_that_stay_and_lets_others_go(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(6))
    keys = [date.key for date in made.dates]
    database.write_now(alone, keys[3], HOUR)  # its day goes with the new pattern, but it was changed by itself
    after = database.write_now(changed, made.key, "following", keys[2], rule="FREQ=WEEKLY;INTERVAL=2;COUNT=3")
    agree(database)
    dates = members(database, after.key)
    assert [date.starts for date in dates] == [START + n * WEEK for n in (2, 4, 6)]
    assert [date.key for date in dates][:2] == [keys[2], keys[4]]
    lone, gone = (database.read_now(find_conference, keys[n]) for n in (3, 5))
    assert lone is not None
    assert gone is not None
    assert (lone.series_id, lone.recurrence_id, lone.state) == (None, None, "planned")
    assert lone.uid not in {date.uid for date in dates}
    assert gone.state == "cancelled"


def test_a_new_time_for_all_leaves_the_past_alone(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(4))
    now = START + WEEK + timedelta(days=1)
    before = members(database, made.key)[:2]
    after = database.write_now(changed, made.key, now=now, later=HOUR)
    agree(database, now)
    assert after.key != made.key
    past = members(database, made.key)
    assert [(one.key, one.starts, one.version, one.uid) for one in past] == [
        (one.key, one.starts, one.version, one.uid) for one in before
    ]
    database.write_now(changed, after.key, now=now, title="Tên khác")  # content alone never splits
    agree(database, now)
    assert {one.title for one in members(database, after.key)} == {"Tên khác"}
    with pytest.raises(TooLate):
        database.write_now(changed, made.key, "following", made.dates[0].key, now=now, later=HOUR)
    with pytest.raises(TooLate):
        database.write_now(changed, after.key, now=now + 4 * WEEK, title="Muộn")


def test_a_whole_series_moves_over_its_own_old_times(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, replace(weekly(), rule="FREQ=DAILY;COUNT=4"))
    after = database.write_now(changed, made.key, later=HOUR)
    assert after.key == made.key
    agree(database)
    assert [e[4] for e in editions(database)] == ["booked", "changed"]
    moved = database.write_now(changed, made.key, rule="FREQ=DAILY;COUNT=4", later=timedelta(days=1))
    agree(database)
    assert len([one for one in members(database, moved.key) if one.state == "planned"]) == 4


def test_a_change_that_does_not_fit_changes_nothing(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(single, wish(starts=START + 2 * WEEK + 3 * HOUR, ends=START + 2 * WEEK + 4 * HOUR))
    with pytest.raises(SeriesBlocked) as refusal:
        database.write_now(changed, made.key, later=3 * HOUR)
    (date,) = refusal.value.data["dates"]
    at = START + 2 * WEEK + 3 * HOUR
    assert date["original"] == at.isoformat()
    agree(database)
    assert {one.version for one in members(database, made.key)} == {1}
    after = database.write_now(changed, made.key, later=3 * HOUR, choices={at: None})
    agree(database)
    states = [one.state for one in members(database, after.key)]
    assert states == ["planned", "planned", "cancelled", "planned"]
    with pytest.raises(Stale):
        database.write_now(
            lambda db: change_series(
                db, made.key, wish(), scope="all", since=None, version=1, now=NOW, rules=RULES, **ACT
            )
        )


def test_cancelling_this_and_the_following_ends_the_entry_and_all_of_it_cancels_it(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(5), {START + 4 * WEEK: None})
    assert database.write_now(called_off, made.key, "following", made.dates[2].key) == 2
    agree(database)
    assert [e[1:5] for e in editions(database)] == [(1, "REQUEST", 0, "booked"), (2, "REQUEST", 1, "changed")]
    database.write_now(back, made.dates[3].key)  # beyond the entry's end: one of its own
    agree(database)
    assert database.write_now(called_off, made.key, "all") == 3
    agree(database)
    assert [(e[2], e[4]) for e in editions(database)[3:]] == [("CANCEL", "cancelled")] * 2
    database.write_now(back, made.dates[0].key)
    agree(database)
    assert {one.state for one in members(database, made.key)} == {"planned", "cancelled"}


def test_what_was_left_out_is_put_back_and_a_date_is_added(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(), {START + WEEK: None})
    version = database.read_now(version_of, made.key)
    again = database.write_now(
        lambda db: put_back_date(db, made.key, START + WEEK, version=version, now=NOW, rules=RULES, **ACT)
    )
    agree(database)
    with pytest.raises(NotFound):
        database.write_now(
            lambda db: put_back_date(db, made.key, START + WEEK, version=again.version, now=NOW, rules=RULES, **ACT)
        )
    at = START + timedelta(days=2)

    def add(db: Session, starts: datetime, version: int) -> BookedSeries:
        series = find_series(db, made.key)
        assert series is not None
        booking = wish_at(series.wish, starts, series.minutes)
        return add_date(db, made.key, booking, version=version, now=NOW, rules=RULES, **ACT)

    extra = database.write_now(add, at, again.version)
    agree(database)
    dates = members(database, made.key)
    assert [one.starts for one in dates] == [START, at, START + WEEK, START + 2 * WEEK, START + 3 * WEEK]
    assert dates[1].original_starts is None
    assert dates[1].uid != dates[0].uid
    with pytest.raises(RoomTaken):
        database.write_now(add, START + HOUR, extra.version)
    view = database.read_now(read_series, made.key)
    assert [one.original is None for one in view.dates] == [False, True, False, False, False]
    following = database.read_now(next_of, made.key, START + timedelta(days=1))
    assert following is not None
    assert following.key == dates[1].key


def test_a_cancelled_date_whose_place_is_gone_is_not_put_back(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(cancelled, made.dates[1].key)
    database.write_now(single, wish(starts=START + WEEK, ends=START + WEEK + HOUR))
    with pytest.raises(RoomTaken):
        database.write_now(back, made.dates[1].key)
    with pytest.raises(WrongMove):
        database.write_now(back, made.dates[0].key)
    with pytest.raises(Invalid):
        database.write_now(back, made.dates[1].key, now=START + 2 * WEEK)


def test_two_sessions_of_one_day_are_told_apart(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, sessions(START, START + 5 * HOUR))
    database.write_now(changed, made.key, title="Tập huấn cả ngày")
    agree(database)
    assert [one.starts for one in members(database, made.key)] == [START, START + 5 * HOUR]


def test_a_list_keeps_its_times_its_leader_and_is_never_split(database: Database) -> None:
    offices(database)
    days = [START + timedelta(days=n) for n in (0, 1, 3)]
    made = database.write_now(booked, sessions(*days))
    after = database.write_now(changed, made.key, "following", made.dates[1].key, title="Tập huấn, phần hai")
    agree(database)
    assert after.key == made.key
    dates = members(database, made.key)
    assert [one.title for one in dates] == ["Tập huấn an toàn thông tin", "Tập huấn, phần hai", "Tập huấn, phần hai"]
    with pytest.raises(Invalid) as refusal:
        database.write_now(changed, made.key, later=HOUR)
    assert [e.code for e in refusal.value.errors] == ["list_times"]
    version = database.read_now(version_of, made.key)
    more = START + timedelta(days=4)
    database.write_now(
        lambda db: add_date(
            db, made.key, wish(starts=more, ends=more + HOUR), version=version, now=NOW, rules=RULES, **ACT
        )
    )
    assert {one.counted_with for one in members(database, made.key)} == {dates[0].id}
    assert database.write_now(called_off, made.key) == 4
    agree(database)
