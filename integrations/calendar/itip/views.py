"""What one person should have in the calendar: of a series without the dates that are not for him, with those that are.

Every message is the difference between what somebody had and what he should have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from integrations.calendar.itip import rule
from integrations.calendar.itip.event import Entry, Event, Moment

MAILED_KINDS = ("INDIVIDUAL", "GROUP", "UNKNOWN")
"""A room gets no mail: its answer is ours to give."""


@dataclass(frozen=True)
class View:
    """``master``: as everybody has it. ``dates``: those that differ and are his, by original start. ``missing``: those
    that differ and are not his, so that his series leaves them out."""

    master: Entry | None = None
    dates: dict[datetime, Entry] = field(default_factory=dict)
    missing: frozenset[datetime] = frozenset()

    def __bool__(self) -> bool:
        return self.master is not None or bool(self.dates)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """As they stand in one calendar object for him."""
        dates = tuple(one for _, one in sorted(self.dates.items()))
        if self.master is None:
            return dates
        gone = {at.instant(): at for at in self.master.exdates}
        for at in self.missing:
            gone[at] = _in_form(at, self.master.starts)
        return (replace(self.master, exdates=tuple(at for _, at in sorted(gone.items()))), *dates)


def view(event: Event | None, mail: str) -> View:
    """Nothing where there is no entry, it is cancelled, or he is not invited."""
    if event is None or event.cancelled:
        return View()
    mine = {one.recurrence_id.instant(): one for one in event.overrides if one.recurrence_id and one.attendee(mail)}
    if event.master is None or event.master.attendee(mail) is None:
        return View(None, mine)
    others = (one.recurrence_id.instant() for one in event.overrides if one.recurrence_id and not one.attendee(mail))
    return View(event.master, mine, frozenset(others))


def tidy(event: Event) -> Event:
    """The same entry in the one form that is compared: a cancelled date is an exception of its series, names of dates
    and exceptions stand in the zone of the series, and dates that its rule does not have are no dates of it."""
    master = event.master
    if master is None:
        return replace(event, overrides=tuple(one for one in event.overrides if not one.cancelled))
    gone = {at.instant(): _in_form(at.instant(), master.starts, at) for at in master.exdates}
    kept: list[Entry] = []
    for one in event.overrides:
        if one.recurrence_id is None:
            continue
        named = _in_form(one.recurrence_id.instant(), master.starts, one.recurrence_id)
        if one.cancelled:
            gone[named.instant()] = named
        elif named.instant() not in gone:
            kept.append(replace(one, recurrence_id=named))
    if master.rule is None and not master.rdates:
        gone = {}
    exdates = tuple(at for _, at in sorted(gone.items()))
    return replace(event, master=replace(master, exdates=exdates), overrides=tuple(kept))


def without_strays(event: Event) -> Event:
    """Without what differs on dates that the rule no longer has: done only where the pattern changed."""
    dates = rule.starts_of(event.master) if event.master else None
    if dates is None or event.master is None or len(dates) >= rule.MOST_DATES:
        return event
    there = {at.instant() for at in dates}
    kept = tuple(one for one in event.overrides if one.recurrence_id and one.recurrence_id.instant() in there)
    exdates = tuple(at for at in event.master.exdates if at.instant() in there)
    return replace(event, master=replace(event.master, exdates=exdates), overrides=kept)


def date_of(master: Entry, at: datetime) -> Entry:
    """One date of a series as the series has it."""
    starts = _in_form(at, master.starts)
    ends = replace(master.ends, wall=starts.wall + (master.ends.wall - master.starts.wall))
    return replace(master, starts=starts, ends=ends, recurrence_id=starts, rule=None, exdates=(), rdates=())


def mailed(event: Event | None, organizer: str) -> Iterable[str]:
    """Who takes mail about it, in the order of the file: everybody but the organizer, rooms, and those whom somebody
    else tells."""
    for entry in event.entries if event else ():
        for one in entry.attendees:
            if one.mail != organizer and one.cutype in MAILED_KINDS and one.agent == "SERVER":
                yield one.mail


def _in_form(at: datetime, form: Moment, given: Moment | None = None) -> Moment:
    """That instant by the clock of ``form``; of whole days the day."""
    if form.all_day:
        wall = given.wall if given else at.astimezone(rule.zone_of(form)).replace(tzinfo=None)
        return Moment(wall.replace(hour=0, minute=0, second=0), None, True)
    if given is not None and given.all_day:
        return Moment(datetime.combine(given.wall.date(), form.wall.time()), form.tzid)
    return Moment(at.astimezone(rule.zone_of(form)).replace(tzinfo=None), form.tzid)
