"""The wish: what somebody wants booked, before anything is checked or written.  (pure)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rooms.errors import FieldError
from scheduler.booking.place.capacity import DEFAULT_PROFILES, BridgeLimit, Profile
from scheduler.errors import Full, Taken
from scheduler.rulebook import RuleBook
from scheduler.timing import Spans, Timing
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
    ``top_profile``: no site is given a better picture than this profile ("audio": sound alone); "" leaves it to the
    lines. ``clash_confirmed``: the booker knows that somebody would sit in two conferences at once.
    ``chair_level``: of kinds.CHAIR_LEVELS; ``chair_for`` and ``chair_consent``: whose deputy the chair is, and who
    agreed to that when; ``verbal_order``: who ordered it by word of mouth: no letter comes.
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
    top_profile: str = ""
    clash_confirmed: bool = False
    chair_level: str = ""
    chair_for: str = ""
    chair_consent: str = ""
    verbal_order: str = ""

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
    profiles: tuple[Profile, ...] = DEFAULT_PROFILES
    bridge_limits: Mapping[int, BridgeLimit] = field(default_factory=dict)

    def bridge_limit(self, bridge_id: int) -> BridgeLimit:
        """What a video host carries."""
        return self.bridge_limits.get(bridge_id, BridgeLimit())

    @property
    def guest_profile(self) -> Profile:
        """What somebody with a link of his own counts as: the least profile with a picture."""
        return next((one for one in reversed(self.profiles) if one.height), self.profiles[-1])


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
    full: tuple[Full, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    profiles: Mapping[int, str] = field(default_factory=dict)  # what each room's line would carry, by room id
    times: Spans | None = None  # with the buffers that it would get

    @property
    def ok(self) -> bool:
        return not self.errors and not self.taken and not self.full


@dataclass(frozen=True)
class Booked:
    """What was written: database id, public key, and the version to name when changing it. ``state``: where a booking
    stands now ("pending" when it waits for approval), "" where that was not asked."""

    id: int
    key: str
    version: int = 1
    state: str = ""
