"""Letters: forty of one edition as they leave, against forty times the calendar entry alone by the bare library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from icalendar import Calendar, Event, vCalAddress

from confsvc.effects import EditionRow, Sender, write_letter
from integrations.calendar.ics import render
from tests.bench.figure import Figure

PEOPLE, ROUNDS, GOAL = 40, 6, 0.8
STARTS = datetime(2026, 12, 1, 1, tzinfo=UTC)
ATTENDEES = [{"mail": f"k{n}@bench.example", "name": f"Nguyễn Văn Đường {n}", "role": "guest"} for n in range(PEOPLE)]


def _bare_entries() -> None:
    for _ in ATTENDEES:
        _bare()


def _bare() -> bytes:
    """The same entry with forty attendees, as the library writes it, without a time zone block."""
    event = Event.new(uid="x@bench.example", sequence=0, stamp=STARTS, start=STARTS, end=STARTS + timedelta(hours=2))
    event.add("summary", "Tập huấn an toàn thông tin")
    for person in ATTENDEES:
        event.add("attendee", vCalAddress.new(person["mail"], cn=person["name"]))
    calendar = Calendar()
    calendar.add("prodid", "-//bench//VI")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return calendar.to_ical()


def _letters() -> None:
    """One letter to each of the forty."""
    content: dict[str, Any] = {
        "what": "booked", "key": "abc2345678", "title": "Tập huấn an toàn thông tin", "kind": "training",
        "form": "online", "note": "", "letter_number": "", "host": "Sở Thông tin và Truyền thông",
        "host_short": "Sở TT&TT", "starts": STARTS.isoformat(), "ends": (STARTS + timedelta(hours=2)).isoformat(),
        "created": STARTS.isoformat(), "sites": [{"room": f"Phòng {n}", "unit": f"Huyện {n}"} for n in range(11)],
        "chair": {"name": "", "title": "", "mail": None}, "contact": {"name": "", "phone": ""}, "attendees": ATTENDEES,
    }  # fmt: skip
    edition = EditionRow(1, "x@bench.example", "REQUEST", 0, STARTS, content)
    sender = Sender("hop@bench.example", "Họp", "bench.example", "https://hop.example")
    for person in ATTENDEES:
        payload = {**person, "language": "vi", "number": 1, "n": 0}
        write_letter(edition, payload, sender, None)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) / PEOPLE


def figures(only: str) -> Iterator[Figure]:
    ours, bare = [], []
    for number in range(ROUNDS):
        render.cache_clear()
        took = _seconds(_letters), _seconds(_bare_entries)
        if number:  # the first round only warms up
            ours.append(took[0])
            bare.append(took[1])
    ratio = median(b / o for b, o in zip(bare, ours, strict=True))
    yield Figure("mail.letter_of_forty", median(ours) * 1000, "ms", ratio, "icalendar_entry_alone", GOAL)
