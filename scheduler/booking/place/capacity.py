"""How much fits through a line and onto a video host: profiles, peaks, and the best picture a site can have.  (pure)

What a conference takes of a line or a host is an amount for a span. Whether another fits is the peak of the running sum
of what is taken during its span, plus what it takes itself, against what the resource carries.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

UNKNOWN_UP, UNKNOWN_DOWN = 512, 2000
"""kbit/s that a line counts as while nobody has measured it."""


@dataclass(frozen=True)
class Profile:
    """A picture quality and what it costs. ``height`` in lines, 0 for sound alone; ``kbps_up``: one sender's stream;
    ``last_n``: how many streams of others a site receives at once."""

    code: str
    height: int
    kbps_up: int
    last_n: int

    def down(self, size: int) -> int:
        """kbit/s that a site receives in a conference of ``size`` senders."""
        return self.kbps_up * min(self.last_n, max(size - 1, 0))


DEFAULT_PROFILES = (
    Profile("720p", 720, 1800, 4),
    Profile("360p", 360, 700, 4),
    Profile("180p", 180, 250, 5),
    Profile("audio", 0, 64, 3),
)
"""Best first; the rows of the table ``profile`` take their place."""


class Amount(NamedTuple):
    """What is taken, or free: seats on a host, kbit/s up and down seen from the site (of a host: both, in up)."""

    seats: int = 0
    kbps_up: int = 0
    kbps_down: int = 0

    def __add__(self, other: object) -> Amount:
        if not isinstance(other, Amount):
            return NotImplemented
        return Amount(self.seats + other.seats, self.kbps_up + other.kbps_up, self.kbps_down + other.kbps_down)


CLOSED = Amount(1_000_000, 100_000_000, 100_000_000)
"""What a closure takes of a line or a host: more than any has, and little enough that sums of it stay countable."""


class Load(NamedTuple):
    """An amount taken for a span, half-open."""

    starts: datetime
    ends: datetime
    amount: Amount


def peak(loads: Iterable[Load], since: datetime, until: datetime) -> Amount:
    """The highest sum at any moment of [since, until), each measure by itself."""
    steps: list[tuple[datetime, int, Amount]] = []
    for load in loads:
        if load.starts < until and load.ends > since:
            steps += [(max(load.starts, since), 1, load.amount), (min(load.ends, until), -1, load.amount)]
    steps.sort(key=lambda step: (step[0], step[1]))  # what ends at a moment makes room for what begins then
    now, highest = [0, 0, 0], [0, 0, 0]
    for _, sign, amount in steps:
        for measure in range(3):
            now[measure] += sign * amount[measure]
            highest[measure] = max(highest[measure], now[measure])
    return Amount(*highest)


@dataclass(frozen=True)
class LineLimit:
    """A building's line: kbit/s each way, None while unmeasured; ``share``: the percentage for conferences."""

    kbps_up: int | None
    kbps_down: int | None
    share: int = 80

    @property
    def measured(self) -> bool:
        return self.kbps_up is not None and self.kbps_down is not None

    @property
    def amount(self) -> Amount:
        """What conferences may take of it, whole kbit/s."""
        up, down = self.kbps_up or UNKNOWN_UP, self.kbps_down or UNKNOWN_DOWN
        return Amount(0, up * self.share // 100, down * self.share // 100)


def best_profile(
    profiles: Sequence[Profile], limit: LineLimit, taken: Amount, size: int, *, top: str = ""
) -> Profile | None:
    """The best profile, none above ``top``, that still fits the line at its fullest moment; None when none does."""
    whole = limit.amount
    return next(
        (
            profile
            for profile in up_to(profiles, top)
            if taken.kbps_up + profile.kbps_up <= whole.kbps_up
            and taken.kbps_down + profile.down(size) <= whole.kbps_down
        ),
        None,
    )


def up_to(profiles: Sequence[Profile], top: str) -> Sequence[Profile]:
    """The profiles, best first, from ``top`` downwards; all of them when ``top`` names none."""
    codes = [profile.code for profile in profiles]
    return profiles[codes.index(top) :] if top in codes else profiles


@dataclass(frozen=True)
class BridgeLimit:
    """What a video host carries at once; None: nobody has said, so it is not checked."""

    seats: int | None = None
    kbps: int | None = None

    @property
    def known(self) -> bool:
        """Whether there is anything to check, and so anything to wait for others with."""
        return self.seats is not None or self.kbps is not None


def bridge_amount(used: Sequence[Profile], guests: int, size: int, guest_profile: Profile) -> Amount:
    """What a conference takes of its host: a seat for every site and guest, and all they send and receive."""
    senders = [*used, *([guest_profile] * guests)]
    return Amount(len(senders), sum(profile.kbps_up + profile.down(size) for profile in senders), 0)


def fits_bridge(limit: BridgeLimit, taken: Amount, wanted: Amount) -> bool:
    """Whether ``wanted`` fits beside ``taken``; nothing fits a host that is closed, whatever it carries."""
    if taken.seats >= CLOSED.seats:
        return False
    return (limit.seats is None or taken.seats + wanted.seats <= limit.seats) and (
        limit.kbps is None or taken.kbps_up + wanted.kbps_up <= limit.kbps
    )


def largest_size(limit: BridgeLimit, taken: Amount, profile: Profile) -> int:
    """How many senders at ``profile`` still fit on the host; bounds by seats, then by kbit/s (which grow with size)."""
    seats = limit.seats - taken.seats if limit.seats is not None else 10_000

    def too_many(size: int) -> bool:
        kbps = size * (profile.kbps_up + profile.down(size))
        return not fits_bridge(limit, taken, Amount(size, kbps, 0))

    return bisect_left(range(1, max(seats, 0) + 1), True, key=too_many)
