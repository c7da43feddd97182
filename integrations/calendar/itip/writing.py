"""Entries to bytes, through the one serializer of this house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from integrations.calendar import ics
from integrations.calendar.invitation import Transparency
from integrations.calendar.itip import rule
from integrations.calendar.itip.event import HOME, Attendee, Entry, Event, Moment
from integrations.calendar.itip.memory import lines_of
from integrations.calendar.timezones import vtimezone
from integrations.errors import Refused

MOST_LISTED = 50
"""With more, everybody is shown the chair, the rooms and himself: 230 addresses make 22 MB over thin lines."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The DTSTAMP where nobody says what time it is."""


def request(uid: str, entries: Sequence[Entry], mail: str, sequence: int, dtstamp: datetime) -> bytes:
    """An invitation to one person: a whole entry, or single dates of it. Refused for what calendars would refuse."""
    return _rendered(
        [
            replace(_relayed(uid, replace(one, attendees=_shown(one, mail))), sequence=sequence, dtstamp=dtstamp)
            for one in entries
        ]
    )


def cancel(uid: str, entry: Entry, mail: str, sequence: int, dtstamp: datetime, *, alone: bool) -> bytes:
    """That the entry or the date is off; ``alone``: for this person only, while it goes on for others."""
    people = tuple(one for one in entry.attendees if one.mail == mail) if alone else _shown(entry, mail)
    plain = replace(entry, rule=None, exdates=(), rdates=(), attendees=people)
    message = replace(
        _relayed(uid, plain, method="CANCEL", status=None if alone else "CANCELLED"), sequence=sequence, dtstamp=dtstamp
    )
    return _rendered([message])


def event_to_ics(event: Event) -> bytes:
    """The whole entry as a file that :func:`.files.event_from_ics` reads back, with what people answered. Refused for
    what calendars would refuse."""
    files = [_relayed(event.uid, one, method="", status=_status(one)) for one in event.entries]
    if not files:
        raise Refused(f"nothing is left of {event.uid[:80]}")
    return _rendered([replace(files[0], remember=tuple(lines_of(event))), *files[1:]])


def named(at: Moment | None) -> str | None:
    """A date's original start as it stands in our messages."""
    if at is None or at.all_day:
        return at.text() if at else None
    wall = at.instant().astimezone(rule.zone_of(Moment(at.wall, _zone(at)))).replace(tzinfo=None)
    return Moment(wall, _zone(at)).text()


def _rendered(invitations: list[ics.Relayed]) -> bytes:
    return ics.render(*invitations)


def _zone(at: Moment) -> str:
    """In which its times are written: UTC where calendars could not be told the zone."""
    zone = at.tzid or HOME
    return zone if zone == "UTC" or vtimezone(zone, at.wall.year) is not None else "UTC"


def _status(entry: Entry) -> ics.Status:
    return cast(ics.Status, entry.status)


def _relayed(
    uid: str, entry: Entry, *, method: ics.Method = "REQUEST", status: ics.Status | None = "CONFIRMED"
) -> ics.Relayed:
    if method == "REQUEST":
        status = _status(entry)
    stamp = entry.dtstamp or NEVER
    try:
        return ics.Relayed(
            uid=uid, sequence=entry.sequence, dtstamp=stamp, method=method, starts=entry.starts.instant(),
            ends=entry.ends.instant(), summary=entry.summary, description=entry.description,
            organizer=_organizer(entry),
            attendees=tuple(_person(one) for one in entry.attendees), created=entry.created or stamp, status=status,
            location=entry.location or None, url=entry.url if _is_link(entry.url) else None,
            rule=rule.as_sent(entry.rule, entry.starts) if entry.rule else None,
            exdates=tuple(at.instant() for at in entry.exdates),
            recurrence_id=entry.recurrence_id.instant() if entry.recurrence_id else None,
            related_to=entry.related_to or None, zone=_zone(entry.recurrence_id or entry.starts),
            all_day=entry.starts.all_day, transp=cast(Transparency, entry.transp),
            rdates=tuple(at.instant() for at in entry.rdates),
        )  # fmt: skip
    except ValueError as problem:
        raise Refused(f"{uid[:80]} cannot be sent: {problem}") from problem


def _organizer(entry: Entry) -> ics.Organizer:
    return ics.Organizer(entry.organizer.mail, entry.organizer.cn) if entry.organizer else ics.Organizer("", "")


def _person(one: Attendee) -> ics.Attendee:
    return ics.Attendee(
        one.mail, one.cn, cast(ics.Role, one.role), cast(ics.Kind, one.cutype), cast(ics.Answer, one.partstat),
        one.delegated_to, one.delegated_from,
    )  # fmt: skip


def _is_link(url: str) -> bool:
    return url.startswith(("http://", "https://")) and all("!" <= sign <= "~" for sign in url)


def _shown(entry: Entry, mail: str) -> tuple[Attendee, ...]:
    if len(entry.attendees) <= MOST_LISTED:
        return entry.attendees
    return tuple(
        one for one in entry.attendees if one.mail == mail or one.role == "CHAIR" or one.cutype in ("ROOM", "RESOURCE")
    )
