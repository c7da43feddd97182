"""What a room's line really carried in its last conferences, and the best picture it is therefore given again.  (pure)

Devices report at the end of a conference which picture they were told and what they measured. A line that lost packets
is not given more than it carried; after as many good conferences in a row it is tried one step better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from scheduler.booking.place.capacity import Profile
from scheduler.local_time import LOCAL

LAST = 4
"""Conferences that are looked at."""
SAME_HOUR = timedelta(hours=1)
"""A line is slow at certain hours of the day; conferences that began within this of the clock time count."""
LOSSY = 5.0
"""Per cent of packets lost, in the middle of the conference, from which on a picture was not carried."""


class Carried(NamedTuple):
    """One report: the profile that the device was told, kbit/s each way as measured, per cent lost."""

    starts: datetime
    told: str
    kbps_up: float
    kbps_down: float
    loss: float


def carried_of(starts: datetime, said: Mapping[str, Any]) -> Carried | None:
    """A device's report; None when it is not one. Devices may send anything."""
    figures = [said.get(name) for name in ("up", "down", "loss")]
    told = said.get("picture")
    if not isinstance(told, str) or not all(isinstance(n, int | float) and 0 <= n < 10_000_000 for n in figures):
        return None
    up, down, loss = (float(n) for n in figures if n is not None)
    return Carried(starts, told, up, down, loss)


def carried_top(profiles: Sequence[Profile], reports: Sequence[Carried], wish: datetime) -> str:
    """The code of the best profile that the last ``LAST`` conferences at that hour allow; "" when they do not say.

    ``reports``: newest first; ``profiles``: best first.
    """
    last = [one for one in reports if _same_hour(one.starts, wish)][:LAST]
    codes = [profile.code for profile in profiles]
    known = [one for one in last if one.told in codes]
    if not known:
        return ""
    if all(one.loss < LOSSY for one in known):
        best = min(codes.index(one.told) for one in known)
        return codes[max(best - 1, 0)] if len(known) == LAST or best == 0 else codes[best]
    return codes[min(_carried(one, profiles, codes) for one in known)]


def _carried(report: Carried, profiles: Sequence[Profile], codes: Sequence[str]) -> int:
    """The place of the best profile, none above the one told, that what was measured is enough for."""
    told = codes.index(report.told)
    if report.loss < LOSSY:
        return told
    enough = (n for n in range(told + 1, len(profiles)) if profiles[n].kbps_up <= report.kbps_up)
    return next(enough, len(profiles) - 1)


def _same_hour(starts: datetime, wish: datetime) -> bool:
    one, other = (at.astimezone(LOCAL) for at in (starts, wish))
    apart = abs((one.hour * 60 + one.minute) - (other.hour * 60 + other.minute))
    return timedelta(minutes=min(apart, 1440 - apart)) <= SAME_HOUR
