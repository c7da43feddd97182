"""Which rooms a conference holds, from when to when, and the locks under which that is decided.  (pure)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from scheduler.local_time import local_day
from scheduler.timing import Spans

_ROOM = 1
_EPOCH = date(1970, 1, 1)


def reservation_rows(conference_id: int, room_ids: Sequence[int], times: Spans, *, holds: bool) -> list[dict[str, Any]]:
    """One row a room over the span with its set-up and clearing time."""
    return [
        {
            "room_id": room_id, "conference_id": conference_id, "starts": times.room_from, "ends": times.room_until,
            "holds": holds,
        }
        for room_id in room_ids
    ]  # fmt: skip


def lock_keys(spans: Iterable[tuple[Sequence[int], datetime, datetime]]) -> list[int]:
    """Sorted advisory lock keys for rooms over spans: one a room and local day, so that two bookings of one room on
    different days do not wait for each other and no two of them can deadlock.

    Local days, because 07:00 in the province is midnight in UTC and every morning would touch two.
    """
    keys: set[int] = set()
    for room_ids, since, until in spans:
        day, last = local_day(since), local_day(until - timedelta(microseconds=1))
        while day <= last:
            number = (day - _EPOCH).days
            keys.update((_ROOM << 58) | (room_id << 20) | number for room_id in room_ids)
            day += timedelta(days=1)
    return sorted(keys)
