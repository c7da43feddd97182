"""A calendar that does what RFC 5546 says about messages, and nothing more: newest SEQUENCE, then newest DTSTAMP.

It reads with icalendar, not with our own reader, and keeps for each UID the newest whole entry and the newest of each
date; a message that is not newer than what it speaks of is passed over. Late, repeated and lost messages are its trade.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar

Version = tuple[int, datetime]
NOTHING: Version = (-1, datetime(1970, 1, 1, tzinfo=UTC))
Shown = tuple[datetime, datetime, datetime, str]
"""One thing in the calendar: original start, start, end, title; all in UTC."""


@dataclass
class Known:
    """What is known of one UID. ``whole``: the newest master, None after a CANCEL; ``dates``: the newest of each."""

    version: Version = NOTHING
    whole: Any = None
    dates: dict[datetime, tuple[Version, Any]] = field(default_factory=dict)


@dataclass
class CalendarClient:
    """The calendar of ``mail``. ``passed_over`` counts messages that were not newer."""

    mail: str
    entries: dict[str, Known] = field(default_factory=dict)
    passed_over: int = 0

    def receive(self, ics: bytes) -> None:
        """Apply one calendar object. AssertionError for one that nobody should get."""
        calendar = _read(ics)
        method = str(calendar["METHOD"])
        assert method in ("REQUEST", "CANCEL"), method
        for event in sorted(calendar.walk("VEVENT"), key=lambda one: "RECURRENCE-ID" in one):
            assert not event.errors, event.errors
            invited = event.get("ATTENDEE", [])
            invited = invited if isinstance(invited, list) else [invited]
            assert f"mailto:{self.mail}" in [str(one) for one in invited], "this message is for somebody else"
            assert str(event["ORGANIZER"]) != f"mailto:{self.mail}"
            self._take(method, event, whole_too="RECURRENCE-ID" not in calendar.walk("VEVENT")[0])

    def _take(self, method: str, event: Any, *, whole_too: bool) -> None:
        known = self.entries.setdefault(str(event["UID"]), Known())
        version = (int(event["SEQUENCE"]), event["DTSTAMP"].dt)
        kept = event if method == "REQUEST" else None
        if "RECURRENCE-ID" not in event:
            if version <= known.version:
                self.passed_over += 1
                return
            known.version, known.whole = version, kept
            known.dates = {at: one for at, one in known.dates.items() if one[0] > version}
            return
        at = instant(event["RECURRENCE-ID"].dt)
        newest = max(known.version, known.dates.get(at, (NOTHING, None))[0])
        if version < newest or (version == newest and not (whole_too and at not in known.dates)):
            self.passed_over += 1
            return
        known.dates[at] = (version, kept)

    def shown(self, uid: str | None = None) -> set[Shown]:
        """Everything that its owner sees, of one UID or all."""
        found: set[Shown] = set()
        for known in [self.entries[uid]] if uid in self.entries else [] if uid else self.entries.values():
            if known.whole is not None:
                found |= {one for one in occurrences(known.whole) if one[0] not in known.dates}
            found |= {seen(at, event) for at, (_, event) in known.dates.items() if event is not None}
        return found


@lru_cache(2000)
def _read(ics: bytes) -> Any:
    return Calendar.from_ical(ics)


def occurrences(event: Any) -> set[Shown]:
    """The dates of a whole entry as calendars expand it: by wall clock, without its exceptions."""
    starts, ends = event["DTSTART"].dt, event["DTEND"].dt if "DTEND" in event else event["DTSTART"].dt
    if "RRULE" not in event:
        return {seen(instant(starts), event)}
    gone = event.get("EXDATE", [])
    exceptions = {instant(one.dt) for each in (gone if isinstance(gone, list) else [gone]) for one in each.dts}
    first = datetime(*starts.timetuple()[:6])  # noqa: DTZ001 -- wall time, as rules count
    zone = starts.tzinfo if isinstance(starts, datetime) else None
    rule = event["RRULE"].to_ical().decode()
    if until := re.search(r"UNTIL=(\d{8}T\d{6})Z", rule):
        last = datetime.strptime(until[1] + "+0000", "%Y%m%dT%H%M%S%z").astimezone(zone).replace(tzinfo=None)
        rule = rule.replace(until[0], f"UNTIL={last:%Y%m%dT%H%M%S}")
    found = set()
    for number, wall in enumerate(rrulestr(rule, dtstart=first)):
        assert number < 1000, "a rule without an end"
        at = wall.replace(tzinfo=zone) if zone else wall.date()
        if instant(at) not in exceptions:
            found.add((instant(at), instant(at), instant(at + (ends - starts)), str(event["SUMMARY"])))
    return found


def seen(at: datetime, event: Any) -> Shown:
    ends = event["DTEND"].dt if "DTEND" in event else event["DTSTART"].dt
    return at, instant(event["DTSTART"].dt), instant(ends), str(event["SUMMARY"])


def instant(at: date) -> datetime:
    """In UTC; a whole day from its midnight at home."""
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day, tzinfo=UTC) - timedelta(hours=7)
    return at.astimezone(UTC)
