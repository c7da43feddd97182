"""All times of a conference that are told to people, machines and the database, from one set of rules.

(pure) Whoever needs a time takes it from here, so that the room opens, the ticket is valid and the device joins in
the right order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from rooms.errors import FieldError, Invalid

LIMITS: dict[str, tuple[int, int]] = {
    "opens_before": (1, 240),
    "endpoint_lead": (1, 60),
    "admission_early": (0, 30),
    "ticket_early": (0, 60),
    "longest_extension": (0, 720),
    "ticket_late": (0, 240),
    "grace": (0, 120),
    "room_setup": (0, 240),
    "room_clear": (0, 240),
    "settle": (0, 1440),
    "jitter": (0, 300),
    "gather": (0, 60),
}


@dataclass(frozen=True)
class Timing:
    """The house's rules in minutes, except ``jitter`` in seconds.

    Raises Invalid with every wrong field at once: outside LIMITS, or in an order in which a device would join a room
    that is not open, hold a ticket that is not valid yet, or be cut off before the end that we announce.
    """

    opens_before: int = 60  # the video room may open this long before the start
    endpoint_lead: int = 15  # the devices in the rooms join this long before the start
    admission_early: int = 2  # a refusal sticks at the video host for up to 90 s, so we admit a little early
    ticket_early: int = 5  # tickets are valid this long before the room opens: clocks differ
    longest_extension: int = 120  # how far a running conference may be extended beyond its booked end
    ticket_late: int = 15  # tickets outlive the latest end by this
    grace: int = 15  # the video room is ended by us this long after the end
    room_setup: int = 15  # the physical room is reserved from this long before the start
    room_clear: int = 0  # ... until this long after the end
    settle: int = 5  # late facts are awaited this long after the grace, then the conference is recorded
    jitter: int = 20  # seconds over which the devices spread their joining
    gather: int = 10  # letters of a change wait this long for further changes

    def __post_init__(self) -> None:
        errors = []
        for field in fields(self):
            value, (low, high) = getattr(self, field.name), LIMITS[field.name]
            if type(value) is not int or not low <= value <= high:
                errors.append(FieldError(field.name, "out_of_range", {"low": low, "high": high}))
        if not errors:
            errors = [FieldError(name, code, data) for name, code, data, wrong in self._order() if wrong]
        if errors:
            raise Invalid(errors)

    def _order(self) -> list[tuple[str, str, dict[str, str], bool]]:
        return [
            ("endpoint_lead", "above", {"other": "opens_before"}, self.endpoint_lead > self.opens_before),
            ("admission_early", "above", {"other": "ticket_early"}, self.admission_early > self.ticket_early),
            ("grace", "above", {"other": "longest_extension"}, self.grace > self.longest_extension),
        ]


@dataclass(frozen=True)
class Spans:
    """The times of one conference, aware UTC. Spans are half-open: ``room_until`` belongs to whoever comes next."""

    starts: datetime
    ends: datetime
    admits: datetime  # from here on the video host is told "yes"
    opens: datetime
    join_at: datetime  # of the devices in the rooms, before each one's jitter
    room_from: datetime
    room_until: datetime
    ends_grace: datetime  # we end the video room here
    settled: datetime  # the attendance is computed from here on
    latest_end: datetime  # what the video host is told; never moves with an extension
    ticket_nbf: datetime
    ticket_exp: datetime


def spans(starts: datetime, ends: datetime, timing: Timing, *, booked_ends: datetime | None = None) -> Spans:
    """All times of a conference from ``starts`` to ``ends`` (aware UTC; ValueError otherwise or when starts >= ends).

    ``booked_ends`` is the end as booked, when a running conference was extended or ended early: the latest end and
    the tickets, which were told to others, depend on that one.
    """
    if starts.tzinfo is None or ends.tzinfo is None:
        raise ValueError("times of a conference carry a zone")
    if starts >= ends:
        raise ValueError("a conference starts before it ends")

    opens = starts - _minutes(timing.opens_before)
    ends_grace = ends + _minutes(timing.grace)
    latest_end = max((booked_ends or ends) + _minutes(timing.longest_extension), ends)
    return Spans(
        starts=starts,
        ends=ends,
        admits=opens - _minutes(timing.admission_early),
        opens=opens,
        join_at=starts - _minutes(timing.endpoint_lead),
        room_from=starts - _minutes(timing.room_setup),
        room_until=ends + _minutes(timing.room_clear),
        ends_grace=ends_grace,
        settled=ends_grace + _minutes(timing.settle),
        latest_end=latest_end,
        ticket_nbf=opens - _minutes(timing.ticket_early),
        ticket_exp=latest_end + _minutes(timing.ticket_late),
    )


def squeezed(times: Spans, busy: Sequence[tuple[datetime, datetime]]) -> Spans:
    """The same with as much of the room's buffers as its neighbours leave free: an emergency begins as soon as the room
    is empty. ``busy``: half-open spans of others in any of its rooms; what overlaps the sitting itself is not minded.
    """
    before = [ends for _, ends in busy if ends <= times.starts]
    after = [starts for starts, _ in busy if starts >= times.ends]
    return replace(
        times, room_from=max([times.room_from, *before]), room_until=min([times.room_until, *after])
    )  # fmt: skip


def without_lead(times: Spans) -> Spans:
    """The same for lines and host that are only free for the sitting itself."""
    return replace(times, join_at=times.starts, opens=times.starts, ends_grace=times.ends)


def join_at(starts: datetime, timing: Timing, endpoint_key: str, previous_ends: datetime | None = None) -> datetime:
    """When one device joins: its lead before the start, but not before the previous conference of its room ends.

    The jitter, whole seconds within ``timing.jitter``, is a hash of the endpoint's key: the same on every process and
    after every restart, so an agenda's bytes do not change by themselves.
    """
    earliest = starts - _minutes(timing.endpoint_lead)
    if previous_ends is not None and previous_ends > earliest:
        earliest = previous_ends
    return earliest + timedelta(seconds=_jitter(endpoint_key, timing.jitter))


def _jitter(endpoint_key: str, seconds: int) -> int:
    digest = hashlib.sha256(endpoint_key.encode()).digest()
    return int.from_bytes(digest[:8], "big") % (seconds + 1)


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
