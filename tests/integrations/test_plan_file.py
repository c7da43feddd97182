"""Calendar files of single entries: read strictly and fast, whatever zones and repetitions they bring."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from integrations.calendar.plan_file import MOST_BYTES, MOST_ENTRIES, Entry, read_entries, write_entries
from integrations.errors import Refused

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
START, END = datetime(2027, 1, 5, 1, 0, tzinfo=UTC), datetime(2027, 1, 5, 3, 0, tzinfo=UTC)


def calendar(*lines: str, event: bool = True) -> bytes:
    inner = ["BEGIN:VEVENT", *lines, "END:VEVENT"] if event else list(lines)
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *inner, "END:VCALENDAR", ""]).encode()


def one(*lines: str) -> Entry:
    (entry,) = read_entries(calendar(*lines), ZONE)
    return entry


def refused(data: bytes) -> str:
    began = time.perf_counter()
    with pytest.raises(Refused) as caught:
        read_entries(data, ZONE)
    assert time.perf_counter() - began < 2
    return caught.value.reason


def test_what_is_written_is_read_again() -> None:
    note, extra = "Dòng 1\nDòng 2: " + "ấ" * 200, {"kind": "Giao ban", "sites": "A; B"}
    wanted = Entry(1, "Giao ban; tháng 1, quý I\\", note, START, END, extra)
    written = write_entries([("k@hop.example", wanted)], stamp=START, name="Kế hoạch")
    assert read_entries(written, ZONE) == [wanted]
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))


@pytest.mark.parametrize(
    ("start", "end"),
    [("DTSTART:20270105T010000Z", "DTEND:20270105T030000Z"), ("DTSTART:20270105T080000", "DTEND:20270105T100000"),
     ("DTSTART;TZID=Asia/Ho_Chi_Minh:20270105T080000", "DURATION:PT2H"),
     ('DTSTART;TZID="SE Asia Standard Time":20270105T080000', "DTEND;TZID=Asia/Tokyo:20270105T120000"),
     ("dtstart;VALUE=DATE-TIME:20270105T080000", "DURATION:PT1H60M")],
)  # fmt: skip
def test_times_of_every_form_are_instants(start: str, end: str) -> None:
    entry = one(start, end, "SUMMARY:Họp")
    assert (entry.starts, entry.ends, entry.trouble) == (START, END, "")


@pytest.mark.parametrize(
    ("line", "trouble"),
    [("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "repeats"), ("RDATE:20270106T080000", "repeats"),
     ("RECURRENCE-ID:20270105T080000", "repeats"), ("STATUS:CANCELLED", "cancelled_entry")],
)  # fmt: skip
def test_what_cannot_be_taken_says_why(line: str, trouble: str) -> None:
    assert one("DTSTART:20270105T080000", "SUMMARY:x", line).trouble == trouble


def test_days_and_unknown_zones_are_told() -> None:
    assert one("DTSTART;VALUE=DATE:20270105").trouble == "all_day"
    for zone in ("Mars/Olympus", "../../etc/passwd", "/dev/zero"):
        entry = one(f"DTSTART;TZID={zone}:20270105T080000")
        assert (entry.trouble, entry.starts) == ("zone_unknown", None)
    assert one("DTSTART:20271305T080000").starts is None


def test_a_zone_that_hangs_others_is_never_computed() -> None:
    """ical.md's file: two observances from 1601 that repeat hourly."""
    observances = [
        line for kind in ("STANDARD", "DAYLIGHT")
        for line in (f"BEGIN:{kind}", "DTSTART:16010101T000000", "RRULE:FREQ=HOURLY", "TZOFFSETFROM:+0700",
                     "TZOFFSETTO:+0800", f"END:{kind}")
    ]  # fmt: skip
    zone = ["BEGIN:VTIMEZONE", "TZID:Bad/Zone", *observances, "END:VTIMEZONE"]
    event = ["BEGIN:VEVENT", "DTSTART;TZID=Bad/Zone:20270105T080000", "SUMMARY:x", "END:VEVENT"]
    began = time.perf_counter()
    (entry,) = read_entries(calendar(*zone, *event, event=False), ZONE)
    assert entry.trouble == "zone_unknown" and time.perf_counter() - began < 0.5


def test_alarms_and_unknown_parts_are_passed_over() -> None:
    entry = one("SUMMARY:Họp", "BEGIN:VALARM", "SUMMARY:chuông", "END:VALARM", 'ATTENDEE;CN="a;b":mailto:x@y.z')
    assert entry.summary == "Họp"


def test_hostile_files_are_refused_quickly() -> None:
    assert refused(b"x" * (MOST_BYTES + 1)) == "too_large"
    assert refused(b"BEGIN:VCALENDAR\n" + b"\n" * 1_000_000) == "too_large"
    assert refused(calendar(*["BEGIN:X"] * 20_000)) == "not_a_plan_file"
    assert refused(calendar("BEGIN:VALARM", "END:VEVENT")) == "not_a_plan_file"
    assert refused(calendar("SUMMARY")) == "not_a_plan_file"
    assert refused(calendar(*["BEGIN:VEVENT", "END:VEVENT"] * (MOST_ENTRIES + 1), event=False)) == "too_many_rows"
    assert refused(b"\xff\xfe\x00") == "not_utf8"
    assert refused(b"hello") == "not_a_plan_file"
    assert refused(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n") == "not_a_plan_file"
    entry = one("SUMMARY:" + "a" * 1_500_000, "DTSTART" + ";A=b" * 10 + ":20270105T080000")
    assert len(entry.summary) == 4000 and entry.starts == START
