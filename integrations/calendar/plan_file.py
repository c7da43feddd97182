"""Single entries out of a calendar file, and into one: for plans that travel, not for invitations.

Read by hand and strictly, line by line: no zone and no repetition that a file brings is ever computed, because one
small file of that kind can stop a process for good. A zone is taken by its name alone; what repeats is said to repeat.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from integrations.calendar.timezones import TZID, VTIMEZONE
from integrations.errors import Refused

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 100_000
MOST_ENTRIES = 2000
LONGEST = 4000
DEEPEST = 6
PREFIX = "X-CONFSVC-"
_LINE = re.compile(r'([A-Za-z0-9-]{1,60})((?:;[A-Za-z0-9-]{1,60}=(?:"[^"]*"|[^";:]*))*):(.*)', re.DOTALL)
_PARAM = re.compile(r';([A-Za-z0-9-]{1,60})=(?:"([^"]*)"|([^";:]*))')
_TIME = re.compile(r"(\d{8})T(\d{6})(Z?)")
_LENGTH = re.compile(r"P(?:(\d{1,2})W|(?:(\d{1,2})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,5})S)?)?)")
_REPEATS = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")
_WANTED = ("DTSTART", "DTEND", "DURATION", "SUMMARY", "DESCRIPTION", "STATUS", *_REPEATS)
_ZONE_NAMES = {"SE Asia Standard Time": TZID, "Asia/Saigon": TZID}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Entry:
    """One entry. ``starts`` and ``ends`` are aware, None where they cannot be read; ``extra``: the file's own fields
    with our prefix, by name in small letters. ``trouble``: "" or why it cannot be taken: "repeats", "cancelled_entry",
    "zone_unknown", "all_day"."""

    number: int
    summary: str
    note: str
    starts: datetime | None
    ends: datetime | None
    extra: Mapping[str, str]
    trouble: str = ""


def read_entries(data: bytes, zone: ZoneInfo) -> list[Entry]:
    """The entries in the order of the file; times without a zone are in ``zone``.

    Raises Refused with the reason "too_large", "too_many_rows", "not_utf8" or "not_a_plan_file".
    """
    if len(data) > MOST_BYTES:
        raise Refused("too_large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Refused("not_utf8") from problem
    found = [_entry(number, fields, zone) for number, fields in enumerate(_events(text), start=1)]
    if not found and "BEGIN:VCALENDAR" not in text[:2000].upper():
        raise Refused("not_a_plan_file")
    return found


Fields = dict[str, tuple[str, str]]
"""Property to its TZID or other value type ("" or "DATE"), and its raw value."""


def _events(text: str) -> Iterator[Fields]:
    path: list[str] = []
    fields: Fields = {}
    count = 0
    for raw in _unfolded(text):
        upper = raw[:60].upper()
        if upper.startswith("BEGIN:"):
            path.append(raw[6:].strip().upper()[:60])
            if len(path) > DEEPEST:
                raise Refused("not_a_plan_file")
            fields = {} if path == ["VCALENDAR", "VEVENT"] else fields
        elif upper.startswith("END:"):
            if not path or path[-1] != raw[4:].strip().upper():
                raise Refused("not_a_plan_file")
            if path == ["VCALENDAR", "VEVENT"]:
                count += 1
                if count > MOST_ENTRIES:
                    raise Refused("too_many_rows")
                yield fields
            path.pop()
        elif path == ["VCALENDAR", "VEVENT"]:
            _take(fields, raw)
    if path:
        raise Refused("not_a_plan_file")


def _unfolded(text: str) -> Iterator[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > MOST_LINES:
        raise Refused("too_large")
    parts: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            continue
        if parts and parts[0]:
            yield "".join(parts)
        parts = [line]
    if parts and parts[0]:
        yield "".join(parts)


def _take(fields: Fields, raw: str) -> None:
    """Keep a property that means something here, the first of each; others are not even cut apart."""
    name = re.split("[;:]", raw[:80], maxsplit=1)[0].upper()
    if (name not in _WANTED and not name.startswith(PREFIX)) or name in fields:
        return
    found = _LINE.fullmatch(raw)
    if found is None:
        raise Refused("not_a_plan_file")
    params = {key.upper(): quoted or bare for key, quoted, bare in _PARAM.findall(found[2])}
    kind = "DATE" if params.get("VALUE", "").upper() == "DATE" else params.get("TZID", "")
    fields[name] = kind, found[3] if name in ("DTSTART", "DTEND") else found[3][: LONGEST * 2]


def _entry(number: int, fields: Fields, zone: ZoneInfo) -> Entry:
    trouble = ""
    if any(name in fields for name in _REPEATS):
        trouble = "repeats"
    elif fields.get("STATUS", ("", ""))[1].strip().upper() == "CANCELLED":
        trouble = "cancelled_entry"
    elif "DTSTART" in fields and (fields["DTSTART"][0] == "DATE" or "T" not in fields["DTSTART"][1]):
        trouble = "all_day"
    elif any(_zone(fields[name], zone) is None for name in ("DTSTART", "DTEND") if name in fields):
        trouble = "zone_unknown"
    starts = _instant(fields.get("DTSTART"), zone)
    ends = _instant(fields.get("DTEND"), zone)
    if ends is None and starts is not None and "DURATION" in fields:
        length = _length(fields["DURATION"][1])
        ends = starts + length if length else None
    extra = {
        name[len(PREFIX) :].lower(): _text(value) for name, (_, value) in fields.items() if name.startswith(PREFIX)
    }
    return Entry(
        number, " ".join(_text(fields.get("SUMMARY", ("", ""))[1]).split()),
        _text(fields.get("DESCRIPTION", ("", ""))[1]), starts, ends, extra, trouble,
    )  # fmt: skip


def _zone(field: tuple[str, str], zone: ZoneInfo) -> ZoneInfo | None:
    name = field[0]
    if not name or name == "DATE":
        return zone
    name = _ZONE_NAMES.get(name, name)
    return ZoneInfo(name) if name in _known_zones() else None


@cache
def _known_zones() -> frozenset[str]:
    """Only names that are on this machine are opened: a name from outside is a path otherwise."""
    return frozenset(available_timezones())


def _instant(field: tuple[str, str] | None, zone: ZoneInfo) -> datetime | None:
    if field is None or field[0] == "DATE":
        return None
    found, there = _TIME.fullmatch(field[1].strip()), _zone(field, zone)
    if found is None or there is None:
        return None
    try:
        naive = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 -- the zone follows
    except ValueError:
        return None
    if not 1900 <= naive.year <= 2200:
        return None
    return naive.replace(tzinfo=UTC if found[3] else there).astimezone(UTC)


def _length(value: str) -> timedelta | None:
    found = _LENGTH.fullmatch(value.strip())
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds) or None


def _text(value: str) -> str:
    shown = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value, flags=re.DOTALL)
    return _CONTROL.sub("", shown)[:LONGEST].strip()


def write_entries(entries: Iterable[tuple[str, Entry]], *, stamp: datetime, name: str) -> bytes:
    """A calendar of single entries, each with its UID; ``stamp``: when this was true. The same bytes for the same."""
    lines = ["BEGIN:VCALENDAR", "PRODID:-//bacgiang//confsvc 1.0//VI", "VERSION:2.0", "CALSCALE:GREGORIAN"]
    lines += [f"X-WR-CALNAME:{_escaped(name)}", *VTIMEZONE.strip().split("\r\n")]
    for uid, entry in entries:
        lines += _event(uid, entry, stamp)
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _event(uid: str, entry: Entry, stamp: datetime) -> Sequence[str]:
    if entry.starts is None or entry.ends is None:
        raise ValueError("an entry that is written has a start and an end")
    zone = ZoneInfo(TZID)
    return [
        "BEGIN:VEVENT", f"UID:{_escaped(uid)}", f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID={TZID}:{entry.starts.astimezone(zone):%Y%m%dT%H%M%S}",
        f"DTEND;TZID={TZID}:{entry.ends.astimezone(zone):%Y%m%dT%H%M%S}",
        f"SUMMARY:{_escaped(entry.summary)}", f"DESCRIPTION:{_escaped(entry.note)}",
        *(f"{PREFIX}{key.upper()}:{_escaped(value)}" for key, value in entry.extra.items() if value), "END:VEVENT",
    ]  # fmt: skip


def _escaped(value: str) -> str:
    marked = re.sub(r"([\\;,])", r"\\\1", _CONTROL.sub("", value.replace("\r\n", "\n")))
    return marked.replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 74 octets a line, never inside of a sign."""
    parts, used = [""], 0
    for sign in line:
        size = len(sign.encode())
        if used + size > 74:
            parts.append("")
            used = 1
        parts[-1] += sign
        used += size
    return "\r\n ".join(parts)
