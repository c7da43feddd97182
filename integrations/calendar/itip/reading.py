"""Calendar files that anybody may have written, as parts that iTIP understands.

(pure) Bounded in size, lines, components, depth and people (raw.py), and linear in time: 400 bytes
of VTIMEZONE or RRULE keep the usual libraries busy for ever. So all VTIMEZONE are left out, nothing repeats in what
comes in, and no line of it reaches a library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from integrations.calendar.itip import inbound
from integrations.calendar.itip.event import Attendee, Moment, Organizer
from integrations.calendar.itip.raw import MOST_LINES, Property, Unreadable, components, decode, unfolded

MOST_PEOPLE = 2000
"""Of all VEVENTs together."""
LONGEST_TEXT = 16 * 1024
LONGEST_COMMENT = 2048
LONGEST_RULE = 500
T = TypeVar("T")

__all__ = ["Parsed", "Part", "Unreadable", "read"]


@dataclass(frozen=True, slots=True)
class Part:
    """One VEVENT. What was not there is None or empty; ``sequence`` too, which then counts as 0. ``dtstamp`` and
    ``reply_time`` (Outlook's) are aware. ``ends`` follows from DURATION. ``rule`` and the dates are empty unless the
    file was read with ``repeats``. ``appt_sequence``: Microsoft's own count. ``range``: THISANDFUTURE or "".
    ``comment``: plain, at most 2 kB."""

    uid: str
    sequence: int | None
    dtstamp: datetime | None
    created: datetime | None
    recurrence_id: Moment | None
    range: str
    starts: Moment | None
    ends: Moment | None
    organizer: Organizer | None
    attendees: tuple[Attendee, ...]
    comment: str
    status: str
    summary: str
    location: str
    url: str
    description: str
    transp: str
    related_to: str
    reply_time: datetime | None
    appt_sequence: int | None
    rule: str | None = None
    rdates: tuple[Moment, ...] = ()
    exdates: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file: ``method`` in capitals ("" for none), and its VEVENTs in their order, all of one UID unless it is none of
    iTIP."""

    method: str
    parts: tuple[Part, ...]


def read(data: bytes, *, repeats: bool = False) -> Parsed:
    """The file's VEVENTs. ``repeats``: take RRULE, RDATE and EXDATE too, as text and times that nobody has expanded;
    for files whose owner is trusted with them. Raises Unreadable, and nothing else whatever the bytes are."""
    method, found = "", list[list[Property]]()
    for name, one in components(unfolded(decode(data))):
        if name == "METHOD":
            method = one[0].value.strip().upper()[:40]
        else:
            found.append(one)
    if not found:
        raise Unreadable("no_event")
    if sum(one.name == "ATTENDEE" for part in found for one in part) > MOST_PEOPLE:
        raise Unreadable("too_many_attendees")
    parts = tuple(_part(one, repeats) for one in found)
    if method and len({part.uid for part in parts}) > 1:
        raise Unreadable("several_uids")
    return Parsed(method, parts)


def _part(given: list[Property], repeats: bool) -> Part:
    by_name: dict[str, Property] = {}
    for one in given:
        by_name.setdefault(one.name, one)

    def value(name: str, reader: Callable[[str], T]) -> T | None:
        found = by_name.get(name)
        return None if found is None or not found.value.strip() else _tried(found, lambda one: reader(one.value))

    def at(name: str) -> Moment | None:
        found = by_name.get(name)
        return None if found is None else _tried(found, lambda one: inbound.moment(one.value, one.params))

    def shown(name: str, most: int = LONGEST_TEXT) -> str:
        found = by_name.get(name)
        return inbound.text(found.value[: 2 * most])[:most] if found else ""

    uid = shown("UID", 1000).strip()
    if not uid:
        raise Unreadable("no_uid")
    starts, named = at("DTSTART"), by_name.get("RECURRENCE-ID")
    return Part(
        uid, value("SEQUENCE", inbound.number), value("DTSTAMP", inbound.stamp), value("CREATED", inbound.stamp),
        at("RECURRENCE-ID"), inbound.first(named.params, "RANGE").upper()[:40] if named else "",
        starts, _ends(starts, at("DTEND"), value("DURATION", inbound.length)),
        _organizer(by_name), tuple(inbound.attendee(one.value, one.params) for one in given if one.name == "ATTENDEE"),
        _comment(given), shown("STATUS", 40).strip().upper(), shown("SUMMARY"), shown("LOCATION"),
        shown("URL"), shown("DESCRIPTION"), shown("TRANSP", 40).strip().upper(), shown("RELATED-TO", 1000),
        _outlook_time(by_name), _outlook_count(by_name), *(_repeats(given) if repeats else ()),
    )  # fmt: skip


def _tried(one: Property, reader: Callable[[Property], T]) -> T:
    try:
        return reader(one)
    except (ValueError, OverflowError) as problem:
        raise Unreadable(f"property:{one.name}") from problem


def _ends(starts: Moment | None, ends: Moment | None, length: timedelta | None) -> Moment | None:
    if starts is None or (ends is not None and length is None):  # with both, the duration is what calendars go by
        if starts is not None and ends is not None and starts.all_day != ends.all_day:
            raise Unreadable("property:DTEND")
        return ends
    if length is None:
        length = timedelta(days=1) if starts.all_day else timedelta()
    return starts.plus(length)


def _organizer(by_name: dict[str, Property]) -> Organizer | None:
    found = by_name.get("ORGANIZER")
    return inbound.organizer(found.value, found.params) if found and found.value.strip() else None


def _comment(given: list[Property]) -> str:
    found = [inbound.text(one.value[: 2 * LONGEST_COMMENT]) for one in given if one.name == "COMMENT"][:20]
    return "\n".join(one.strip() for one in found).encode()[:LONGEST_COMMENT].decode(errors="ignore").strip()


def _outlook_time(by_name: dict[str, Property]) -> datetime | None:
    """Only a hint, and 1601 where Outlook has none."""
    found = by_name.get("X-MICROSOFT-CDO-REPLYTIME")
    try:
        return inbound.stamp(found.value) if found else None
    except ValueError:
        return None


def _outlook_count(by_name: dict[str, Property]) -> int | None:
    found = by_name.get("X-MICROSOFT-CDO-APPT-SEQUENCE")
    try:
        return inbound.number(found.value) if found else None
    except ValueError:
        return None


def _repeats(given: list[Property]) -> tuple[str | None, tuple[Moment, ...], tuple[Moment, ...]]:
    rule = next((one for one in given if one.name == "RRULE"), None)
    if rule is not None and len(rule.value) > LONGEST_RULE:
        raise Unreadable("property:RRULE")
    return rule.value.strip() if rule else None, _dates(given, "RDATE"), _dates(given, "EXDATE")


def _dates(given: list[Property], name: str) -> tuple[Moment, ...]:
    pieces = [(one, piece) for one in given if one.name == name for piece in one.value.split(",")]
    if len(pieces) > MOST_LINES:
        raise Unreadable("too_many_dates")
    return tuple(_tried(one, _nth(piece)) for one, piece in pieces)


def _nth(piece: str) -> Callable[[Property], Moment]:
    return lambda one: inbound.moment(piece.split("/")[0], one.params)
