"""What an incoming message came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from integrations.calendar.itip.event import Answer, Attendee, Event, Moment

Code = Literal[
    "applied", "delegated", "duplicate", "older", "old_version", "unverified", "pending_guest", "foreign_organizer",
    "rejected", "unknown_uid", "unknown_instance", "counter", "refresh", "invalid",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision. ``code``:

    - applied: the answer counts; ``answer`` is what to keep, ``erased`` the dates whose older answers it replaces.
    - delegated: likewise, and ``deputy`` is whom he sends; not invited by that, the organiser decides.
    - duplicate, older: nothing new. old_version: an answer to a time that has changed since; to be shown.
    - unverified: not surely from whom it says; to be shown, never applied. pending_guest: ``deputy`` is somebody who
      was not invited (forwarded, or sent as a deputy) and would answer ``partstat``.
    - counter: ``starts`` and ``ends`` are proposed. refresh: he asks for the newest version.
    - foreign_organizer, rejected, unknown_uid, unknown_instance, invalid: not for us, or makes no sense.

    ``event`` is the entry afterwards: the same but for answers, whatever came; None for an unknown UID. ``reason``: one
    word that says more, for programs. ``attendee``: the address on the entry, lower-case. ``partstat``: what he said.
    ``comment``: plain, at most 2 kB, not yet safe for HTML. ``more``: the decisions about the message's other VEVENTs;
    ``event`` of this one has them all.
    """

    code: Code
    event: Event | None
    reason: str = ""
    attendee: str | None = None
    partstat: str | None = None
    recurrence_id: Moment | None = None
    comment: str = ""
    answer: Answer | None = None
    erased: tuple[Moment, ...] = ()
    deputy: Attendee | None = None
    starts: Moment | None = None
    ends: Moment | None = None
    more: tuple[Outcome, ...] = ()

    @property
    def all(self) -> tuple[Outcome, ...]:
        """This and the others of the message."""
        return (self, *self.more)
