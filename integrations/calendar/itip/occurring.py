"""Whether a date is one of a series.

(pure) Only rules of the house's grammar are expanded; of others it is only asked whether the date lies within.
"""

from __future__ import annotations

from collections.abc import Callable

from integrations.calendar.itip import rule
from integrations.calendar.itip.event import Event, Moment

Occurs = Callable[[Event, Moment], bool]
MOST_DATES = 2000


def occurs_by_rule(event: Event, named: Moment) -> bool:
    """By the master's rule and extra dates; dates taken out are asked for before (:func:`cancelled_date`)."""
    master = event.master
    if master is None or (master.rule is None and not master.rdates):
        return False
    dates = rule.starts_of(master, MOST_DATES)
    if dates is None:
        last = rule.last_end(master)
        return master.starts.instant() <= named.instant() and (last is None or named.instant() < last)
    return any(named.same(date) for date in dates)


def cancelled_date(event: Event, named: Moment) -> bool:
    """Whether this date was taken out, or cancelled."""
    override = event.override(named)
    if override is not None:
        return override.cancelled
    return event.master is not None and any(named.same(date) for date in event.master.exdates)
