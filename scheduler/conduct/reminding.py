"""When people are reminded of a conference: the day before, an hour and a quarter of an hour before the start.

(pure) A reminder is taken once a sitting. Of several that were missed only the last is taken, and what passed before
people were last written to is left out: they have just been told.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

BEFORE: dict[str, timedelta] = {
    "remind_day": timedelta(days=1), "remind_60": timedelta(minutes=60), "remind_15": timedelta(minutes=15),
}  # fmt: skip
"""Each reminder with how long before the start; also the names of the rules that switch it off."""
TOO_LATE = timedelta(minutes=5)
"""Less than this before the start nobody reads a mail any more."""


def first_look(starts: datetime, now: datetime) -> datetime | None:
    """When the loop looks at a new conference for its first reminder; None when all have passed."""
    return next((starts - before for before in BEFORE.values() if starts - before > now), None)


def coming(
    starts: datetime, wished: Collection[str], taken: Collection[str], told: datetime | None
) -> list[tuple[str, datetime]]:
    """The reminders that are still to be taken, earliest first. ``told``: when people were last written to."""
    found = [(act, starts - before) for act, before in BEFORE.items() if act in wished and act not in taken]
    return [(act, at) for act, at in found if told is None or at >= told]


def is_of_use(act: str, starts: datetime, now: datetime) -> bool:
    """Whether somebody can still do something with it."""
    return now <= starts - min(TOO_LATE, BEFORE[act])


def settled_with(act: str) -> frozenset[str]:
    """A reminder and those before it."""
    names = tuple(BEFORE)
    return frozenset(names[: names.index(act) + 1])
