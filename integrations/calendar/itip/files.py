"""Entries out of a calendar file: the adapter through which any public iTIP test case can be put to the engine."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from integrations.addresses import plain_address
from integrations.calendar.itip import raw, rule
from integrations.calendar.itip.event import Attendee, Entry, Event, Moment, Organizer
from integrations.calendar.itip.memory import MINE, remembered
from integrations.calendar.itip.reading import Part, Unreadable, read
from integrations.calendar.itip.split import following
from integrations.calendar.itip.values import zone_name
from integrations.errors import Refused

_STATUSES = ("CONFIRMED", "TENTATIVE", "CANCELLED")
_ZONE = re.compile(r';TZID=("[^"]*"|[^";:,]*)', re.IGNORECASE)
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


def event_from_ics(data: bytes) -> Event:
    """The one entry of a file. Refused, with a reason in English, where there is none, more, or one that says nothing
    certain."""
    found = events_from_ics(data)
    if len(found) != 1:
        raise Refused(f"the file holds {len(found)} calendar entries, not one")
    return found[0]


def events_from_ics(data: bytes) -> tuple[Event, ...]:
    """All entries of a file, in its order; none where it holds only tasks or nothing. A date with
    RANGE=THISANDFUTURE becomes an entry of its own, as calendars without that understand it."""
    try:
        parsed = read(data, repeats=True)
    except Unreadable as problem:
        if problem.reason == "no_event":
            return ()
        raise Refused(f"the calendar file is not read: {problem.reason}") from problem
    kept = _check_lines(data)
    by_uid: dict[str, list[Part]] = {}
    for part in parsed.parts:
        by_uid.setdefault(part.uid, []).append(part)
    found: list[Event] = []
    for uid, parts in by_uid.items():
        event = _event(uid, parts, cancels=parsed.method == "CANCEL")
        event = remembered(event, kept.get(uid, []))
        ranged = [part.recurrence_id for part in parts if part.range == "THISANDFUTURE" and part.recurrence_id]
        found += following(event, ranged[0]) if ranged else (event,)
    return tuple(found)


def _check_lines(data: bytes) -> dict[str, list[str]]:
    """What was remembered in lines of ours, by UID. Refused for zones nobody knows: their hours would be guessed."""
    kept: dict[str, list[str]] = {}
    lines = list(raw.unfolded(raw.decode(data)))
    for line in lines:
        if line[:40].upper().startswith(("DTSTART;", "DTEND;", "RECURRENCE-ID;", "EXDATE;", "RDATE;")):
            for name in _ZONE.findall(line[:1000]):
                zone_name(name)
    for kind, properties in raw.components(lines):
        if kind == "VEVENT":
            uid = next((one.value for one in properties if one.name == "UID"), "")
            kept.setdefault(uid.strip(), []).extend(one.value for one in properties if one.name == MINE)
    return kept


def _event(uid: str, parts: list[Part], *, cancels: bool) -> Event:
    organizers = {part.organizer.mail: part.organizer for part in parts if part.organizer}
    if len(organizers) > 1:
        raise Refused(f"{uid[:80]} has several organizers: {', '.join(sorted(organizers))[:300]}")
    organizer = next(iter(organizers.values()), None)
    if organizer is not None and not _is_plain(organizer.mail):
        raise Refused(f"the ORGANIZER {organizer.mail[:80]!r} has no mail address")
    masters = [part for part in parts if part.recurrence_id is None]
    if len({part.starts.instant() for part in masters if part.starts}) > 1:
        raise Refused(f"{uid[:80]} stands there several times without RECURRENCE-ID")
    apart: dict[datetime, Part] = {}
    for part in sorted((part for part in parts if part.recurrence_id), key=_age):
        if part.recurrence_id is not None:
            apart[part.recurrence_id.instant()] = part
    master = _entry(max(masters, key=_age), organizer, None) if masters else None
    overrides = [_entry(part, organizer, master) for _, part in sorted(apart.items())]
    if cancels:
        master = replace(master, status="CANCELLED") if master else None
        overrides = [replace(one, status="CANCELLED") for one in overrides]
    return Event(uid, master, tuple(overrides))


def _age(part: Part) -> tuple[int, datetime]:
    return part.sequence or 0, part.dtstamp or _LONG_AGO


def _entry(part: Part, organizer: Organizer | None, master: Entry | None) -> Entry:
    starts, ends = part.starts, part.ends
    if starts is None and part.recurrence_id is not None:  # some write of a date only what differs
        starts = part.recurrence_id
        ends = starts.plus(master.ends.wall - master.starts.wall) if master else starts
    if starts is None or ends is None:
        raise Refused(f"{part.uid[:80]} has no DTSTART")
    if ends.instant() < starts.instant():
        raise Refused(f"{part.uid[:80]} ends before it starts")
    if part.rule is not None:
        rule.alike(part.rule, starts)
    return Entry(
        starts, ends, part.sequence or 0, 0, part.dtstamp, part.created, part.recurrence_id,
        rule.joined(rule.parts(part.rule)) if part.rule and part.recurrence_id is None else None, part.rdates,
        _once(part.exdates), part.status if part.status in _STATUSES else "CONFIRMED", part.summary, part.location,
        part.url, part.description, "TRANSPARENT" if part.transp == "TRANSPARENT" else "OPAQUE", part.related_to,
        organizer, _people(part.attendees),
    )  # fmt: skip


def _once(dates: tuple[Moment, ...]) -> tuple[Moment, ...]:
    return tuple(at for _, at in sorted({at.instant(): at for at in dates}.items()))


def _people(attendees: tuple[Attendee, ...]) -> tuple[Attendee, ...]:
    """Those with a mail address, each once."""
    found: dict[str, Attendee] = {}
    for one in attendees:
        if _is_plain(one.mail):
            found.setdefault(one.mail, one)
    return tuple(found.values())


def _is_plain(mail: str) -> bool:
    try:
        plain_address(mail)
    except ValueError:
        return False
    return True
