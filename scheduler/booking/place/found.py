"""What was found for a wish: the place that it would get, and what stands in its way.  (pure)"""

from __future__ import annotations

from dataclasses import dataclass, field

from rooms.errors import FieldError, Invalid
from scheduler.booking.place.reservations import Hold
from scheduler.errors import Full, NoCapacity, RoomTaken, Taken
from scheduler.timing import Spans


@dataclass
class Place:
    """What a conference holds: the reservations, each room's profile by room id, its video host, and the times with
    the buffers that it got, which are shorter for what is urgent and finds others before or after."""

    holds: list[Hold]
    profiles: dict[int, str] = field(default_factory=dict)
    bridge_id: int | None = None
    times: Spans | None = None


@dataclass
class Survey:
    """The place that a wish would get, and what stands in its way."""

    place: Place
    taken: list[Taken] = field(default_factory=list)
    full: list[Full] = field(default_factory=list)
    over: list[FieldError] = field(default_factory=list)

    def refuse(self) -> None:
        """Raises Invalid beyond the office's limits, RoomTaken or NoCapacity when something stands in the way."""
        if self.over:
            raise Invalid(self.over)
        if self.taken:
            raise RoomTaken(self.taken, self.full)
        if self.full:
            raise NoCapacity(self.full)
