"""What about a change is worth a mail, and whether it makes old answers void (RFC 5546 2.1.4).

Not mailed: answers, names of people, what calendars keep for themselves.
"""

from __future__ import annotations

from enum import IntEnum

from integrations.calendar.itip import rule
from integrations.calendar.itip.event import HOME, Entry, Event, Moment


class Change(IntEnum):
    """``MAJOR``: time, zone, repetition or status, after which everybody is asked again."""

    NONE = 0
    MINOR = 1
    MAJOR = 2


def changed(old: Entry, new: Entry, *, dates: bool = False) -> Change:
    """How one entry differs from itself before; ``dates``: exceptions and extra dates count too."""
    if _moved(old.starts, new.starts) or _moved(old.ends, new.ends) or old.status != new.status:
        return Change.MAJOR
    if rule.alike(old.rule, old.starts) != rule.alike(new.rule, new.starts) or _days(old.rdates) != _days(new.rdates):
        return Change.MAJOR
    if dates and _days(old.exdates) != _days(new.exdates):
        return Change.MAJOR
    return Change.MINOR if _shown(old) != _shown(new) else Change.NONE


def pattern_changed(old: Event, new: Event) -> bool:
    """Whether the dates of the series are others now, so that what differed on single dates may have lost its place."""
    if old.master is None or new.master is None:
        return False
    before, after = old.master, new.master
    return _moved(before.starts, after.starts) or rule.alike(before.rule, before.starts) != rule.alike(
        after.rule, after.starts
    )


def _moved(old: Moment, new: Moment) -> bool:
    return not old.same(new) or old.all_day != new.all_day or (old.tzid or HOME) != (new.tzid or HOME)


def _days(dates: tuple[Moment, ...]) -> frozenset[object]:
    return frozenset(at.instant() for at in dates)


def _shown(entry: Entry) -> tuple[object, ...]:
    """What people read: texts, link, who invites, who chairs, which rooms take part."""
    return (
        entry.summary,
        entry.location,
        entry.url,
        entry.description,
        entry.transp,
        entry.organizer.cn if entry.organizer else "",
        frozenset((one.mail, one.cn) for one in entry.attendees if one.role == "CHAIR"),
        frozenset(one.mail for one in entry.attendees if one.cutype in ("ROOM", "RESOURCE")),
    )
