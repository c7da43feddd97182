"""Invitations as iCalendar bytes (RFC 5545/5546), in the one shape that Outlook, Google, Zimbra and Thunderbird share.

The bytes depend on the :class:`Invitation` alone, so that a repeated letter carries the identical calendar.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Component, Event, Timezone, vCalAddress, vRecur, vUri

from integrations.addresses import one_line, plain_address
from integrations.calendar.invitation import (
    Answer,
    Attendee,
    Invitation,
    Kind,
    Method,
    Organizer,
    Relayed,
    Role,
    Status,
)
from integrations.calendar.timezones import vtimezone

__all__ = ["Answer", "Attendee", "Invitation", "Kind", "Method", "Organizer", "Relayed", "Role", "Status", "render"]

PRODID = "-//bacgiang//confsvc 1.0//VI"


@lru_cache(64)  # the letters of one edition carry the same entry
def render(invitation: Invitation, *dates: Invitation) -> bytes:
    """The calendar object: UTF-8, CRLF, folded, a VTIMEZONE for each zone, one VEVENT and one for each of its ``dates``
    that differ; the same bytes for the same invitations. ValueError for dates of another entry, or a zone that has no
    short description: write such times in UTC."""
    if any(date.uid != invitation.uid or date.method != invitation.method for date in dates):
        raise ValueError("one calendar object is about one entry")
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if invitation.method:
        calendar.add("method", invitation.method)
    for zone, year in _zones((invitation, *dates)).items():
        calendar.add_component(_timezone(zone, year))
    for one in (invitation, *dates):
        calendar.add_component(_event(one))
    ics: bytes = calendar.to_ical(sorted=False)
    return ics


def _zones(invitations: tuple[Invitation, ...]) -> dict[str, int]:
    """The zones that are named, with the year of the first start there."""
    found: dict[str, int] = {}
    for one in invitations:
        if not one.all_day and one.zone != "UTC":
            found[one.zone] = min(found.get(one.zone, 9999), one.starts.year)
    return found


def _timezone(zone: str, year: int) -> Component:
    block = vtimezone(zone, year)
    if block is None:
        raise ValueError(f"{zone} has no short description in {year}")
    return Timezone.from_ical(block)


def _event(invitation: Invitation) -> Event:
    event = Event()
    stamp = _utc(invitation.dtstamp)
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", stamp)
    event.add("created", _utc(invitation.created))
    event.add("last-modified", stamp)
    event.add("dtstart", _written(invitation.starts, invitation))
    if invitation.ends > invitation.starts:
        event.add("dtend", _written(invitation.ends, invitation))
    _repetition(event, invitation)
    event.add("summary", one_line(invitation.summary))
    cancels = invitation.method == "CANCEL"
    if where := invitation.location or invitation.url:
        event.add("location", one_line(where))
    if invitation.url and not cancels:
        event.add("url", invitation.url)
        label = _name(invitation.url_label)
        event.add(
            "conference", vUri(invitation.url, params={"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"], "LABEL": label})
        )
    if text := _lines(invitation.description):
        event.add("description", text)
    if invitation.organizer.mail:
        event.add("organizer", _person(invitation.organizer.mail, {"CN": _name(invitation.organizer.cn)}))
    for attendee in invitation.attendees:
        event.add("attendee", _attendee(attendee))
    if invitation.status:
        event.add("status", invitation.status)
    event.add("transp", invitation.transp)
    event.add("class", "PUBLIC")
    if not cancels:
        event.add("x-microsoft-cdo-intendedstatus", "BUSY" if invitation.transp == "OPAQUE" else "FREE")
        event.add("x-microsoft-disallow-counter", "TRUE")
    if invitation.all_day:
        event.add("x-microsoft-cdo-alldayevent", "TRUE")
    if invitation.alarm_minutes is not None:
        event.add_component(_alarm(invitation.summary, invitation.alarm_minutes))
    return event


def _repetition(event: Event, invitation: Invitation) -> None:
    if invitation.recurrence_id is not None:
        event.add("recurrence-id", _written(invitation.recurrence_id, invitation))
    if invitation.rule is not None:
        event.add("rrule", vRecur.from_ical(invitation.rule))
    if invitation.exdates:
        event.add("exdate", [_written(at, invitation) for at in invitation.exdates])
    if isinstance(invitation, Relayed):
        if invitation.rdates:
            event.add("rdate", [_written(at, invitation) for at in invitation.rdates])
        for line in invitation.remember:
            event.add("x-confsvc-itip", line)
    if invitation.related_to is not None:
        event.add("related-to", invitation.related_to)


def _attendee(attendee: Attendee) -> vCalAddress:
    rsvp = "TRUE" if attendee.partstat == "NEEDS-ACTION" else "FALSE"
    return _person(
        attendee.mail,
        {
            "CUTYPE": attendee.cutype,
            "ROLE": attendee.role,
            "PARTSTAT": attendee.partstat,
            "RSVP": rsvp,
            "DELEGATED-TO": [f"mailto:{plain_address(mail)}" for mail in attendee.delegated_to],
            "DELEGATED-FROM": [f"mailto:{plain_address(mail)}" for mail in attendee.delegated_from],
            "CN": _name(attendee.cn),
        },
    )


def _person(mail: str, params: dict[str, str | list[str]]) -> vCalAddress:
    return vCalAddress(f"mailto:{plain_address(mail)}", params={key: value for key, value in params.items() if value})


def _alarm(summary: str, minutes: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", one_line(summary))
    alarm.add("trigger", timedelta(minutes=-minutes))
    return alarm


def _name(text: str) -> str:
    """A parameter value: without what RFC 6868 writes as ``^'`` and ``^^``, shown literally by Outlook and Zimbra, and
    without the backslash, which readers take for an escape although parameters know none."""
    return one_line(re.sub(r'["^\\]', "", text))


def _lines(text: str) -> str:
    return "\n".join(one_line(line) for line in text.splitlines())


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _written(at: datetime, invitation: Invitation) -> datetime | date:
    there = at.astimezone(ZoneInfo(invitation.zone)).replace(microsecond=0)
    return there.date() if invitation.all_day else there
