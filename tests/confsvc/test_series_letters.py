"""What a series puts into people's calendars: linted, read back by a library, and the same dates that are booked."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.effects import Sender, write_letter
from confsvc.i18n import translations
from confsvc.series_words import PHRASES, rule_words
from confsvc.translate import EditionRow, invitations
from integrations.calendar.ics import render
from integrations.calendar.lint import lint
from scheduler.booking.booking import GuestWish
from scheduler.booking.series.recurrence import parse_rule
from scheduler.local_time import LOCAL
from scheduler.models import Edition, Effect
from tests.scheduler.booking.offices import START, offices
from tests.scheduler.booking.series.test_series import HOUR, WEEK, booked, sessions, weekly
from tests.scheduler.booking.series.test_series_edit import alone, back, called_off, cancelled, changed

SENDER = Sender("hop@hop.example", "Họp trực tuyến", "hop.example", "https://hop.example")
GUEST = GuestWish("Bà C", "c@x.vn", "en")


def _letters(db: Session) -> list[tuple[EditionRow, dict[str, Any]]]:
    rows = {row.id: row for row in db.scalars(select(Edition))}
    found = []
    for effect in db.scalars(select(Effect).where(Effect.kind == "letter").order_by(Effect.id)):
        row = rows[effect.payload["edition"]]
        found.append((EditionRow(row.id, row.uid, row.method, row.sequence, row.dtstamp, row.content), effect.payload))
    return found


def calendars(database: Database, mail: str) -> list[Calendar]:
    """Every calendar object that went to an address, linted one after the other as its client gets them."""
    found: list[Calendar] = []
    previous: dict[str, tuple[int, str]] = {}
    for edition, payload in database.read_now(_letters):
        if payload["mail"] != mail:
            continue
        entries = invitations(edition, payload, organizer_mail=SENDER.mail, public_url=SENDER.public_url)
        ics = render(*entries)
        assert lint(ics, method=edition.method, recipient=mail, previous=previous.get(edition.uid)) == []
        previous[edition.uid] = (edition.sequence, edition.dtstamp.strftime("%Y%m%dT%H%M%SZ"))
        calendar = Calendar.from_ical(ics)
        assert not [error for event in calendar.walk("VEVENT") for error in event.errors]
        assert write_letter(edition, payload, SENDER, None).content
        found.append(calendar)
    return found


def local(at: datetime) -> datetime:
    return at.astimezone(LOCAL).replace(tzinfo=None)


def starts(event: Any) -> datetime:
    return event["dtstart"].dt.replace(tzinfo=None)  # type: ignore[no-any-return]


def events(calendar: Calendar) -> list[Any]:
    return list(calendar.walk("VEVENT"))


def test_one_letter_holds_rule_left_out_and_moved_dates(database: Database) -> None:
    offices(database)
    database.write_now(booked, weekly(guests=(GUEST,)), {START + WEEK: START + WEEK + HOUR, START + 2 * WEEK: None})
    for mail in ("u11@hop.example", "c@x.vn"):
        (calendar,) = calendars(database, mail)
        master, date = events(calendar)
        assert master["rrule"].to_ical() == b"FREQ=WEEKLY;COUNT=4"
        assert [one.dt.replace(tzinfo=None) for one in master["exdate"].dts] == [local(START + 2 * WEEK)]
        assert starts(master) == local(START)
        assert date["recurrence-id"].dt.replace(tzinfo=None) == local(START + WEEK)
        assert starts(date) == local(START + WEEK + HOUR)
        assert master["uid"] == date["uid"]
        assert str(master["url"]) != str(date["url"])


def test_one_date_is_told_by_itself_and_by_name(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(alone, made.dates[1].key, HOUR)
    database.write_now(cancelled, made.dates[2].key)
    database.write_now(back, made.dates[2].key)
    first, moved, off, again = calendars(database, "u2@hop.example")
    assert len(events(first)) == 1
    for calendar, n, method in ((moved, 1, "REQUEST"), (off, 2, "CANCEL"), (again, 2, "REQUEST")):
        (event,) = events(calendar)
        assert calendar["method"] == method
        assert "rrule" not in event
        assert event["recurrence-id"].dt.replace(tzinfo=None) == local(START + n * WEEK)


def test_somebody_of_one_date_only_gets_this_and_others_have_none_on_that_day(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(alone, made.dates[1].key, room_ids=(2, 11, 14))  # unit 14 instead of 12 and 13
    database.write_now(changed, made.key, title="Giao ban mới")
    *_, calendar = calendars(database, "u14@hop.example")
    (event,) = events(calendar)
    assert ("rrule" in event, starts(event)) == (False, local(START + WEEK))
    *_, removed, calendar = calendars(database, "u12@hop.example")
    assert (removed["method"], events(removed)[0].get("status")) == ("CANCEL", None)
    (event,) = events(calendar)
    assert [one.dt.replace(tzinfo=None) for one in event["exdate"].dts] == [local(START + WEEK)]


def test_a_split_ends_one_entry_and_begins_another(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(5))
    database.write_now(changed, made.key, "following", made.dates[3].key, later=HOUR)
    first, ended, second = calendars(database, "u13@hop.example")
    until = events(ended)[0]["rrule"]["UNTIL"][0]
    assert until == START + 2 * WEEK
    assert events(ended)[0]["uid"] == events(first)[0]["uid"] == str(events(second)[0]["related-to"])
    assert starts(events(second)[0]) == local(START + 3 * WEEK + HOUR)
    database.write_now(called_off, made.key)
    *_, last = calendars(database, "u13@hop.example")
    assert (last["method"], "rrule" in events(last)[0]) == ("CANCEL", False)


def test_sessions_have_an_entry_each_that_names_the_first(database: Database) -> None:
    offices(database)
    database.write_now(booked, sessions(START, START + timedelta(days=1)))
    first, second = calendars(database, "u2@hop.example")
    assert str(events(second)[0]["related-to"]) == str(events(first)[0]["uid"])


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_letter_says_in_words_when(database: Database, language: str) -> None:
    offices(database)
    guest = GuestWish("C", "c@x.vn", language)
    wished = weekly(guests=(guest,))
    database.write_now(booked, wished, {START + WEEK: START + WEEK + HOUR, START + 2 * WEEK: None})
    (said,) = [
        write_letter(edition, payload, SENDER, None).content
        for edition, payload in database.read_now(_letters)
        if payload["mail"] == "c@x.vn"
    ]
    plain = next(p for p in message_from_bytes(said).walk() if p.get_content_type() == "text/plain")
    text = plain.get_payload(decode=True).decode()  # type: ignore[union-attr]
    words = {"vi": "hằng tuần, 4 lần", "en": "every week, 4 times"}[language]
    assert f"08:00 - 10:00, {words} (01/12/2026)" in text
    assert "15/12/2026" in text
    assert "08/12/2026 → 09:00 08/12/2026" in text


def test_rules_in_words() -> None:
    monthly = parse_rule("FREQ=MONTHLY;INTERVAL=2;UNTIL=20271231;BYDAY=1MO,-1FR")
    assert rule_words(monthly, "en") == "every 2 months on the first Monday and the last Friday, until 31/12/2027"
    assert (
        rule_words(parse_rule("FREQ=WEEKLY;COUNT=12;BYDAY=MO,TH"), "vi") == "hằng tuần vào Thứ Hai và Thứ Năm, 12 lần"
    )
    days = rule_words(parse_rule("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=15,-1,-3"), "en")
    assert days == "every month on day 15, the last day and day 3 from the end, 3 times"
    position = rule_words(parse_rule("FREQ=MONTHLY;COUNT=3;BYDAY=MO,TU;BYSETPOS=-1"), "en")
    assert position == "every month on number 1 from the end of Monday and Tuesday, 3 times"
    vietnamese = translations("vi")
    assert [phrase for phrase in PHRASES if vietnamese.gettext(phrase) == phrase] == []
