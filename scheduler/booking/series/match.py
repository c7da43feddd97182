"""Which dates of a changed series are which of the old ones: by the local day that they stand on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from scheduler.booking.series.recurrence import Rule, wall
from scheduler.local_time import local_day
from scheduler.models import Conference

OFF = ("cancelled", "postponed")


@dataclass
class Match:
    """``live``: new original start by conference that goes on; ``off``: the same of those that are cancelled already;
    ``skips``: new dates on which nothing takes place; ``new``: dates that did not exist; ``cancelled``: conferences
    whose day is gone; ``single``: those of them that had been changed by themselves and so stay, on their own."""

    live: list[tuple[Conference, datetime]] = field(default_factory=list)
    off: list[tuple[Conference, datetime]] = field(default_factory=list)
    skips: list[datetime] = field(default_factory=list)
    new: list[datetime] = field(default_factory=list)
    cancelled: list[Conference] = field(default_factory=list)
    single: list[Conference] = field(default_factory=list)


def match(
    members: Sequence[Conference], skips: Collection[datetime], tail: Sequence[datetime], dates: Sequence[datetime], *,
    changeable: Collection[int], split: bool = False, by_day: bool = True,
) -> Match:  # fmt: skip
    """``tail``: the old original starts that are changed, ``dates``: the new ones. ``changeable``: ids of conferences
    still to come; others are past, and their new date is passed over. ``split``: the new dates are another series'.
    ``by_day`` False: of a list, which may have two
    sessions on a day."""

    def day(at: datetime) -> object:
        return local_day(at) if by_day else at

    found = Match()
    there = {one.original_starts: one for one in members if one.original_starts is not None}
    old_of: Mapping[object, datetime] = {day(at): at for at in tail}
    used: set[datetime] = set()
    for date in dates:
        old = old_of.get(day(date))
        one = there.get(old) if old is not None else None
        if old is not None:
            used.add(old)
        if one is None:
            (found.skips if old in skips else found.new).append(date)
        elif one.id in changeable:
            found.live.append((one, date))
        elif one.state in OFF:
            found.off.append((one, date))
        elif split or date != old:
            found.skips.append(date)
    for old in tail:
        gone = there.get(old)
        if old not in used and gone is not None and gone.id in changeable:
            (found.single if gone.altered else found.cancelled).append(gone)
    return found


def rest_of(rule: Rule, kept: int, starts: datetime, old_first: datetime) -> Rule:
    """What a rule says from one of its dates on, when that begins at ``starts`` now. A later hour does not cut off the
    last day."""
    left = rule.without_first(kept)
    if left.until is not None and wall(starts).time() != wall(old_first).time():
        return replace(left, until=datetime.combine(left.until.date(), time(23, 59, 59)))
    return left
