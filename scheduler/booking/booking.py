"""The wish: what somebody wants booked, before anything is checked or written.  (pure)"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rooms.errors import FieldError
from scheduler.errors import Taken
from scheduler.rulebook import RuleBook
from scheduler.timing import Timing
from scheduler.work_calendar import WorkCalendar

LONGEST_TITLE = 200
LONGEST_NOTE = 4000
MOST_ROOMS = 300
MOST_GUESTS = 500


@dataclass(frozen=True)
class GuestWish:
    """Somebody invited by mail address; ``language`` is "vi" or "en"."""

    name: str
    mail: str
    language: str = "vi"


@dataclass(frozen=True)
class Booking:
    """A conference as wished. Times are aware; the first of ``room_ids`` is the main site.

    ``unit_ids``: units that attend without a room of their own; they sit at the main site, or where ``seats`` (unit,
    room of this conference) says. ``no_secrets``: the booker declares that no state secret will be spoken of.
    ``clash_confirmed``: the booker knows that somebody would sit in two conferences at once.
    """

    title: str
    kind: str
    form: str
    host_unit_id: int
    starts: datetime
    ends: datetime
    room_ids: tuple[int, ...] = ()
    unit_ids: tuple[int, ...] = ()
    seats: tuple[tuple[int, int], ...] = ()
    guests: tuple[GuestWish, ...] = ()
    chair_name: str = ""
    chair_title: str = ""
    chair_mail: str | None = None
    contact_name: str = ""
    contact_phone: str = ""
    note: str = ""
    letter_number: str = ""
    short_notice_reason: str | None = None
    in_person_reason: str | None = None
    in_person_note: str = ""
    no_secrets: bool = False
    clash_confirmed: bool = False

    @property
    def has_video(self) -> bool:
        """Whether some site takes part through the video host."""
        return self.form != "in_person"


@dataclass(frozen=True)
class Rules:
    """What the house allows. ``bridges``: ids of the video hosts, preferred first; without one nothing is online."""

    timing: Timing = field(default_factory=Timing)
    bridges: tuple[int, ...] = ()
    horizon_days: int = 400
    mail_domain: str = "localhost"
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    book: RuleBook = field(default_factory=RuleBook)


@dataclass(frozen=True)
class Warning_:
    """Something that does not stop a booking, but that the booker must see."""

    code: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """Everything that stands in the way of a booking, and what to know about it."""

    errors: tuple[FieldError, ...] = ()
    taken: tuple[Taken, ...] = ()
    warnings: tuple[Warning_, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.errors and not self.taken


@dataclass(frozen=True)
class Booked:
    """What was written: database id, public key, and the version to name when changing it."""

    id: int
    key: str
    version: int = 1
