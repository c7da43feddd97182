"""Invitations as iCalendar bytes (RFC 5545/5546), in the one shape that Outlook, Google, Zimbra and Thunderbird share.

The bytes depend on the :class:`Invitation` alone, so that a repeated letter carries the identical calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vRecur, vUri

from integrations.addresses import one_line, plain_address
from integrations.calendar.timezones import TZID, VTIMEZONE

Method = Literal["REQUEST", "CANCEL"]
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
Role = Literal["CHAIR", "REQ-PARTICIPANT", "OPT-PARTICIPANT", "NON-PARTICIPANT"]
Kind = Literal["INDIVIDUAL", "GROUP", "ROOM", "RESOURCE"]
Answer = Literal["NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"]

PRODID = "-//bacgiang//confsvc 1.0//VI"
_UID = re.compile(r"[A-Za-z0-9._-]{1,120}@[A-Za-z0-9.-]{1,120}\Z")
_ZONE = ZoneInfo(TZID)


@dataclass(frozen=True, slots=True)
class Organizer:
    """The service's own mailbox, constant; ``cn`` is the inviting office as people read it."""

    mail: str
    cn: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """One line of the list. A room: ``cutype="ROOM"``, ``role="NON-PARTICIPANT"``, ``partstat`` set by us.

    RSVP follows from ``partstat``: asked for while NEEDS-ACTION, else not.
    """

    mail: str
    cn: str
    role: Role = "REQ-PARTICIPANT"
    cutype: Kind = "INDIVIDUAL"
    partstat: Answer = "NEEDS-ACTION"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One calendar message. Times are aware, seconds are cut.

    ``url``: the join page, the same for all; never the video host's own address. ``location``: shown by every
    calendar; the URL when left out. ``status`` None only with CANCEL, to take one attendee out of a living conference.
    ``alarm_minutes``: a reminder before the start, not with CANCEL. The list of attendees is the caller's: above 50
    people send chair, rooms and the recipient only. ``rule``: it repeats (an RRULE's value, ``starts`` is one of its
    dates), but not on ``exdates``; ``recurrence_id``: it is that one date of it. ``related_to``: the UID that it
    belongs to. Raises ValueError for what calendars would refuse.
    """

    uid: str
    sequence: int
    dtstamp: datetime
    method: Method
    starts: datetime
    ends: datetime
    summary: str
    description: str
    organizer: Organizer
    attendees: tuple[Attendee, ...]
    created: datetime
    status: Status | None = "CONFIRMED"
    location: str | None = None
    url: str | None = None
    url_label: str = "Vào phòng họp"
    alarm_minutes: int | None = None
    rule: str | None = None
    exdates: tuple[datetime, ...] = ()
    recurrence_id: datetime | None = None
    related_to: str | None = None

    def __post_init__(self) -> None:
        if not _UID.match(self.uid):
            raise ValueError(f"not a UID of ours: {self.uid!r}")
        if self.sequence < 0:
            raise ValueError("a SEQUENCE counts from 0")
        for at in (self.dtstamp, self.starts, self.ends, self.created, self.recurrence_id, *self.exdates):
            if at is not None and at.tzinfo is None:
                raise ValueError("a time without a zone")
        if self.starts >= self.ends:
            raise ValueError("the end must be after the start")
        if self.url is not None and not re.match(r"https?://[!-~]+\Z", self.url):
            raise ValueError("the URL is not plain http(s)")
        if self.rule is not None and self.recurrence_id is not None:
            raise ValueError("one date of a series does not repeat")
        self._check_people()
        if self.method == "CANCEL":
            self._check_cancel()
        elif self.status not in ("CONFIRMED", "TENTATIVE"):
            raise ValueError("a REQUEST is CONFIRMED or TENTATIVE")

    def _check_people(self) -> None:
        mails = [plain_address(attendee.mail) for attendee in self.attendees]
        if not mails or len(set(mails)) != len(mails):
            raise ValueError("attendees are needed, each address once")
        plain_address(self.organizer.mail)

    def _check_cancel(self) -> None:
        if self.alarm_minutes is not None or self.rule is not None:
            raise ValueError("a CANCEL has neither alarm nor rule")
        if self.status is None and len(self.attendees) != 1:
            raise ValueError("a CANCEL without STATUS takes out exactly one attendee")
        if self.status not in (None, "CANCELLED"):
            raise ValueError("a CANCEL is CANCELLED, or without STATUS")


@lru_cache(64)  # the letters of one edition carry the same entry
def render(invitation: Invitation, *dates: Invitation) -> bytes:
    """The calendar object: UTF-8, CRLF, folded, one VTIMEZONE, one VEVENT and one for each of its ``dates`` that
    differ; the same bytes for the same invitations. ValueError for dates of another entry."""
    if any(date.uid != invitation.uid or date.method != invitation.method for date in dates):
        raise ValueError("one calendar object is about one entry")
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", invitation.method)
    calendar.add_component(Timezone.from_ical(VTIMEZONE))
    for one in (invitation, *dates):
        calendar.add_component(_event(one))
    ics: bytes = calendar.to_ical(sorted=False)
    return ics


def _event(invitation: Invitation) -> Event:
    event = Event()
    stamp = _utc(invitation.dtstamp)
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", stamp)
    event.add("created", _utc(invitation.created))
    event.add("last-modified", stamp)
    event.add("dtstart", _local(invitation.starts))
    event.add("dtend", _local(invitation.ends))
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
    event.add("description", _lines(invitation.description))
    event.add("organizer", _person(invitation.organizer.mail, {"CN": _name(invitation.organizer.cn)}))
    for attendee in invitation.attendees:
        event.add("attendee", _attendee(attendee))
    if invitation.status:
        event.add("status", invitation.status)
    event.add("transp", "OPAQUE")
    event.add("class", "PUBLIC")
    if not cancels:
        event.add("x-microsoft-cdo-intendedstatus", "BUSY")
        event.add("x-microsoft-disallow-counter", "TRUE")
    if invitation.alarm_minutes is not None:
        event.add_component(_alarm(invitation.summary, invitation.alarm_minutes))
    return event


def _repetition(event: Event, invitation: Invitation) -> None:
    if invitation.recurrence_id is not None:
        event.add("recurrence-id", _local(invitation.recurrence_id))
    if invitation.rule is not None:
        event.add("rrule", vRecur.from_ical(invitation.rule))
    if invitation.exdates:
        event.add("exdate", [_local(at) for at in invitation.exdates])
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
            "CN": _name(attendee.cn),
        },
    )


def _person(mail: str, params: dict[str, str]) -> vCalAddress:
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


def _local(at: datetime) -> datetime:
    return at.astimezone(_ZONE).replace(microsecond=0)
