"""DECLINECOUNTER (RFC 5546 3.2.8) as bytes: the proposed time is not taken, the entry stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress

from integrations.addresses import one_line, plain_address
from integrations.calendar.timezones import TZID, VTIMEZONE

PRODID = "-//bacgiang//confsvc 1.0//VI"


@dataclass(frozen=True, slots=True)
class Declined:
    """``sequence``: echoed from the proposal. ``recurrence_id``: of one date of a series. Times are aware. Raises
    ValueError for an address that is no plain one."""

    uid: str
    sequence: int
    dtstamp: datetime
    organizer: str
    recurrence_id: datetime | None = None
    comment: str = ""


def render_declined(declined: Declined) -> bytes:
    """The calendar object; the same bytes for the same values."""
    calendar, event = Calendar(), Event()
    for name, value in (
        ("prodid", PRODID),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("method", "DECLINECOUNTER"),
    ):
        calendar.add(name, value)
    event.add("uid", declined.uid)
    event.add("sequence", declined.sequence)
    event.add("dtstamp", declined.dtstamp.astimezone(UTC).replace(microsecond=0))
    if declined.recurrence_id is not None:
        calendar.add_component(Timezone.from_ical(VTIMEZONE))
        event.add("recurrence-id", declined.recurrence_id.astimezone(ZoneInfo(TZID)).replace(microsecond=0))
    event.add("organizer", vCalAddress(f"mailto:{plain_address(declined.organizer)}"))
    if declined.comment:
        event.add("comment", "\n".join(one_line(line) for line in declined.comment.splitlines()))
    calendar.add_component(event)
    ics: bytes = calendar.to_ical(sorted=False)
    return ics
