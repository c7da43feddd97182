"""Calendars to subscribe to: VEVENTs written by hand, joined to a feed; and the times at which a room is taken.

Written without the library because of its speed: 10,000 events take it seven seconds, this a third of one, and each
event is written once as long as it says the same. (pure) The bytes depend on what is handed in alone, so that a feed in
which nothing changed keeps its ETag: no random UID, no present in DTSTAMP. RFC 5545, 7986; no ATTENDEE, no VALARM.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from integrations.addresses import plain_address
from integrations.calendar.ics import PRODID
from integrations.calendar.timezones import TZID, VTIMEZONE

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
REFRESH = "PT1H"
MOST_OCTETS = 75
KEPT = 30_000
"""Events that stay written in memory, some 350 bytes each."""
_ZONE = ZoneInfo(TZID)
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u0085\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One VEVENT. Times are aware; ``stamp``: when it last changed. ``rule``, ``exdates``, ``recurrence_id`` as in
    ``ics.Invitation``: the UID and SEQUENCE are those of the mails."""

    uid: str
    sequence: int
    stamp: datetime
    starts: datetime
    ends: datetime
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    status: Status = "CONFIRMED"
    rule: str | None = None
    exdates: tuple[datetime, ...] = ()
    recurrence_id: datetime | None = None


@lru_cache(KEPT)
def vevent(entry: Entry) -> bytes:
    """The component, CRLF, folded."""
    stamp = _utc(entry.stamp)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{_text(entry.uid)}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{stamp}",
        f"LAST-MODIFIED:{stamp}",
    ]
    if entry.recurrence_id is not None:
        lines.append(f"RECURRENCE-ID;TZID={TZID}:{_wall(entry.recurrence_id)}")
    lines += [f"DTSTART;TZID={TZID}:{_wall(entry.starts)}", f"DTEND;TZID={TZID}:{_wall(entry.ends)}"]
    if entry.rule is not None:
        lines.append(f"RRULE:{entry.rule}")
        if entry.exdates:
            lines.append(f"EXDATE;TZID={TZID}:" + ",".join(_wall(at) for at in entry.exdates))
    lines.append(f"SUMMARY:{_text(_CONTROL.sub(' ', entry.summary))}")
    for name, value in (("LOCATION", entry.location), ("DESCRIPTION", entry.description)):
        if value:
            lines.append(f"{name}:{_text(value)}")
    if entry.url:
        lines.append(f"URL:{_uri(entry.url)}")
    lines += [f"STATUS:{entry.status}", "TRANSP:" + ("TRANSPARENT" if entry.status == "CANCELLED" else "OPAQUE")]
    lines += ["CLASS:PUBLIC", "END:VEVENT"]
    return _joined(lines)


def calendar(entries: Iterable[Entry], *, name: str, uid: str, source: str) -> bytes:
    """A whole feed. ``uid``: of the calendar itself, always the same for the same feed; ``source``: where it is read
    again, without the token of a secret address, which would be a second place to lose it from."""
    events = [vevent(entry) for entry in entries]
    return b"".join([_head(name, uid, source), *([VTIMEZONE.encode()] if events else []), *events, _END])


_END = b"END:VCALENDAR\r\n"


def _head(name: str, uid: str, source: str) -> bytes:
    """Without METHOD: as PUBLISH every event would need an ORGANIZER, whom some calendars then ask for answers."""
    title = _text(_CONTROL.sub(" ", name))
    lines = [
        "BEGIN:VCALENDAR", f"PRODID:{PRODID}", "VERSION:2.0", "CALSCALE:GREGORIAN",
        f"UID:{_text(uid)}", f"NAME:{title}", f"X-WR-CALNAME:{title}", f"X-WR-TIMEZONE:{TZID}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}", f"X-PUBLISHED-TTL:{REFRESH}",
    ]  # fmt: skip
    return _joined([*lines, f"SOURCE;VALUE=URI:{_uri(source)}"] if source else lines)


def merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same times, rising, without overlap or a seam."""
    found: list[tuple[datetime, datetime]] = []
    for starts, ends in sorted(spans):
        if found and starts <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((starts, ends))
    return found


def freebusy(
    spans: Sequence[tuple[datetime, datetime]], *, uid: str, organizer: str, stamp: datetime, since: datetime,
    until: datetime,
) -> bytes:  # fmt: skip
    """When it is taken between two instants, in UTC and without a word of why. ``organizer``: the room's address."""
    lines = [
        "BEGIN:VCALENDAR", f"PRODID:{PRODID}", "VERSION:2.0", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        "BEGIN:VFREEBUSY", f"UID:{_text(uid)}", f"DTSTAMP:{_utc(stamp)}",
        f"ORGANIZER:mailto:{plain_address(organizer)}", f"DTSTART:{_utc(since)}", f"DTEND:{_utc(until)}",
    ]  # fmt: skip
    for starts, ends in merged(spans):
        if ends > since and starts < until:
            lines.append(f"FREEBUSY;FBTYPE=BUSY:{_utc(max(starts, since))}/{_utc(min(ends, until))}")
    return _joined([*lines, "END:VFREEBUSY", "END:VCALENDAR"])


def packed(body: bytes) -> bytes:
    """gzip of a body: the same bytes for the same body, whenever and wherever it is packed."""
    return gzip.compress(body, 6, mtime=0)


def etag(body: bytes) -> str:
    """A strong ETag over the bytes, with its quotes."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def _text(text: str) -> str:
    clean = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(" ", clean).translate(_ESCAPES)


def _uri(address: str) -> str:
    if not re.fullmatch(r"https?://[!-~]+", address):
        raise ValueError("the address is not plain http(s)")
    return address


@lru_cache(50_000)
def _wall(at: datetime) -> str:
    return at.astimezone(_ZONE).strftime("%Y%m%dT%H%M%S")


@lru_cache(50_000)
def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _joined(lines: Iterable[str]) -> bytes:
    return b"".join(_folded(line.encode()) for line in lines)


def _folded(line: bytes) -> bytes:
    """At most 75 octets a line, never in the middle of a letter."""
    if len(line) <= MOST_OCTETS:
        return line + b"\r\n"
    parts, at, room = [], 0, MOST_OCTETS
    while len(line) - at > room:
        end = at + room
        while line[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(line[at:end])
        at, room = end, MOST_OCTETS - 1  # the blank that a continued line begins with
    parts.append(line[at:])
    return b"\r\n ".join(parts) + b"\r\n"
