"""What an invitation says, before it is written: values that no calendar refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from integrations.addresses import one_line, plain_address
from integrations.calendar.timezones import TZID

Method = Literal["REQUEST", "CANCEL", ""]
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
Role = Literal["CHAIR", "REQ-PARTICIPANT", "OPT-PARTICIPANT", "NON-PARTICIPANT"]
Kind = Literal["INDIVIDUAL", "GROUP", "ROOM", "RESOURCE", "UNKNOWN"]
Answer = Literal["NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"]
Transparency = Literal["OPAQUE", "TRANSPARENT"]

_UID = re.compile(r"[A-Za-z0-9._-]{1,120}@[A-Za-z0-9.-]{1,120}\Z")


@dataclass(frozen=True, slots=True)
class Organizer:
    """The service's own mailbox, constant; ``cn`` is the inviting office as people read it."""

    mail: str
    cn: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """One line of the list. A room: ``cutype="ROOM"``, ``role="NON-PARTICIPANT"``, ``partstat`` set by us.

    RSVP follows from ``partstat``: asked for while NEEDS-ACTION, else not. ``delegated_to``, ``delegated_from``:
    addresses, of whoever sends a deputy and of the deputy.
    """

    mail: str
    cn: str
    role: Role = "REQ-PARTICIPANT"
    cutype: Kind = "INDIVIDUAL"
    partstat: Answer = "NEEDS-ACTION"
    delegated_to: tuple[str, ...] = ()
    delegated_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invitation:
    """One calendar message. Times are aware, seconds are cut.

    ``url``: the join page, the same for all; never the video host's own address. ``location``: shown by every
    calendar; the URL when left out. ``status`` None only with CANCEL, to take one attendee out of a living conference.
    ``alarm_minutes``: a reminder before the start, not with CANCEL. The list of attendees is the caller's: above 50
    people send chair, rooms and the recipient only. ``rule``: it repeats (an RRULE's value, ``starts`` is one of its
    dates), but not on ``exdates``; ``recurrence_id``: it is that one date of it. ``related_to``: the UID that it
    belongs to. ``zone``: in which all its times are written; ``all_day``: only their dates are, the end exclusive.
    Raises ValueError for what calendars would refuse.
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
    zone: str = TZID
    all_day: bool = False
    transp: Transparency = "OPAQUE"

    def __post_init__(self) -> None:
        self._check_identity()
        if self.sequence < 0:
            raise ValueError("a SEQUENCE counts from 0")
        for at in (self.dtstamp, self.starts, self.ends, self.created, self.recurrence_id, *self.exdates):
            if at is not None and at.tzinfo is None:
                raise ValueError("a time without a zone")
        if self.url is not None and not re.match(r"https?://[!-~]+\Z", self.url):
            raise ValueError("the URL is not plain http(s)")
        if self.rule is not None and self.recurrence_id is not None:
            raise ValueError("one date of a series does not repeat")
        self._check_people()
        self._check_method()

    def _check_identity(self) -> None:
        if not _UID.match(self.uid):
            raise ValueError(f"not a UID of ours: {self.uid!r}")
        if self.starts >= self.ends:
            raise ValueError("the end must be after the start")

    def _check_people(self) -> None:
        mails = [plain_address(attendee.mail) for attendee in self.attendees]
        if not mails or len(set(mails)) != len(mails):
            raise ValueError("attendees are needed, each address once")
        plain_address(self.organizer.mail)

    def _check_method(self) -> None:
        if self.method == "CANCEL":
            self._check_cancel()
        elif self.status not in ("CONFIRMED", "TENTATIVE"):
            raise ValueError("a REQUEST is CONFIRMED or TENTATIVE")

    def _check_cancel(self) -> None:
        if self.alarm_minutes is not None or self.rule is not None:
            raise ValueError("a CANCEL has neither alarm nor rule")
        if self.status is None and len(self.attendees) != 1:
            raise ValueError("a CANCEL without STATUS takes out exactly one attendee")
        if self.status not in (None, "CANCELLED"):
            raise ValueError("a CANCEL is CANCELLED, or without STATUS")


@dataclass(frozen=True, slots=True)
class Relayed(Invitation):
    """An entry that somebody else's calendar made: any UID that is one line, an end that may be the start, and dates
    besides its rule. With no method it is a file, with or without people, in which we may ``remember`` lines of ours.
    """

    rdates: tuple[datetime, ...] = ()
    remember: tuple[str, ...] = ()

    def _check_people(self) -> None:
        if self.method:
            Invitation._check_people(self)

    def _check_method(self) -> None:
        if self.method:
            Invitation._check_method(self)

    def _check_identity(self) -> None:
        if not self.uid or one_line(self.uid) != self.uid or len(self.uid) > 1000:
            raise ValueError("not a UID")
        if self.starts > self.ends:
            raise ValueError("the end must not be before the start")
