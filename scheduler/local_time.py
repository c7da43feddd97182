"""The province's clock: which day an instant is on there, and the instant of a day and hour there.  (pure)"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MIDNIGHT = time()


def local_day(at: datetime) -> date:
    """The province's day of an aware instant; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a local day needs an instant with a zone")
    return at.astimezone(LOCAL).date()


def instant(day: date, clock: time = MIDNIGHT) -> datetime:
    """UTC of a day and hour in the province, of its midnight without an hour."""
    return datetime.combine(day, clock, LOCAL).astimezone(UTC)
