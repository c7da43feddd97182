"""The text of a calendar file cut into properties, counted before anything is made of it.

(pure) Whatever the bytes are, this takes time in proportion to their number. Only METHOD and what stands directly in a
VEVENT comes out, so a VTIMEZONE, however it is made, is never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from integrations.calendar.itip import inbound
from integrations.errors import Refused

MOST_BYTES = 256 * 1024
MOST_LINES = 10_000
LONGEST_LINE = 64 * 1024
MOST_COMPONENTS = 1000
DEEPEST = 6
_PARAM = re.compile(r';([A-Za-z0-9-]{1,60})=((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)')
_PART = re.compile(r'"[^"]*"|[^",]+')
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNQUOTED = re.compile(r';(DELEGATED-TO|DELEGATED-FROM|SENT-BY)=(mailto:[^";:,]*)', re.IGNORECASE)


class Unreadable(Refused):
    """A calendar file that is not read. ``reason``: too_large, too_many_lines, long_line, too_many_components, nesting,
    too_many_attendees, not_a_calendar, several_calendars, truncated, no_event, no_uid, several_uids, too_many_dates, or
    property:NAME for one whose value means nothing."""


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    params: inbound.Params
    value: str


def decode(data: bytes) -> str:
    """The text: UTF-8 or UTF-16 (also without their marks), else Latin-1; without control characters."""
    if len(data) > MOST_BYTES:
        raise Unreadable("too_large")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    elif data[:4] in (b"B\0E\0", b"\0B\0E"):
        text = data.decode("utf-16-le" if data[0] else "utf-16-be", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    return _CONTROL.sub("", text)


def unfolded(text: str, most: int = MOST_LINES) -> Iterator[str]:
    """Unfolded, without the empty ones that some put between. CR alone ends a line too."""
    raw = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(raw) > 4 * most:
        raise Unreadable("too_many_lines")
    count, held, size = 0, list[str](), 0
    for line in raw:
        if not line.strip():
            continue
        if line[0] in " \t" and held:
            held.append(line[1:])
            size += len(line)
        else:
            if held:
                yield "".join(held)
            held, size, count = [line], len(line), count + 1
        if size > LONGEST_LINE:
            raise Unreadable("long_line")
        if count > most:
            raise Unreadable("too_many_lines")
    if held:
        yield "".join(held)


def components(lines: Iterable[str]) -> Iterator[tuple[str, list[Property]]]:
    """("METHOD", one property) and ("VEVENT", its own properties); whatever stands in other components is left out."""
    path, count, closed = list[str](), 0, False
    held: list[Property] = []
    for line in lines:
        upper = line[:20].upper()
        if closed:  # what mail gateways put under it says nothing
            if upper.startswith("BEGIN:"):
                raise Unreadable("several_calendars")
            continue
        if upper.startswith("BEGIN:"):
            count += 1
            path.append(line[6:66].strip().upper())
            if len(path) > DEEPEST:
                raise Unreadable("nesting")
            if count > MOST_COMPONENTS:
                raise Unreadable("too_many_components")
            held = [] if path == ["VCALENDAR", "VEVENT"] else held
        elif upper.startswith("END:"):
            if not path or path.pop() != line[4:64].strip().upper():
                raise Unreadable("nesting")
            closed = not path
            if path == ["VCALENDAR"] and line[4:64].strip().upper() == "VEVENT":
                yield "VEVENT", held
        elif path == ["VCALENDAR", "VEVENT"] and (read := _property(line)):
            held.append(read)
        elif path == ["VCALENDAR"] and upper.startswith("METHOD") and (read := _property(line)):
            yield "METHOD", [read]
        if path[:1] != ["VCALENDAR"] and not closed:
            raise Unreadable("not_a_calendar")
    if not closed:
        raise Unreadable("truncated" if path else "not_a_calendar")


def _property(line: str) -> Property | None:
    """None for a line that says nothing: long lines that were cut without folding leave such."""
    name = _NAME.match(line)
    if name is None:
        return None
    if name[0].upper() in ("ATTENDEE", "ORGANIZER"):
        line = _UNQUOTED.sub(r';\1="\2"', line)
    if line[:28].upper() == "RECURRENCE-ID;THISANDFUTURE:":  # as RFC 5546 itself writes it
        line = f"RECURRENCE-ID;RANGE=THISANDFUTURE:{line[28:]}"
    params, at = dict[str, tuple[str, ...]](), name.end()
    while found := _PARAM.match(line, at):
        kept = (one.strip('" ') for one in _PART.findall(found[2]))
        params[found[1].upper()] = tuple(inbound.caretless(one) for one in kept)
        at = found.end()
    if line[at : at + 1] != ":":
        return None
    return Property(name[0].upper(), params, line[at + 1 :])
