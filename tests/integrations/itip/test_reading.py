"""Files that were made to hurt, and files that calendars get wrong: each is decided at once, with little memory."""

# ruff: noqa: E501 -- a table of attacks, one a line

from __future__ import annotations

import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.calendar.itip.apply import apply_incoming
from integrations.calendar.itip.event import Attendee, Entry, Event, Moment, Organizer
from integrations.calendar.itip.reading import Parsed, Unreadable, read

REPLY = """BEGIN:VCALENDAR
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:5b0c0c0e@hop.example
SEQUENCE:1
DTSTAMP:20260902T010203Z
ORGANIZER:mailto:hop@hop.example
ATTENDEE;PARTSTAT=ACCEPTED;CN=Trần Văn Bê:mailto:b@huyen.example
END:VEVENT
END:VCALENDAR
"""
BOMB = """BEGIN:VTIMEZONE
TZID:Bomb
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0800
TZOFFSETTO:+0700
RRULE:FREQ=HOURLY
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T003000
TZOFFSETFROM:+0700
TZOFFSETTO:+0800
RRULE:FREQ=HOURLY
END:DAYLIGHT
END:VTIMEZONE
"""
EVENT = Event(
    "5b0c0c0e@hop.example",
    Entry(
        Moment(datetime(2026, 9, 7, 8, 0), "Asia/Ho_Chi_Minh"),  # noqa: DTZ001
        Moment(datetime(2026, 9, 7, 9, 0), "Asia/Ho_Chi_Minh"),  # noqa: DTZ001
        1, organizer=Organizer("hop@hop.example"), attendees=(Attendee("b@huyen.example"),), rule="FREQ=WEEKLY;COUNT=5",
    ),
)  # fmt: skip


def with_lines(lines: str, text: str = REPLY) -> str:
    return text.replace("END:VEVENT", f"{lines}\nEND:VEVENT")


def decided(data: bytes) -> str:
    """The outcome or the refusal, in the bounds of time and memory."""
    tracemalloc.start()
    began = time.process_time()
    try:
        parsed = read(data)
        code: str = apply_incoming(EVENT, parsed, "b@huyen.example", now=datetime(2026, 9, 3, tzinfo=UTC)).code
    except Unreadable as problem:
        code = problem.reason
    finally:
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert time.process_time() - began < 2  # tracemalloc makes it some four times slower
    assert used < 40_000_000
    return code


BIG = 250_000
ATTACKS = {
    "bomb": (with_lines("DTSTART;TZID=Bomb:20260907T080000", REPLY).replace("BEGIN:VEVENT", BOMB + "BEGIN:VEVENT"), "applied"),
    "interval 0": (with_lines("RRULE:FREQ=DAILY;INTERVAL=0;UNTIL=20270101T000000Z"), "applied"),
    "30 February": (with_lines("RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"), "applied"),
    "many RDATE": (with_lines("RDATE:" + "20260907T010000Z," * 3000), "applied"),
    "20,000 nested components": ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 20_000, "nesting"),
    "nested as far as it goes": ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 9_000, "nesting"),
    "many components": ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * 4_000 + "END:VCALENDAR\n", "too_many_components"),
    "10,000 attendees": (with_lines("\n".join(f"ATTENDEE:mailto:p{n}@x.example" for n in range(10_000))), "too_large"),
    "attendees as far as it goes": (with_lines("\n".join(f"ATTENDEE:a{n}@x.e" for n in range(8_000))), "too_many_attendees"),
    "1 MB line": (with_lines("SUMMARY:" + "x" * 1_000_000), "too_large"),
    "a line as far as it goes": (with_lines("SUMMARY:" + "x" * BIG), "long_line"),
    "folded for ever": (with_lines("SUMMARY:x\n" + " x\n" * 80_000), "too_many_lines"),
    "a million line ends": (REPLY + "\n" * 200_000, "too_many_lines"),
    "parameters": (with_lines("X-A" + ";A=B" * 15_000 + ":x"), "applied"),
    "open quotes": (with_lines("X-A" + ';A="b' * 12_000 + ":x"), "applied"),
    "commas and quotes": (with_lines("ATTENDEE;MEMBER=" + ',"' * 30_000 + ":x@x.example"), "invalid"),
    "unquoted delegates": (with_lines("X-A;" + "SENT-BY=mailto:" * 4_000), "applied"),
    "carets": (with_lines("ATTENDEE;CN=" + "^n^" * 20_000 + ":mailto:b@huyen.example"), "invalid"),
    "escapes": (with_lines("COMMENT:" + "\\" * 60_000), "applied"),
    "mailto": (with_lines("ATTENDEE:" + "mailto:" * 9_000), "invalid"),
    "a zone of slashes": (with_lines("RECURRENCE-ID;TZID=" + "/a" * 30_000 + ":20260914T080000"), "applied"),
    "a zone that is a file": (with_lines("RECURRENCE-ID;TZID=../../../etc/passwd:20260914T080000"), "applied"),
    "two TZID": (with_lines("RECURRENCE-ID;TZID=Asia/Tokyo;TZID=Asia/Ho_Chi_Minh:20260914T080000"), "applied"),
    "two TZID in the zone": (REPLY.replace("BEGIN:VEVENT", BOMB.replace("TZID:Bomb", "TZID:A\nTZID:B") + "BEGIN:VEVENT"), "applied"),
    "DATE and DATE-TIME": (with_lines("DTSTART;VALUE=DATE:20260907\nDTEND:20260907T080000Z"), "property:DTEND"),
    "the year 9999": (with_lines("RECURRENCE-ID:99991231T235959Z"), "property:RECURRENCE-ID"),
    "the year 1": (with_lines("DTSTAMP:00010101T000000Z", REPLY.replace("DTSTAMP:20260902T010203Z\n", "")), "property:DTSTAMP"),
    "no such day": (with_lines("RECURRENCE-ID:20260230T000000Z"), "property:RECURRENCE-ID"),
    "a negative SEQUENCE": (REPLY.replace("SEQUENCE:1", "SEQUENCE:-1"), "property:SEQUENCE"),
    "a huge SEQUENCE": (REPLY.replace("SEQUENCE:1", "SEQUENCE:" + "9" * 60_000), "property:SEQUENCE"),
    "digits of other scripts": (REPLY.replace("SEQUENCE:1", "SEQUENCE:١"), "property:SEQUENCE"),
    "a long DURATION": (with_lines("DTSTART:20260907T080000Z\nDURATION:P" + "9" * 60_000 + "D"), "property:DURATION"),
    "truncated": (REPLY[:200], "truncated"),
    "ended wrongly": (REPLY.replace("END:VEVENT", "END:VTODO"), "nesting"),
    "two calendars": (REPLY + REPLY, "several_calendars"),
    "two UIDs": (REPLY.replace("END:VCALENDAR", "BEGIN:VEVENT\nUID:x\nEND:VEVENT\nEND:VCALENDAR"), "several_uids"),
    "no UID": (REPLY.replace("UID:5b0c0c0e@hop.example\n", ""), "no_uid"),
    "nothing": ("", "not_a_calendar"),
    "another thing": ("From: x\n\nHello", "not_a_calendar"),
    "no event": ("BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n", "no_event"),
    "equality that doubles": (with_lines("BEGIN:VALARM\n" * 5), "nesting"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_decided_at_once(name: str) -> None:
    text, expected = ATTACKS[name]
    assert decided(text.replace("\n", "\r\n").encode() if len(text) < 200_000 else text.encode()) == expected


@pytest.mark.parametrize(
    "data",
    [
        REPLY.encode("utf-8-sig"),
        REPLY.encode("utf-16"),
        REPLY.encode("utf-16-le"),
        REPLY.encode("utf-16-be"),
        REPLY.replace("Trần Văn Bê", "Trân Vàn Bê").encode("latin-1"),
        REPLY.replace("\n", "\r").encode(),
        REPLY.replace("\n", "\n\n").encode(),
        REPLY.replace("\n", "\r\n").encode() + b"\r\n-- \r\nMailing list footer\r\n",
        REPLY.replace("PARTSTAT=ACC", "PART\n STAT=ACC").encode(),
        REPLY.replace("SEQ", "S\0EQ\0").encode(),
        REPLY.replace("SUMMARY", "").replace("VERSION", "this is no line of a calendar\nVERSION").encode(),
        REPLY.lower().replace("begin:", "BEGIN:").encode(),
    ],
)
def test_what_calendars_and_gateways_do_to_files_is_read_all_the_same(data: bytes) -> None:
    assert decided(data) == "applied"


def test_mis_encoded_bytes_are_no_reason_to_lose_an_answer() -> None:
    broken = REPLY.encode().replace("ầ".encode(), b"\xff\xfe\xe1")
    assert decided(broken) == "applied"


def test_a_zone_from_the_file_is_never_used() -> None:
    text, _ = ATTACKS["bomb"]
    (part,) = read(text.encode()).parts
    assert part.starts is not None and part.starts.tzid is None


def test_repetition_is_taken_from_files_of_our_own_only() -> None:
    text = with_lines("DTSTART:20260907T010000Z\nRRULE:FREQ=WEEKLY;COUNT=5\nEXDATE:20260914T010000Z,20260921T010000Z")
    assert read(text.encode()).parts[0].rule is None
    (part,) = read(text.encode(), repeats=True).parts
    assert part.rule == "FREQ=WEEKLY;COUNT=5" and len(part.exdates) == 2


def test_time_grows_with_size_and_not_faster() -> None:
    """Twice the text takes about twice the time; four times would be quadratic."""

    def took(times: int) -> float:
        people = "\n".join(f'ATTENDEE;CN="p{n}";X="a,b":mailto:p{n}@x.example' for n in range(times))
        data = with_lines(people).encode()
        found = []
        for _ in range(5):
            began = time.process_time()
            read(data)
            found.append(time.process_time() - began)
        return min(found)

    assert took(1800) < 3 * 4 * took(450) / 2 + 0.01


pieces = st.lists(
    st.sampled_from(
        [*REPLY.splitlines(), "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", " folded", "", ";", "ATTENDEE;=:", "RRULE:X",
         "DTSTART;TZID=x:20260907T080000", "RECURRENCE-ID:x", "\0", "DTEND;VALUE=DATE:20260907"]
    ) | st.text(max_size=30),
    max_size=25,
)  # fmt: skip


@settings(max_examples=200, deadline=timedelta(seconds=2))
@given(pieces, st.sampled_from(["utf-8", "utf-16", "latin-1"]), st.binary(max_size=8))
def test_whatever_the_bytes_only_one_error_leaves(lines: list[str], encoding: str, tail: bytes) -> None:
    data = "\r\n".join(["BEGIN:VCALENDAR", "METHOD:REPLY", *lines]).encode(encoding, "replace") + tail
    try:
        assert isinstance(read(data, repeats=True), Parsed)
    except Unreadable as problem:
        assert problem.reason
