"""How full a line or a video host is, day by day, and which conferences make its fullest moment.  (pure)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.booking.place.capacity import Amount, peak
from scheduler.booking.place.load_queries import Part
from scheduler.local_time import instant


@dataclass(frozen=True)
class DayLoad:
    """A local day. ``highest``: each measure at its fullest moment; ``causes``: what is held then, the largest first;
    ``closed``: why it is closed for some of the day, "" when it is not."""

    day: date
    highest: Amount
    causes: tuple[Part, ...]
    closed: str


def day_loads(parts: Sequence[Part], first: date, days: int, measure: str) -> list[DayLoad]:
    """``days`` days from ``first``; ``measure``: by which the fullest moment is looked for."""
    return [_day(parts, first + timedelta(days=n), measure) for n in range(days)]


def _day(parts: Sequence[Part], day: date, measure: str) -> DayLoad:
    since, until = instant(day), instant(day + timedelta(days=1))
    mine = [part for part in parts if part.load.starts < until and part.load.ends > since]
    booked = [part for part in mine if not part.closed]
    moments = [max(part.load.starts, since) for part in booked]

    def at(moment: datetime) -> list[Part]:
        return [part for part in booked if part.load.starts <= moment < part.load.ends]

    def size(part: Part) -> int:
        return int(getattr(part.load.amount, measure))

    fullest = max(moments, key=lambda moment: sum(size(part) for part in at(moment)), default=None)
    causes = sorted(at(fullest), key=size, reverse=True) if fullest is not None else []
    highest = peak([part.load for part in booked], since, until)
    return DayLoad(day, highest, tuple(causes), next((part.title for part in mine if part.closed), ""))
