"""When a line of a plan is: its day and times as people write them.  (pure)"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from confsvc.web.pages.typed import parse_day, parse_time
from rooms.errors import FieldError
from scheduler.local_time import instant

_BOTH = re.compile(r"(\S+)\s+(\S+)")
ANY_DAY = date(2000, 1, 1)
"""To say whether a time of day is one while the day is none."""


def times_of(fields: Mapping[str, str], errors: list[FieldError]) -> tuple[datetime, datetime] | None:
    """Begin and end (UTC) of a line; what cannot be read goes to ``errors``, each cell by itself."""
    day, start = parse_day(fields.get("date", "")), parse_time(fields.get("start", ""))
    until = _end(fields.get("end", ""), day or ANY_DAY)
    for name, value, code in (("date", day, "day_form"), ("start", start, "time_form"), ("end", until, "time_form")):
        if value is None:
            errors.append(FieldError(name, code if fields.get(name) else "required", {"text": fields.get(name, "")}))
    if day is None or start is None or until is None:
        return None
    return instant(day, start), until


def _end(typed: str, day: date | None) -> datetime | None:
    """A time of the same day, or a time and a day in any order."""
    both = _BOTH.fullmatch(typed.strip())
    clock = parse_time(typed)
    if both is not None and clock is None:
        clock = parse_time(both[1]) or parse_time(both[2])
        day = parse_day(both[2]) or parse_day(both[1])
    return instant(day, clock) if day is not None and clock is not None else None
