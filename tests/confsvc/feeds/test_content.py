"""What feeds say: the rows as they are, with the mails' UID and SEQUENCE, a series as one entry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.feeds import store
from confsvc.feeds.scope import Scope, window
from confsvc.feeds.store import Made
from integrations.calendar.lint import lint
from scheduler.booking.book import book
from scheduler.booking.edit import cancel
from scheduler.booking.series.recurrence import expand, parse_rule
from scheduler.models import Conference, Edition
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.series.test_series import HOUR, WEEK, booked, weekly
from tests.scheduler.booking.series.test_series_edit import alone, back, called_off, cancelled, changed

WHO: dict[str, Any] = {"actor": "account:1", "now": NOW}
MADE = Made("Lịch họp", "https://hop.example", "hop.example")
HOST, DISTRICT, ROOM = Scope("unit", 2), Scope("unit", 11), Scope("room", 12)


def plain(db: Session, scope: Scope, now: datetime = NOW) -> bytes:
    """A feed from nothing."""
    body, _ = store.current(db, scope, "ics", MADE, None, now=now)
    return body.plain


def events(body: bytes) -> list[Any]:
    assert lint(body, feed=True) == []
    return list(Calendar.from_ical(body).walk("VEVENT"))


def instants(body: bytes) -> list[datetime]:
    """When something begins, as another library reads it."""
    found = []
    for event in events(body):
        if event["status"] == "CANCELLED":
            continue
        if "rrule" not in event:
            found.append(event.start)
            continue
        gone = {at.dt for at in event["exdate"].dts} if "exdate" in event else set()
        apart = {e["recurrence-id"].dt for e in events(body) if e["uid"] == event["uid"] and "recurrence-id" in e}
        dates = expand(parse_rule(event["rrule"].to_ical().decode()), event.start)
        found += [at for at in dates if at not in gone | apart]
    return sorted(at.astimezone(UTC) for at in found)


def test_a_conference_is_told_with_the_sequence_of_its_mails(database: Database) -> None:
    offices(database)
    made = database.write_now(book, wish(note="Mang theo máy; nhớ, đúng giờ"), rules=RULES, **WHO)
    (event,) = events(database.read_now(plain, HOST))
    edition = database.read_now(lambda db: db.scalars(select(Edition)).one())
    assert (event["uid"], event["sequence"]) == (edition.uid, edition.sequence)
    assert (event.start, event.end) == (START, START + timedelta(hours=2))
    assert event["summary"] == "Tập huấn an toàn thông tin"
    assert "Mang theo máy; nhớ, đúng giờ" in event["description"]
    assert event["location"] == event["url"] == f"https://hop.example/j/{made.key}"
    assert "ATTENDEE" not in event
    assert not event.walk("VALARM")
    assert events(database.read_now(plain, DISTRICT))
    assert events(database.read_now(plain, ROOM))
    assert not events(database.read_now(plain, Scope("room", 20)))
    assert events(database.read_now(plain, Scope("account", 9, "u13@hop.example")))
    assert not events(database.read_now(plain, Scope("account", 9, "u19@hop.example")))
    assert events(database.read_now(plain, Scope("account", 1)))


def test_drafts_and_what_was_cancelled_unseen_are_not_told(database: Database) -> None:
    offices(database)
    made = database.write_now(book, wish(), rules=RULES, draft=True, **WHO)
    assert not events(database.read_now(plain, HOST))
    database.write_now(cancel, made.key, version=1, reason="Thôi", **WHO)
    assert not events(database.read_now(plain, HOST))


def test_what_was_cancelled_is_shown_so_for_thirty_days(database: Database) -> None:
    offices(database)
    far = START + timedelta(days=90)
    made = database.write_now(book, wish(starts=far, ends=far + HOUR), rules=RULES, **WHO)
    database.write_now(cancel, made.key, version=1, reason="Bận", **WHO)
    (event,) = events(database.read_now(plain, HOST))
    assert (event["status"], event["sequence"]) == ("CANCELLED", 1)
    assert events(database.read_now(plain, HOST, NOW + timedelta(days=29)))
    assert not events(database.read_now(plain, HOST, NOW + timedelta(days=32)))


def test_the_window_is_thirty_days_back_and_four_hundred_ahead(database: Database) -> None:
    offices(database)
    database.write_now(book, wish(), rules=RULES, **WHO)
    for days, seen in ((-400, False), (-392, True), (36, True), (38, False)):
        assert bool(events(database.read_now(plain, HOST, NOW + timedelta(days=days)))) is seen, days
    span = window(NOW)
    assert window(NOW + timedelta(hours=15)) == span
    assert window(NOW + timedelta(hours=17)) != span


def test_a_series_is_one_entry_with_the_dates_that_differ(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    (whole,) = events(database.read_now(plain, HOST))
    assert whole.start == START
    assert whole["rrule"].to_ical().decode().startswith("FREQ=WEEKLY")
    assert made.key in whole["url"]
    database.write_now(alone, made.dates[1].key, HOUR)
    database.write_now(cancelled, made.dates[2].key)
    found = events(database.read_now(plain, HOST))
    assert len({event["uid"] for event in found}) == 1
    master, moved = found
    assert [at.dt for at in master["exdate"].dts] == [START + 2 * WEEK]
    assert (moved["recurrence-id"].dt, moved.start) == (START + WEEK, START + WEEK + HOUR)
    assert (master["sequence"], moved["sequence"]) == (0, 1)
    database.write_now(back, made.dates[2].key)
    assert "exdate" not in events(database.read_now(plain, HOST))[0]


def test_whoever_is_not_at_every_date_reads_of_the_others_only(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(alone, made.dates[0].key, room_ids=(2, 11, 20))
    master, _ = events(database.read_now(plain, HOST))
    assert "exdate" not in master
    assert instants(database.read_now(plain, Scope("room", 20))) == [START]
    assert instants(database.read_now(plain, Scope("room", 12))) == [START + n * WEEK for n in (1, 2, 3)]


def test_a_series_that_is_off_is_shown_so(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(called_off, made.key)
    found = events(database.read_now(plain, HOST))
    assert {event["status"] for event in found} == {"CANCELLED"}
    assert len({(event["uid"], event.get("recurrence-id")) for event in found}) == len(found)


def test_a_split_series_is_two_entries(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    since = database.read_now(lambda db: db.scalars(select(Conference.key).order_by(Conference.starts)).all()[2])
    database.write_now(changed, made.key, "following", since, later=HOUR)
    found = events(database.read_now(plain, HOST))
    assert [event.start for event in found if "rrule" in event] == [START, START + 2 * WEEK + HOUR]


def test_the_same_rows_give_the_same_bytes(database: Database) -> None:
    offices(database)
    database.write_now(booked, weekly())
    first = database.read_now(plain, HOST)
    assert first == database.read_now(plain, HOST, NOW + timedelta(minutes=5))
    head = first.split(b"BEGIN:VTIMEZONE")[0].decode()
    for line in (
        "UID:unit-2@hop.example", "NAME:Lịch họp", "X-WR-CALNAME:Lịch họp",
        "X-WR-TIMEZONE:Asia/Ho_Chi_Minh", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
        "SOURCE;VALUE=URI:https://hop.example/feeds",
    ):  # fmt: skip
        assert f"\r\n{line}\r\n" in head
