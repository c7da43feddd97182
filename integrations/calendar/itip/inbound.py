"""Values of properties that come in, read by hand and with patience for what calendars get wrong.

(pure) Whatever stands there, it costs linear time and opens no file: a zone is taken by its name, and only if this
machine knows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from integrations.addresses import one_line
from integrations.calendar.itip.event import Attendee, Moment, Organizer, bare
from integrations.calendar.itip.values import zone_name
from integrations.errors import Refused

Params = Mapping[str, tuple[str, ...]]
LONGEST_NAME = 500
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.ASCII)
_LENGTH = re.compile(r"\+?P(?:(\d{1,3})W|(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?)", re.ASCII)
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}


def moment(value: str, params: Params) -> Moment:
    """DTSTART and its like. A zone that nobody here knows gives a wall time that floats. ValueError for what is no
    time between 1900 and 2200 (1601 is how Outlook says "none")."""
    found = _TIME.fullmatch(value.strip().upper())
    if found is None or not 1900 <= int(found[1]) <= 2200:
        raise ValueError("not a time")
    year, month, day, hour, minute, second = (int(found[n] or 0) for n in range(1, 7))
    wall = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 -- a wall clock
    if found[4] is None:
        return Moment(wall, all_day=True)
    return Moment(wall, "UTC" if found[7] else zone(first(params, "TZID")))


def zone(name: str) -> str | None:
    """The IANA name for what calendars write, or None."""
    if not 0 < len(name) <= 200:
        return None
    try:
        return zone_name(name)
    except Refused:
        return None


def stamp(value: str) -> datetime:
    """DTSTAMP and its like, aware, in UTC; what has no zone counts as UTC. ValueError for what is no time."""
    return moment(value, {}).wall.replace(tzinfo=UTC)


def length(value: str) -> timedelta:
    """A DURATION that is not negative. ValueError for anything else."""
    found = _LENGTH.fullmatch(value.strip().upper())
    if found is None:
        raise ValueError("not a duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def number(value: str) -> int:
    """SEQUENCE. ValueError for anything but 0 to 2^31-1."""
    if not re.fullmatch(r"[0-9]{1,10}", value.strip()) or int(value) > 2**31 - 1:
        raise ValueError("not a number")
    return int(value)


def text(value: str) -> str:
    """A TEXT without its escapes."""
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value, flags=re.DOTALL)


def caretless(value: str) -> str:
    """A parameter's value without the escapes of RFC 6868."""
    return re.sub(r"\^[n'^]", lambda m: _CARET[m[0]], value)


def first(params: Params, name: str) -> str:
    return next(iter(params.get(name, ())), "")


def mail(address: str) -> str:
    """An address as it is kept here: lower-case, percent-decoded, without mailto:, however often it stands there."""
    return bare(unquote(bare(address[:1000]).split("?", 1)[0]))


def attendee(value: str, params: Params) -> Attendee:
    """One ATTENDEE; words as written, in capitals."""
    return Attendee(
        mail(value), one_line(first(params, "CN")[:LONGEST_NAME]),
        (first(params, "ROLE") or "REQ-PARTICIPANT").upper()[:40],
        (first(params, "CUTYPE") or "INDIVIDUAL").upper()[:40],
        (first(params, "PARTSTAT") or "NEEDS-ACTION").upper()[:40], first(params, "RSVP").upper() == "TRUE",
        tuple(mail(one) for one in params.get("DELEGATED-TO", ())[:20] if one),
        tuple(mail(one) for one in params.get("DELEGATED-FROM", ())[:20] if one), mail(first(params, "SENT-BY")),
        (first(params, "SCHEDULE-AGENT") or "SERVER").upper()[:40],
        first(params, "SCHEDULE-FORCE-SEND").upper() == "REQUEST",
    )  # fmt: skip


def organizer(value: str, params: Params) -> Organizer:
    return Organizer(mail(value), one_line(first(params, "CN")[:LONGEST_NAME]), mail(first(params, "SENT-BY")))
