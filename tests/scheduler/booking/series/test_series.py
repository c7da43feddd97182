"""Series: every date looked at when it is booked, all or nothing, one calendar entry and one letter for many dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from rooms.models import Change
from scheduler.booking.book import book
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.place.capacity import BridgeLimit
from scheduler.booking.series.book import BookedSeries, book_series, check_series
from scheduler.booking.series.letters import rule_dates
from scheduler.booking.series.queries import find_series, list_members, list_skips
from scheduler.booking.series.wish import Choices, SeriesFindings, SeriesWish
from scheduler.errors import SeriesBlocked
from scheduler.models import CalendarItem, Conference, Edition, Effect, Reservation, Series
from scheduler.rulebook import RuleBook, RuleRow
from scheduler.work_calendar import SpecialDay, WorkCalendar
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


def weekly(count: int = 4, **changes: Any) -> SeriesWish:
    """A briefing every Tuesday."""
    return SeriesWish(wish(kind="briefing", title="Giao ban tuần", **changes), rule=f"FREQ=WEEKLY;COUNT={count}")


def sessions(*starts: datetime, **changes: Any) -> SeriesWish:
    """A training that counts once."""
    return SeriesWish(wish(**changes), "once", sessions=tuple((at, at + 2 * HOUR) for at in starts))


def booked(db: Session, /, series: SeriesWish, choices: Choices | None = None, rules: Rules = RULES) -> BookedSeries:
    return book_series(db, series, choices, actor="account:1", now=NOW, rules=rules)


def checked(db: Session, /, series: SeriesWish, choices: Choices | None = None, rules: Rules = RULES) -> SeriesFindings:
    return check_series(db, series, choices, now=NOW, rules=rules)


def single(db: Session, /, booking: Booking) -> None:
    book(db, booking, actor="account:1", now=NOW, rules=RULES)


def members(database: Database, key: str) -> list[Conference]:
    def work(db: Session) -> list[Conference]:
        series = find_series(db, key)
        assert series is not None
        return list(list_members(db, series.id))

    return database.read_now(work)


def letters(database: Database) -> list[Effect]:
    query = select(Effect).where(Effect.kind == "letter", Effect.state == "owed").order_by(Effect.id)
    return database.read_now(lambda db: list(db.scalars(query)))


def test_each_date_is_a_conference_and_all_share_one_entry_and_letter(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    dates = members(database, made.key)
    assert [one.starts for one in dates] == [START + n * WEEK for n in range(4)]
    assert [one.original_starts for one in dates] == [one.recurrence_id for one in dates]
    assert len({one.key for one in dates}) == 4
    assert {one.state for one in dates} == {"planned"}
    assert [one.counted_with for one in dates] == [one.id for one in dates]
    assert not any(one.altered for one in dates)
    uid = {one.uid for one in dates}
    assert len(uid) == 1
    assert {effect.payload["mail"] for effect in letters(database)} == {f"u{n}@hop.example" for n in (2, 11, 12, 13)}
    assert len(letters(database)) == 4
    (edition,) = database.read_now(lambda db: list(db.scalars(select(Edition))))
    assert (edition.uid, edition.number, edition.sequence, edition.method) == (*uid, 1, 0, "REQUEST")
    content = edition.content
    assert (content["rule"], content["exdates"], content["overrides"]) == ("FREQ=WEEKLY;COUNT=4", [], [])
    assert content["key"] == made.key
    held = database.read_now(lambda db: db.scalar(select(func.count()).where(Reservation.room_id.is_not(None))))
    assert held == 16
    acts = database.read_now(lambda db: list(db.scalars(select(Change.act).where(Change.subject_kind == "series"))))
    assert acts == ["booked"]


def test_each_date_is_looked_at_and_other_times_of_its_day_are_offered(database: Database) -> None:
    offices(database)
    database.write_now(single, wish(starts=START + WEEK, ends=START + WEEK + 2 * HOUR, room_ids=(11, 14)))
    found = database.read_now(checked, weekly())
    assert [date.fits for date in found.dates] == [True, False, True, True]
    assert not found.ok
    assert found.fitting == 3
    blocked = found.dates[1]
    assert [(t.room_id, t.unit) for t in blocked.taken] == [(11, "Sở TT&TT")]
    assert blocked.times
    assert {free.starts.date() for free in blocked.times} == {(START + WEEK).date()}
    unconfirmed = database.read_now(checked, weekly(no_secrets=False))
    assert unconfirmed.dates[1].times == blocked.times
    with pytest.raises(SeriesBlocked) as refusal:
        database.write_now(booked, weekly())
    (date,) = refusal.value.data["dates"]
    assert date["original"] == (START + WEEK).isoformat()
    assert date["taken"][0]["unit"] == "Sở TT&TT"
    assert "room_id" not in date["taken"][0]
    assert database.read_now(lambda db: db.scalar(select(func.count()).select_from(Conference))) == 1
    moved = blocked.times[0].starts
    choices = {START + WEEK: moved, START + 2 * WEEK: None}
    after = database.read_now(checked, weekly(), choices)
    assert after.ok
    assert after.dates[2].left_out
    made = database.write_now(booked, weekly(), choices)
    dates = members(database, made.key)
    assert [one.starts for one in dates] == [START, moved, START + 3 * WEEK]
    assert [one.altered for one in dates] == [False, True, False]
    skips = database.read_now(lambda db: list_skips(db, made.id))
    assert skips == [START + 2 * WEEK]
    content = database.read_now(lambda db: list(db.scalars(select(Edition).order_by(Edition.id))))[-1].content
    assert content["exdates"] == [(START + 2 * WEEK).isoformat()]
    (override,) = content["overrides"]
    assert (override["recurrence_id"], override["starts"]) == ((START + WEEK).isoformat(), moved.isoformat())


def test_a_race_past_the_check_writes_nothing(database: Database) -> None:
    offices(database)
    findings = database.read_now(checked, weekly())
    assert findings.ok
    database.write_now(single, wish(starts=START + 2 * WEEK, ends=START + 2 * WEEK + HOUR))
    with pytest.raises(SeriesBlocked):
        database.write_now(booked, weekly())
    assert database.read_now(lambda db: db.scalar(select(func.count()).select_from(Series))) == 0


def test_what_is_wrong_with_all_dates_is_said_once(database: Database) -> None:
    offices(database)
    found = database.read_now(checked, weekly(note="x", no_secrets=False))
    assert {(error.field, error.code) for error in found.errors} == {("no_secrets", "required")}
    far = database.read_now(checked, SeriesWish(wish(), rule="FREQ=MONTHLY;COUNT=20"))
    assert [e.code for e in far.dates[-1].errors] == ["too_far_ahead"]
    assert far.dates[0].fits


def test_a_holiday_is_pointed_out_and_may_be_left_out(database: Database) -> None:
    offices(database)
    day = (START + WEEK).date()
    calendar = WorkCalendar({day: SpecialDay(day, False, "Nghỉ lễ", "Holiday")})
    found = database.read_now(checked, weekly(), None, replace(RULES, calendar=calendar))
    warning = next(w for w in found.dates[1].warnings if w.code == "day_off")
    assert (warning.data["name_vi"], warning.data["day"]) == ("Nghỉ lễ", day.isoformat())
    assert found.dates[1].fits
    assert not [w for date in found.dates[2:] for w in date.warnings if w.code == "day_off"]


def test_sessions_that_count_once_have_one_leader_and_an_entry_each(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, sessions(START, START + timedelta(days=1), START + timedelta(days=3)))
    dates = members(database, made.key)
    assert {one.counted_with for one in dates} == {dates[0].id}
    assert len({one.uid for one in dates}) == 3
    assert {one.recurrence_id for one in dates} == {None}
    contents = database.read_now(lambda db: {e.uid: e.content for e in db.scalars(select(Edition))})
    assert contents[dates[0].uid or ""].get("related_to") is None
    assert {contents[one.uid or ""]["related_to"] for one in dates[1:]} == {dates[0].uid}
    assert len(letters(database)) == 12
    series = database.read_now(lambda db: find_series(db, made.key))
    assert series is not None
    assert (series.counts, series.rule, series.uid) == ("once", None, None)


def test_sessions_of_one_series_stand_in_each_others_way(database: Database) -> None:
    offices(database)
    with pytest.raises(SeriesBlocked) as refusal:
        database.write_now(booked, sessions(START, START + HOUR))
    assert {t.room_id for t in refusal.value.findings[0].taken} == {2, 11, 12, 13}
    few = replace(RULES, bridge_limits={1: BridgeLimit(seats=6)})  # four sites each; openings overlap, rooms do not
    with pytest.raises(SeriesBlocked) as full:
        database.write_now(booked, sessions(START, START + timedelta(hours=2, minutes=30)), None, few)
    assert full.value.data["dates"][0]["full"][0]["what"] == "bridge"


@pytest.mark.parametrize(
    ("series", "choices", "field", "code"),
    [
        (replace(weekly(), counts="once"), {}, "counts", "once_is_a_list"),
        (replace(weekly(), rule="FREQ=YEARLY;COUNT=2"), {}, "rule", "rule_part"),
        (replace(weekly(), rule="FREQ=WEEKLY;COUNT=2;BYDAY=MO"), {}, "rule", "rule_start"),
        (replace(weekly(), rule=None), {}, "sessions", "required"),
        (sessions(START, START), {}, "sessions", "duplicate"),
        (weekly(ends=START), {}, "ends", "before_start"),
        (weekly(), {START + HOUR: None}, "choices", "no_such_date"),
        (weekly(2), {START: None, START + WEEK: None}, "choices", "none_left"),
    ],
)
def test_a_wish_without_dates_is_refused(
    database: Database, series: SeriesWish, choices: Choices, field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        database.write_now(booked, series, choices)
    assert [(e.field, e.code) for e in refusal.value.errors] == [(field, code)]


def test_the_rule_is_kept_in_one_form(database: Database) -> None:
    offices(database)
    until = (START + 3 * WEEK).strftime("%Y%m%d")
    made = database.write_now(booked, replace(weekly(), rule=f"UNTIL={until};BYDAY=TU;FREQ=WEEKLY"))
    series = database.read_now(lambda db: find_series(db, made.key))
    assert series is not None
    assert series.rule == f"FREQ=WEEKLY;UNTIL={until}T165959Z;BYDAY=TU"
    assert rule_dates(series) == [one.original_starts for one in members(database, made.key)]
    assert database.read_now(lambda db: db.scalar(select(func.count()).select_from(CalendarItem))) == 1


def test_more_rooms_and_dates_than_the_lock_table_bears(database: Database) -> None:
    offices(database, 8)
    made = database.write_now(booked, weekly(30, room_ids=(2, *range(11, 19))))  # 270 room keys: the gate
    assert len(made.dates) == 30


def test_the_dates_of_a_series_count_towards_the_hosts_limit(database: Database) -> None:
    offices(database)
    row = RuleRow(1, "quota_count_week", None, None, "2", "", date(2020, 1, 1), None)
    rules = replace(RULES, book=RuleBook([row]))
    found = database.read_now(checked, replace(weekly(), rule="FREQ=DAILY;COUNT=8"), None, rules)
    assert [date.fits for date in found.dates] == [True, True, *[False] * 4, True, True]  # Tuesday on, Monday again
    assert [e.code for e in found.dates[2].errors] == ["over_quota_count_week"]
