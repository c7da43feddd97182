"""What a conference holds, from when to when, and the locks under which that is decided.  (pure)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from scheduler.booking.place.capacity import Amount
from scheduler.local_time import local_day

ROOM, LINE, BRIDGE, OFFICE = 1, 2, 3, 4
"""Kinds of resources in the order in which they are locked. Of an office only what it books is counted under the lock,
and weeks and months overlap: one key for all days."""
KEYS = {ROOM: "room_id", LINE: "line_id", BRIDGE: "bridge_id"}
_EPOCH = date(1970, 1, 1)


class Hold(NamedTuple):
    """A resource for a span, half-open; rooms are held whole, the others by amount."""

    kind: int
    id: int
    starts: datetime
    ends: datetime
    amount: Amount = Amount()


def reservation_rows(holds: Iterable[Hold], *, holding: bool, **owner: int) -> list[dict[str, Any]]:
    """The rows; ``owner``: conference_id or closure_id. ``holding`` False: shown, but excluding nobody."""
    empty = {"room_id": None, "line_id": None, "bridge_id": None, "conference_id": None, "closure_id": None}
    return [
        {**empty, **owner, KEYS[hold.kind]: hold.id, "starts": hold.starts, "ends": hold.ends, "holds": holding,
         **hold.amount._asdict()}
        for hold in holds
    ]  # fmt: skip


def lock_keys(holds: Iterable[Hold]) -> list[int]:
    """Sorted advisory lock keys: one a resource and local day, rooms before lines before hosts, so that bookings of
    different days do not wait for each other and no two of them can deadlock.

    Local days, because 07:00 in the province is midnight in UTC and every morning would touch two.
    """
    return sorted({(hold.kind << 58) | (hold.id << 20) | day for hold in holds for day in _days(hold)})


def _days(hold: Hold) -> Iterator[int]:
    if hold.kind == OFFICE:
        yield 0
        return
    day, last = local_day(hold.starts), local_day(hold.ends - timedelta(microseconds=1))
    while day <= last:
        yield (day - _EPOCH).days
        day += timedelta(days=1)


def room_holds(room_ids: Sequence[int], starts: datetime, ends: datetime) -> list[Hold]:
    return [Hold(ROOM, room_id, starts, ends) for room_id in room_ids]
