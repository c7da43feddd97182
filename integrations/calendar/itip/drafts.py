"""What one person must be told after a change: the table of messages, before they have numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from integrations.calendar.itip import rule
from integrations.calendar.itip.differences import Change, changed
from integrations.calendar.itip.event import Entry, Event
from integrations.calendar.itip.views import View, date_of, view

Kind = Literal["request", "cancel", "leave"]


@dataclass(frozen=True, slots=True)
class Draft:
    """``leave``: it goes on without him. ``date``: of a series only the date that originally began then. ``bumps``: it
    takes a number of its own; what only reaches newcomers does not. ``entries``: what it is about; ``before``: the
    series that he had, whose later dates it may take away."""

    mail: str
    kind: Kind
    date: datetime | None
    change: Change
    bumps: bool
    entries: tuple[Entry, ...]
    before: tuple[Entry, ...] = ()

    def is_over(self, now: datetime) -> bool:
        """Whether everything it is about has ended by then."""
        ends = [rule.last_end(one) for one in (*self.entries, *self.before)]
        return all(end is not None and end <= now for end in ends)


def drafts(old: Event | None, new: Event | None, mail: str) -> list[Draft]:
    """The difference between what he had and what he should have; nothing where both are the same."""
    has = view(new, mail)
    found = list(_Pair(old, new, mail, view(old, mail), has).told())
    if not found and any(one.mail == mail and one.force for entry in has.entries for one in entry.attendees):
        date = None if has.master else min(has.dates)
        found = [Draft(mail, "request", date, Change.NONE, False, has.entries)]  # who asks gets the same once more
    return found


@dataclass(frozen=True)
class _Pair:
    old: Event | None
    new: Event | None
    mail: str
    had: View
    has: View

    def told(self) -> Iterator[Draft]:
        if self.had.master and self.has.master:
            yield from self._series(self.had.master, self.has.master)
        elif self.has.master:
            yield self._joined()
        elif self.had.master:
            over = not self.has and self._is_off()
            change = Change.MAJOR if over else Change.NONE
            yield Draft(self.mail, "cancel" if over else "leave", None, change, True, (self.had.master,))
            for at, entry in sorted(self.has.dates.items()):  # newer than the CANCEL of the whole
                yield Draft(self.mail, "request", at, Change.NONE, True, (entry,))
        else:
            yield from self._single_dates()

    def _is_off(self) -> bool:
        return self.new is None or self.new.cancelled

    def _joined(self) -> Draft:
        """He had no series before: new, revived, or only invited now."""
        revived = self.old is not None and self.old.cancelled
        change = Change.MAJOR
        if self.old and self.new and not revived:
            both = self.old.master and self.new.master
            change = changed(self.old.master, self.new.master, dates=True) if both else Change.NONE  # type: ignore[arg-type]
            change = change if change is Change.MAJOR else Change.NONE
        return Draft(self.mail, "request", None, change, revived, self.has.entries)

    def _series(self, before: Entry, after: Entry) -> Iterator[Draft]:
        dates = list(self._dates(before, after))
        gone, there = _set(before), _set(after)
        lost = self.has.missing - self.had.missing - gone
        change = changed(before, after)
        if change or lost:
            if lost or gone != there:
                change = Change.MAJOR
            change = max([change, *(one.change for one in dates)])
            series = (before,) if before.rule else ()
            yield Draft(self.mail, "request", None, change, True, self.has.entries, series)
        else:
            yield from dates

    def _dates(self, before: Entry, after: Entry) -> Iterator[Draft]:
        gone, there = _set(before), _set(after)
        for at in sorted(there - gone - self.had.missing):
            yield self._cancelled(at, self.had.dates.get(at) or date_of(before, at))
        for at in sorted(gone - there - self.has.missing):
            yield self._asked(at, self.has.dates.get(at) or date_of(after, at), Change.MAJOR)
        for at, entry in sorted(self.has.dates.items()):
            if at not in gone:
                yield from self._edited(at, entry, before)
        for at in sorted(set(self.had.dates) - set(self.has.dates) - there - self.has.missing):
            as_series = date_of(after, at)
            if change := changed(self.had.dates[at], as_series):
                yield self._asked(at, as_series, change)
        for at in sorted(self.had.missing - self.has.missing - there - set(self.has.dates)):
            yield self._asked(at, date_of(after, at), Change.NONE)

    def _edited(self, at: datetime, entry: Entry, series: Entry | None) -> Iterator[Draft]:
        before = self.had.dates.get(at)
        if before is None and series is not None and at not in self.had.missing:
            before = date_of(series, at)
        if before is None and series is not None:  # the series that he has was sent to him without this date
            yield self._asked(at, entry, Change.NONE)
        elif before is None:
            yield self._joined_date(at, entry)
        elif change := changed(before, entry):
            yield self._asked(at, entry, change)

    def _single_dates(self) -> Iterator[Draft]:
        for at, entry in sorted(self.has.dates.items()):
            yield from self._edited(at, entry, None)
        for at in sorted(set(self.had.dates) - set(self.has.dates)):
            if self._is_off() or self._is_date_off(at):
                yield self._cancelled(at, self.had.dates[at])
            else:
                yield Draft(self.mail, "leave", at, Change.NONE, True, (self.had.dates[at],))

    def _is_date_off(self, at: datetime) -> bool:
        """Cancelled, or no date of the series any more."""
        if self.new is None or any(
            one.recurrence_id and one.recurrence_id.instant() == at for one in self.new.overrides
        ):
            return False
        master = self.new.master
        if master is None or at in _set(master):
            return True
        dates = rule.starts_of(master)
        return dates is not None and at not in {one.instant() for one in dates}

    def _joined_date(self, at: datetime, entry: Entry) -> Draft:
        """Somebody new on one date: a number of its own only where the date differs for the first time."""
        if self.old is None:
            return Draft(self.mail, "request", at, Change.MAJOR, False, (entry,))
        before = next(
            (one for one in self.old.overrides if one.recurrence_id and one.recurrence_id.instant() == at), None
        )
        revived = self.old.cancelled or before is None
        if before is None and self.old.master is not None:
            before = date_of(self.old.master, at)
        change = changed(before, entry) if before is not None else Change.MAJOR
        change = Change.MAJOR if self.old.cancelled else change
        return Draft(self.mail, "request", at, change if change is Change.MAJOR else Change.NONE, revived, (entry,))

    def _asked(self, at: datetime, entry: Entry, change: Change) -> Draft:
        return Draft(self.mail, "request", at, change, True, (entry,))

    def _cancelled(self, at: datetime, entry: Entry) -> Draft:
        return Draft(self.mail, "cancel", at, Change.MAJOR, True, (entry,))


def _set(master: Entry) -> frozenset[datetime]:
    return frozenset(at.instant() for at in master.exdates)
