"""Whether a rule of repetition begins where its entry does, found out without ever letting it run."""

from __future__ import annotations

import re
from datetime import datetime

from dateutil.rrule import rrulestr


def begins_on(rule: str, start: str) -> bool:
    """Whether a series that starts then has its first date there; calendars count differently where it has not.

    Only the rules that we send are tried, and each in its first day, week or month alone: others, and those that
    have no date, can keep dateutil busy until the year 9999.
    """
    if not re.fullmatch(
        r"FREQ=(DAILY|WEEKLY|MONTHLY)(;(INTERVAL|COUNT)=[1-9]\d{0,2}|;(UNTIL|BYDAY|BYMONTHDAY|BYSETPOS|"
        r"WKST)=[A-Z0-9,+-]{1,200}){0,8}",
        rule,
    ):
        return False
    form = "%Y%m%dT%H%M%S" if "T" in start else "%Y%m%d"
    try:
        first = datetime.strptime(start.rstrip("Z"), form)  # noqa: DTZ007  wall time, as the rule counts
        endless = re.sub(r";(UNTIL|COUNT|INTERVAL)=[^;]+", "", rule) + f";INTERVAL={12 * 9999}"
        return next(iter(rrulestr(endless, dtstart=first)), None) == first
    except (ValueError, OverflowError, IndexError):
        return False
