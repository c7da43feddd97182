"""How many of a series' entry points really come: what earlier dates say about the later ones.  (pure)

Whoever books counts everybody; a video host has seats for those who come. Once three dates are recorded, the seats of
later ones may be reserved by what came, never for fewer than came at most. Rooms and lines are held for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scheduler.booking.place.capacity import Amount

LEAST_DATES = 3


@dataclass(frozen=True)
class ShowRate:
    """Of ``dates`` recorded dates, in sum: entry points ``planned`` (sites, and guests with a link of their own) and
    those that ``came``; ``most``: on the date with the most."""

    dates: int
    planned: int
    came: int
    most: int

    @property
    def usual(self) -> tuple[int, int]:
        """On average: how many came, of how many."""
        return round(self.came / self.dates), round(self.planned / self.dates)

    def expected(self, size: int) -> int:
        """Of ``size`` entry points, those to reserve for: rounded up, at least the most that came, at most all."""
        return min(size, max(-(-size * self.came // max(self.planned, 1)), self.most))

    def reduced(self, amount: Amount) -> Amount:
        """What a conference takes of its video host, when those come that are expected: seats, and kbit/s in
        proportion, rounded up."""
        seats = self.expected(amount.seats)
        if seats == amount.seats:
            return amount
        return Amount(seats, -(-amount.kbps_up * seats // amount.seats), amount.kbps_down)

    def at_least(self, most: int) -> ShowRate:
        """The same where more came since."""
        return ShowRate(self.dates, self.planned, self.came, max(self.most, most))

    def as_data(self) -> dict[str, int]:
        """JSON values, as ``rate_of`` reads them."""
        return asdict(self)


def rate_of(data: Mapping[str, Any] | None) -> ShowRate | None:
    return ShowRate(**data) if data else None


def show_rate(past: Iterable[tuple[int, int]]) -> ShowRate | None:
    """``past``: planned and came of each recorded date; None while fewer than three say anything."""
    known = [(planned, came) for planned, came in past if planned > 0 and came > 0]
    if len(known) < LEAST_DATES:
        return None
    came = [one[1] for one in known]
    return ShowRate(len(known), sum(one[0] for one in known), sum(came), max(came))
