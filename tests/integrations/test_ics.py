"""Invitations: the reference text byte for byte, round trips for any input, and the lint that finds each mistake."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from integrations.calendar.ics import Attendee, Invitation, Organizer, render
from integrations.calendar.lint import lint
from tests.fakes.libical import complaints, find_library

AT = datetime(2026, 9, 1, 2, 3, 4, tzinfo=UTC)
LIBICAL = find_library()

REQUEST = Invitation(
    uid="5b0c0c0e-6f0f-4d0e-9a57-0b2f3d1b7a55@hop.example",
    sequence=0,
    dtstamp=AT,
    method="REQUEST",
    starts=datetime(2026, 9, 7, 1, 0, tzinfo=UTC),
    ends=datetime(2026, 9, 7, 2, 30, tzinfo=UTC),
    summary="Họp giao ban tuần, tỉnh - huyện",
    url="https://hop.example/j/x7k2m9qd",
    description="Vào họp: https://hop.example/j/x7k2m9qd\nChủ trì: ông A",
    created=AT,
    alarm_minutes=15,
    organizer=Organizer("hop@hop.example", "Sở Nội vụ - Họp trực tuyến"),
    attendees=(
        Attendee("a@so.example", "Nguyễn Văn A", "CHAIR", partstat="ACCEPTED"),
        Attendee("b@huyen.example", "Trần B"),
        Attendee("room-lucngan@hop.example", "Phòng họp Lục Ngạn", "NON-PARTICIPANT", "ROOM", "ACCEPTED"),
    ),
)
CANCEL = replace(REQUEST, method="CANCEL", status="CANCELLED", sequence=1, alarm_minutes=None)
UNINVITE = replace(CANCEL, status=None, attendees=REQUEST.attendees[1:2])

REFERENCE = """\
BEGIN:VCALENDAR
PRODID:-//bacgiang//confsvc 1.0//VI
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Asia/Ho_Chi_Minh
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0700
TZOFFSETTO:+0700
TZNAME:+07
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:5b0c0c0e-6f0f-4d0e-9a57-0b2f3d1b7a55@hop.example
SEQUENCE:0
DTSTAMP:20260901T020304Z
CREATED:20260901T020304Z
LAST-MODIFIED:20260901T020304Z
DTSTART;TZID=Asia/Ho_Chi_Minh:20260907T080000
DTEND;TZID=Asia/Ho_Chi_Minh:20260907T093000
SUMMARY:Họp giao ban tuần\\, tỉnh - huyện
LOCATION:https://hop.example/j/x7k2m9qd
URL:https://hop.example/j/x7k2m9qd
CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=Vào phòng họp:https://hop.example/j/x7k2m9qd
DESCRIPTION:Vào họp: https://hop.example/j/x7k2m9qd\\nChủ trì: ông A
ORGANIZER;CN="Sở Nội vụ - Họp trực tuyến":mailto:hop@hop.example
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=CHAIR;PARTSTAT=ACCEPTED;RSVP=FALSE;CN="Nguyễn Văn A":mailto:a@so.example
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN="Trần B":mailto:b@huyen.example
ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE;CN="Phòng họp Lục Ngạn":mailto:room-lucngan@hop.example
STATUS:CONFIRMED
TRANSP:OPAQUE
CLASS:PUBLIC
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-DISALLOW-COUNTER:TRUE
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Họp giao ban tuần\\, tỉnh - huyện
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
"""  # noqa: E501


def unfolded(ics: bytes) -> str:
    return ics.replace(b"\r\n ", b"").decode()


def test_the_reference_text() -> None:
    assert unfolded(render(REQUEST)).replace("\r\n", "\n").splitlines() == REFERENCE.splitlines()


def test_a_cancellation_has_no_alarm_no_way_in_and_says_so() -> None:
    text = unfolded(render(CANCEL))
    assert "STATUS:CANCELLED" in text
    assert "SEQUENCE:1" in text
    assert not any(word in text for word in ("VALARM", "CONFERENCE", "\r\nURL", "X-MICROSOFT"))
    assert "STATUS" not in unfolded(render(UNINVITE))


@pytest.mark.parametrize("invitation", [REQUEST, CANCEL, UNINVITE])
def test_clean_and_the_same_again(invitation: Invitation) -> None:
    ics = render(invitation)
    assert lint(ics, method=invitation.method, recipient="b@huyen.example") == []
    assert render(replace(invitation)) == ics


@pytest.mark.skipif(LIBICAL is None, reason="libical is not on this machine")
@pytest.mark.parametrize("invitation", [REQUEST, CANCEL, UNINVITE])
def test_libical_finds_nothing(invitation: Invitation) -> None:
    assert LIBICAL is not None
    assert complaints(LIBICAL, render(invitation)) == []


words = st.text(max_size=60)
spans = st.tuples(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(1, 60 * 60 * 24))  # noqa: DTZ001


@given(
    summary=words,
    description=words,
    cn=words,
    place=st.none() | words,
    span=spans,
    sequence=st.integers(0, 999),
    minutes=st.none() | st.integers(0, 600),
    answer=st.sampled_from(["NEEDS-ACTION", "ACCEPTED", "DECLINED"]),
)
def test_any_words_come_back_through_a_reader_and_pass_the_lint(
    summary: str,
    description: str,
    cn: str,
    place: str | None,
    span: tuple[datetime, int],
    sequence: int,
    minutes: int | None,
    answer: Any,
) -> None:
    starts = span[0].replace(tzinfo=UTC, microsecond=0)
    ends = starts + timedelta(seconds=span[1])
    ics = render(
        replace(
            REQUEST,
            summary=summary,
            description=description,
            location=place,
            starts=starts,
            ends=ends,
            sequence=sequence,
            alarm_minutes=minutes,
            organizer=Organizer("HOP@hop.example", cn),
            attendees=(Attendee("B@Huyen.example", cn, partstat=answer),),
        )
    )
    assert lint(ics, method="REQUEST", recipient="b@huyen.example") == []
    (event,) = Calendar.from_ical(ics).walk("VEVENT")
    assert event.errors == []
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (starts, ends)
    assert int(event["SEQUENCE"]) == sequence
    assert str(event["ATTENDEE"]) == "mailto:b@huyen.example"
    assert str(event["ORGANIZER"]) == "mailto:hop@hop.example"
    assert set(str(event["SUMMARY"])) <= set(summary) | {" "}
    if summary.isprintable():
        assert str(event["SUMMARY"]) == summary.strip()
    shown = str(event["ATTENDEE"].params.get("CN", ""))
    assert not set(shown) & set('"^\\\r\n')
    if cn.isprintable():
        assert shown == re.sub(r'["^\\]', "", cn).strip()
    assert len(event.walk("VALARM")) == (minutes is not None)


@pytest.mark.parametrize(
    "change",
    [
        {"uid": "a b@c"},
        {"uid": "x"},
        {"sequence": -1},
        {"dtstamp": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"ends": REQUEST.starts},
        {"attendees": ()},
        {"attendees": REQUEST.attendees[:1] * 2},
        {"url": "javascript:x"},
        {"url": "https://a/\r\nX:y"},
        {"attendees": (Attendee("a@b\r\nATTENDEE:mailto:x@y", "x"),)},
        {"attendees": (Attendee("độ@b.c", "x"),)},
        {"organizer": Organizer("a", "x")},
        {"status": "CANCELLED"},
        {"status": None},
        {"method": "CANCEL"},
        {"method": "CANCEL", "status": None, "alarm_minutes": None},
        {"method": "CANCEL", "status": "CANCELLED"},
    ],
)
def test_what_calendars_refuse_cannot_be_made(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        replace(REQUEST, **change)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("\r\n", "\n", "CRLF"),
        ("END:VCALENDAR\r\n", "END:VCALENDAR\r\n\r\n", "one CRLF"),
        ("SUMMARY:", "SUMMARY:" + "x" * 80, "75 octets"),
        ("SUMMARY:", "SUMMARY:\x07", "control character"),
        ("END:VCALENDAR", "END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR", "one VCALENDAR"),
        ("END:VALARM\r\n", "", "not open"),
        ("VERSION:2.0\r\n", "", "one VERSION"),
        ("METHOD:REQUEST", "METHOD:PUBLISH", "MIME parameter"),
        ("CLASS:", "X-WR-CALNAME:", "does not belong"),
        ("DTSTART;TZID=Asia/Ho_Chi_Minh", "DTSTART;TZID=Asia/Saigon", "not declared"),
        (";TZID=Asia/Ho_Chi_Minh", "", "not used"),
        (";TZID=Asia/Ho_Chi_Minh", "", "floats"),
        ("TZNAME:+07", "TZNAME:+07\r\nRDATE:19750101T000000", "RDATE"),
        ("UID:", "X-UID:", "one UID"),
        ("DTSTAMP:20260901T020304Z", "DTSTAMP:20260901T020304", "DTSTAMP is not in UTC"),
        ("SEQUENCE:0", "SEQUENCE:x", "number"),
        ("20260907T093000", "20260907T070000", "not after"),
        ("DTEND;", "X-END;", "missing"),
        ("CLASS:", "RRULE:FREQ=WEEKLY;UNTIL=20261228T080000;BYDAY=MO\r\nCLASS:", "UNTIL"),
        ("CLASS:", "RRULE:FREQ=WEEKLY;BYDAY=TU\r\nCLASS:", "occurrence"),
        ("CLASS:", "RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30\r\nCLASS:", "occurrence"),
        ("mailto:b@", "mailto:B@", "lower-case"),
        ('CN="Trần B"', "CN=Tr^'n", "a caret"),
        ("RSVP=TRUE;", "RSVP=FALSE;", "disagree"),
        ("PARTSTAT=ACCEPTED;RSVP=FALSE;", "", "is missing"),
        ("mailto:a@so", "mailto:b@huyen", "listed twice"),
        ("mailto:b@huyen", "mailto:c@huyen", "not an ATTENDEE"),
        ("mailto:hop@hop.example", "mailto:b@huyen.example", "is the ORGANIZER"),
        ("STATUS:CONFIRMED", "STATUS:CANCELLED", "REQUEST with STATUS"),
        ("END:VALARM", "END:VALARM\r\nBEGIN:VALARM\r\nEND:VALARM", "more than one VALARM"),
        ("METHOD:REQUEST", "METHOD:CANCEL", "VALARM in a CANCEL"),
        ("METHOD:REQUEST", "METHOD:CANCEL", "CANCEL with STATUS"),
        ("FEATURE=AUDIO,VIDEO", 'FEATURE="AUDIO,VIDEO"', "CONFERENCE"),
        (";VALUE=URI", "", "CONFERENCE"),
        ("CLASS:", "REFRESH-INTERVAL:PT1H\r\nCLASS:", "REFRESH-INTERVAL"),
    ],
)
def test_the_lint_finds(old: str, new: str, found: str) -> None:
    good = unfolded(render(REQUEST))
    assert old in good
    wrong = lint(good.replace(old, new).encode(), method="REQUEST", recipient="b@huyen.example")
    assert any(found in complaint for complaint in wrong), wrong


def test_the_lint_finds_what_needs_another_message() -> None:
    ics = render(CANCEL)
    assert lint(ics, previous=(1, "20260901T020303Z")) == []
    assert lint(ics, previous=(2, "20260901T020303Z")) == ["SEQUENCE went back"]
    assert lint(ics, previous=(1, "20260901T020304Z")) == ["DTSTAMP did not grow"]
    text = unfolded(render(CANCEL))
    assert any("exactly one ATTENDEE" in one for one in lint(text.replace("STATUS:CANCELLED\r\n", "").encode()))
    assert any("RRULE" in one for one in lint(text.replace("STATUS:", "RRULE:FREQ=DAILY\r\nSTATUS:").encode()))
    assert "not UTF-8" in lint(b"BEGIN:VCALENDAR\r\nX:\xff\r\nEND:VCALENDAR\r\n")
    assert any("occurrence" in one for one in lint(ics.replace(b"STATUS:", b"RRULE:FREQ=WEEKLY;INTERVAL=0\r\nSTATUS:")))
    weekly = text.replace("CANCEL", "REQUEST", 1).replace(
        "STATUS:CANCELLED", "RRULE:FREQ=WEEKLY;UNTIL=20261228T010000Z;BYDAY=MO\r\nSTATUS:CONFIRMED"
    )
    assert not any("RRULE" in one or "UNTIL" in one for one in lint(weekly.encode()))


def test_the_lint_knows_the_dates_of_a_series() -> None:
    at = REQUEST.starts + timedelta(days=7)
    series = replace(REQUEST, rule="FREQ=WEEKLY;COUNT=4", exdates=(at + timedelta(days=7),))
    date = replace(REQUEST, recurrence_id=at, starts=at + timedelta(hours=1), ends=at + timedelta(hours=2))
    good = render(series, date).decode()
    assert lint(good.encode()) == []
    if LIBICAL is not None:
        cancelled = replace(CANCEL, recurrence_id=at, starts=at, ends=at + timedelta(hours=1))
        assert [complaints(LIBICAL, ics) for ics in (good.encode(), render(cancelled))] == [[], []]
    for wrong, said in (
        (
            good.replace("RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh", "RECURRENCE-ID"),
            "RECURRENCE-ID without the TZID of DTSTART",
        ),
        (good.replace("EXDATE;TZID=Asia/Ho_Chi_Minh", "EXDATE"), "EXDATE without the TZID of DTSTART"),
        (good.replace("RRULE:FREQ=WEEKLY;COUNT=4\r\n", ""), "EXDATE without RRULE"),
        (re.sub("RECURRENCE-ID[^\r]*\r\n", "", good), "more than one VEVENT without RECURRENCE-ID"),
        (good.replace("COUNT=4", "COUNT=4;BYDAY=SU"), "DTSTART is not an occurrence of its RRULE"),
        (good.replace(f"UID:{REQUEST.uid}", "UID:other@hop.example", 1), "several UIDs in one message"),
    ):
        assert said in lint(wrong.encode()), said
    with pytest.raises(ValueError, match="one entry"):
        render(series, replace(date, uid="other@hop.example"))
    with pytest.raises(ValueError, match="does not repeat"):
        replace(series, recurrence_id=at)
