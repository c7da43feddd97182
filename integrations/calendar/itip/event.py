"""A calendar entry as iTIP (RFC 5546) sees it: a master, the dates of it that differ, and what people answered.

Values only: nothing here reads a file, a clock or a rule. Addresses are lower-case without ``mailto:``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

HOME = "Asia/Ho_Chi_Minh"
"""Where times without a zone are read."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a calendar writes it: wall clock and zone. ``wall`` is naive; ``tzid`` "UTC", an IANA name, or None
    where it floats; a whole day has midnight and no zone. Compare with :meth:`instant`, not with ``==``."""

    wall: datetime
    tzid: str | None = None
    all_day: bool = False

    def instant(self) -> datetime:
        """Aware, in UTC; what floats and whole days are taken at home."""
        return self.wall.replace(tzinfo=ZoneInfo(self.tzid or HOME)).astimezone(UTC)

    def text(self) -> str:
        """The value as a file has it: 20260907, 20260907T080000 or 20260907T010000Z."""
        if self.all_day:
            return f"{self.wall:%Y%m%d}"
        return f"{self.wall:%Y%m%dT%H%M%S}" + ("Z" if self.tzid == "UTC" else "")

    def same(self, other: Moment | None) -> bool:
        """The same instant, or the same day where one of both is a whole day (Outlook names days with a time)."""
        if other is None:
            return False
        if self.all_day or other.all_day:
            return self.wall.date() == other.wall.date()
        return self.instant() == other.instant()

    def plus(self, length: timedelta) -> Moment:
        """Later by wall clock, as recurrences and durations of days count."""
        return replace(self, wall=self.wall + length)


@dataclass(frozen=True, slots=True)
class Organizer:
    """Whose mailbox takes the answers."""

    mail: str
    cn: str = ""
    sent_by: str = ""


@dataclass(frozen=True, slots=True)
class Attendee:
    """One invited address and its answer. ``rsvp`` as written; ``agent``: SCHEDULE-AGENT, anything but SERVER means
    that somebody else writes to him."""

    mail: str
    cn: str = ""
    role: str = "REQ-PARTICIPANT"
    cutype: str = "INDIVIDUAL"
    partstat: str = "NEEDS-ACTION"
    rsvp: bool = False
    delegated_to: tuple[str, ...] = ()
    delegated_from: tuple[str, ...] = ()
    sent_by: str = ""
    agent: str = "SERVER"
    force: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One VEVENT. ``dtstamp``, ``created``: aware, in UTC, None where the file had none. ``last_major_sequence``: the
    sequence of the last change that made answers void. ``recurrence_id``: the original start of a date that differs,
    None on the master. ``rule``: an RRULE's value. ``url``: shown to people; ``related_to``: the UID it belongs to."""

    starts: Moment
    ends: Moment
    sequence: int = 0
    last_major_sequence: int = 0
    dtstamp: datetime | None = None
    created: datetime | None = None
    recurrence_id: Moment | None = None
    rule: str | None = None
    rdates: tuple[Moment, ...] = ()
    exdates: tuple[Moment, ...] = ()
    status: str = "CONFIRMED"
    summary: str = ""
    location: str = ""
    url: str = ""
    description: str = ""
    transp: str = "OPAQUE"
    related_to: str = ""
    organizer: Organizer | None = None
    attendees: tuple[Attendee, ...] = ()

    @property
    def cancelled(self) -> bool:
        return self.status == "CANCELLED"

    def attendee(self, mail: str) -> Attendee | None:
        """The one with this address, any case, with or without ``mailto:``."""
        wanted = bare(mail)
        return next((one for one in self.attendees if one.mail == wanted), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """The newest reply of one attendee for the series (``recurrence_id`` None) or for one date of it."""

    mail: str
    recurrence_id: Moment | None
    reply_sequence: int
    reply_dtstamp: datetime | None
    partstat: str
    comment: str = ""
    received_at: datetime | None = None
    reply_time: datetime | None = None
    """Outlook's own time of the answer, for two with the same DTSTAMP."""


@dataclass(frozen=True, slots=True)
class Event:
    """A whole entry: one UID. ``master`` is None where only single dates of a foreign series are known. ``left``: who
    was taken out, with the sequence of his CANCEL, so that inviting him again is newer than that. ``counter`` and
    ``last_dtstamp``: the newest ones that any message of this UID had, also of dates that are gone since."""

    uid: str
    master: Entry | None
    overrides: tuple[Entry, ...] = ()
    answers: tuple[Answer, ...] = ()
    left: tuple[tuple[str, int], ...] = ()
    counter: int = 0
    last_dtstamp: datetime | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (self.master, *self.overrides) if self.master else self.overrides

    @property
    def sequence(self) -> int:
        """The one counter of the UID: the highest that any of its entries or messages has had."""
        return max([self.counter, *(one.sequence for one in self.entries)])

    @property
    def organizer(self) -> Organizer | None:
        return next((one.organizer for one in self.entries if one.organizer), None)

    @property
    def cancelled(self) -> bool:
        return self.master.cancelled if self.master else all(one.cancelled for one in self.overrides)

    def override(self, recurrence_id: Moment) -> Entry | None:
        """The date that differs and originally began then."""
        return next((one for one in self.overrides if recurrence_id.same(one.recurrence_id)), None)

    def answer(self, mail: str, recurrence_id: Moment | None) -> Answer | None:
        """What this address answered last, for the series or for that one date."""
        wanted = bare(mail)
        for one in self.answers:
            same = one.recurrence_id is None if recurrence_id is None else recurrence_id.same(one.recurrence_id)
            if one.mail == wanted and same:
                return one
        return None


def bare(address: str) -> str:
    """An address in the form kept here: lower-case, without ``mailto:`` (also when doubled)."""
    found = address.strip().lower()
    while found.startswith("mailto:"):
        found = found.removeprefix("mailto:").strip()
    return found
