"""VTIMEZONE blocks that every calendar reads alike: today's rule of a zone, nothing of its history.

Not what libraries write: for Vietnam that holds a change in 1975 that some calendars take for today's rule and then
show 16:00 as 23:00; for zones with summer time it lists single dates, which Outlook ignores. So Asia/Ho_Chi_Minh is a
constant, and other zones are made from the rule at the end of their zone file (a POSIX TZ text, RFC 9636), and only
where that says the same as the file itself around the years in question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

TZID = "Asia/Ho_Chi_Minh"

VTIMEZONE = (
    "BEGIN:VTIMEZONE\r\n"
    f"TZID:{TZID}\r\n"
    "BEGIN:STANDARD\r\n"
    "DTSTART:19700101T000000\r\n"
    "TZOFFSETFROM:+0700\r\n"
    "TZOFFSETTO:+0700\r\n"
    "TZNAME:+07\r\n"
    "END:STANDARD\r\n"
    "END:VTIMEZONE\r\n"
)

_NAME = r"(<[A-Za-z0-9+-]{1,10}>|[A-Za-z]{3,10})"
_CLOCK = r"([+-]?\d{1,3}(?::\d\d){0,2})"
_RULE = rf"M(\d{{1,2}})\.([1-5])\.([0-6])(?:/{_CLOCK})?"
_FOOTER = re.compile(rf"{_NAME}{_CLOCK}(?:{_NAME}{_CLOCK}?,{_RULE},{_RULE})?")
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Change:
    """To another offset each year: the ``week``-th (5: last) ``day`` (0: Sunday) of ``month``, at ``clock`` as the
    clocks before it show."""

    month: int
    week: int
    day: int
    clock: timedelta
    before: timedelta
    after: timedelta
    name: str

    def onset(self, year: int) -> datetime:
        """When, by the clock before it, in that year."""
        first = date(year, self.month, 1)
        found = first + timedelta(days=(self.day - first.isoweekday()) % 7 + 7 * (self.week - 1))
        while found.month != self.month:
            found -= timedelta(days=7)
        return datetime(found.year, found.month, found.day) + self.clock  # noqa: DTZ001 -- wall time


@cache
def known_zones() -> frozenset[str]:
    """The names on this machine. Only these are ever opened: a name from outside is a path otherwise."""
    return frozenset(available_timezones())


@cache
def vtimezone(tzid: str, year: int) -> str | None:
    """The block of a zone, right from the year before ``year`` to the year after; None where one short rule cannot say
    it (Morocco, changes before midnight, zones that changed in those years) or nobody knows the zone: use UTC."""
    if tzid == TZID:
        return VTIMEZONE
    footer = _footer(tzid)
    found = _FOOTER.fullmatch(footer) if footer else None
    if found is None:
        return None
    standard = -_clock(found[2])
    if found[3] is None:
        changes: tuple[_Change, ...] = ()
    else:
        summer = -_clock(found[4]) if found[4] else standard + timedelta(hours=1)
        changes = (_change(found, 5, standard, summer, found[3]), _change(found, 9, summer, standard, found[1]))
    if not _agrees(changes, standard, tzid, year):
        return None
    return _written(tzid, changes, standard, found[1])


def _change(found: re.Match[str], at: int, before: timedelta, after: timedelta, name: str) -> _Change:
    month, week, day = (int(found[at + part]) for part in range(3))
    return _Change(month, week, day, _clock(found[at + 3] or "2"), before, after, name)


@cache
def _footer(tzid: str) -> str:
    """The last line of the zone's file, or ""."""
    if tzid not in known_zones():
        return ""
    for folder in (*map(Path, TZPATH), files("tzdata") / "zoneinfo"):
        place = folder.joinpath(*tzid.split("/"))
        if place.is_file():
            lines = place.read_bytes().split(b"\n")
            return lines[-2].decode("ascii", "replace") if len(lines) > 2 else ""
    return ""


def _clock(text: str) -> timedelta:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = (*(int(part) for part in text.lstrip("+-").split(":")), 0, 0)[:3]
    return sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _agrees(changes: tuple[_Change, ...], standard: timedelta, tzid: str, year: int) -> bool:
    """The rule says what the zone's file says: at its changes, and every five days for changes that it leaves out."""
    if any(not timedelta(0) <= change.clock < _DAY for change in changes) or not 1971 <= year <= 9000:
        return False
    zone = ZoneInfo(tzid)
    onsets = sorted((one.onset(each) - one.before, one.after) for each in range(year - 2, year + 2) for one in changes)
    at, end = datetime(year - 1, 1, 1), datetime(year + 2, 1, 1)  # noqa: DTZ001 -- UTC without saying so
    times = [at + 5 * _DAY * step for step in range((end - at) // (5 * _DAY) + 1)]
    times += [onset + shift for onset, _ in onsets for shift in (timedelta(0), timedelta(seconds=-1))]
    for time in times:
        if at <= time < end:
            offset = next((after for onset, after in reversed(onsets) if onset <= time), standard)
            if time.replace(tzinfo=UTC).astimezone(zone).utcoffset() != offset:
                return False
    return True


def _written(tzid: str, changes: tuple[_Change, ...], standard: timedelta, name: str) -> str:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{tzid}"]
    if not changes:
        lines += _observance("STANDARD", "19700101T000000", standard, standard, name)
    for change in changes:
        kind = "DAYLIGHT" if change.after > change.before else "STANDARD"
        week = "-1" if change.week == 5 else str(change.week)
        rule = f"RRULE:FREQ=YEARLY;BYMONTH={change.month};BYDAY={week}{_DAYS[change.day]}"
        onset = f"{change.onset(1970):%Y%m%dT%H%M%S}"
        lines += _observance(kind, onset, change.before, change.after, change.name, rule)
    return "\r\n".join([*lines, "END:VTIMEZONE", ""])


def _observance(kind: str, onset: str, before: timedelta, after: timedelta, name: str, *rule: str) -> list[str]:
    return [
        f"BEGIN:{kind}", f"DTSTART:{onset}", *rule, f"TZOFFSETFROM:{_offset(before)}", f"TZOFFSETTO:{_offset(after)}",
        f"TZNAME:{name.strip('<>')}", f"END:{kind}",
    ]  # fmt: skip


def _offset(offset: timedelta) -> str:
    sign, size = ("-", -offset) if offset < timedelta(0) else ("+", offset)
    hours, rest = divmod(size, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    return f"{sign}{hours:02}{minutes:02}" + (f"{rest.seconds:02}" if rest else "")
