"""The numbers of messages: SEQUENCE counts per UID, DTSTAMP only grows, answers are void after what is major."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from integrations.calendar.itip.differences import Change, changed
from integrations.calendar.itip.drafts import Draft
from integrations.calendar.itip.event import Attendee, Entry, Event
from integrations.calendar.itip.views import date_of
from integrations.calendar.itip.writing import NEVER

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Numbers:
    """``whole``: of what concerns the entry; ``dates``: of each date; ``joined``: for newcomers; ``first``: DTSTAMP."""

    whole: int
    dates: dict[datetime, int]
    joined: int
    back: dict[str, int]
    first: datetime

    @classmethod
    def given(cls, old: Event | None, new: Event | None, found: list[Draft], now: datetime | None) -> Numbers:
        last, wished = (old.sequence if old else -1), (new.sequence if new else 0)
        bumps = any(one.bumps and one.date is None for one in found)
        whole = max(last + 1, wished) if bumps else max(last, wished)
        last, dates = whole if bumps else last, dict[datetime, int]()
        for at in sorted({one.date for one in found if one.bumps and one.date is not None}):
            last = max(last + 1, wished)
            dates[at] = last
        joined = max(last, wished)
        left = dict(old.left) if old else {}
        back = dict[str, int]()
        for one in found:
            if one.kind == "request" and not one.bumps and left.get(one.mail, -1) >= joined:
                last = max(last, left[one.mail], joined) + 1
                back[one.mail] = last
        return cls(whole, dates, joined, back, next_dtstamp(old, new, now))

    def of(self, draft: Draft) -> int:
        if draft.mail in self.back and draft.kind == "request":
            return self.back[draft.mail]
        if draft.date is None:
            return self.whole if draft.bumps else self.joined
        if draft.bumps:
            return self.dates[draft.date]
        return self.dates.get(draft.date, draft.entries[0].sequence)

    def stamp(self, draft: Draft) -> datetime:
        """Each number has its own second, as the same person may get two."""
        used = sorted({self.whole, self.joined, *self.dates.values(), *self.back.values()})
        number = self.of(draft)
        return self.first + _SECOND * sum(one < number for one in used)

    def after(self, old: Event | None, new: Event | None, found: list[Draft]) -> Event:
        """The entry with the numbers that were given, and answers taken back where they are void."""
        event = new or (old and replace(old, master=_off(old.master), overrides=tuple(map(_gone, old.overrides))))
        assert event is not None  # noqa: S101 -- the caller has one of both
        whole = [one for one in found if one.date is None and one.bumps and one.kind != "leave"]
        master = event.master
        before = old.master if old else None
        if master is not None:
            renewed = before is not None and old is not None and (
                changed(before, master, dates=bool(whole)) is Change.MAJOR or old.cancelled
            )  # fmt: skip
            number = self.whole if whole or old is None else max(before.sequence if before else 0, master.sequence)
            major = number if old is None or (renewed and whole) else before.last_major_sequence if before else 0
            master = _numbered(master, number, major, void=renewed and bool(whole) and not master.cancelled)
        overrides = tuple(self._date_after(one, event, old, bool(whole)) for one in event.overrides)
        left = dict(old.left) if old else {}
        left |= {one.mail: self.of(one) for one in found if one.kind != "request"}
        used = [self.of(one) for one in found]
        stamps = [self.stamp(one) for one in found]
        counter = max([old.sequence if old else 0, *used, *(one.sequence for one in overrides)])
        last = max([*stamps, *([old.last_dtstamp] if old and old.last_dtstamp else [])], default=None)
        return replace(
            event, master=master, overrides=overrides, left=tuple(left.items()), counter=counter, last_dtstamp=last
        )

    def _date_after(self, one: Entry, event: Event, old: Event | None, whole: bool) -> Entry:
        if one.recurrence_id is None or old is None:
            return _numbered(one, one.sequence, one.sequence, void=False)
        at = one.recurrence_id.instant()
        before = at_date(old, at)
        known = before is not None
        if before is None and old.master is not None:
            put_back = any(gone.instant() == at for gone in old.master.exdates)
            before = (
                replace(one, last_major_sequence=old.master.last_major_sequence)
                if put_back
                else date_of(old.master, at)
            )
        number = self.dates.get(at, self.whole if whole else (before.sequence if before and known else one.sequence))
        mailed_now = whole or at in self.dates
        void = before is not None and mailed_now and changed(before, one) is Change.MAJOR
        major = number if void or before is None else before.last_major_sequence
        return _numbered(one, number, major, void=void and not one.cancelled)


def next_dtstamp(old: Event | None, new: Event | None, now: datetime | None) -> datetime:
    """The first DTSTAMP: the present, else what the file says, always newer than the last."""
    last = [one.dtstamp for one in old.entries if one.dtstamp] if old else []
    last += [old.last_dtstamp] if old and old.last_dtstamp else []
    given = [one.dtstamp for one in new.entries if one.dtstamp] if new and new is not old else []
    at = (now or max(given, default=NEVER)).replace(microsecond=0)
    return max([at, *(one + _SECOND for one in last)])


def with_answers(old: Event, new: Event) -> Event:
    """A file that leaves an answer out has not taken it back."""

    def kept(entry: Entry, before: Entry | None) -> Entry:
        def answered(one: Attendee) -> Attendee:
            known = before.attendee(one.mail) if before else None
            same = known is None or one.partstat != "NEEDS-ACTION" or known.partstat == "NEEDS-ACTION"
            return one if same or known is None else replace(one, partstat=known.partstat, rsvp=False)

        return replace(entry, attendees=tuple(map(answered, entry.attendees)))

    overrides = tuple(
        kept(one, (at_date(old, one.recurrence_id.instant()) if one.recurrence_id else None) or old.master)
        for one in new.overrides
    )
    answers = new.answers or old.answers
    return replace(
        new, master=kept(new.master, old.master) if new.master else None, overrides=overrides, answers=answers
    )


def _numbered(entry: Entry, number: int, major: int, *, void: bool) -> Entry:
    attendees = tuple(map(_asked_again, entry.attendees)) if void else entry.attendees
    return replace(entry, sequence=number, last_major_sequence=major, attendees=attendees)


def _asked_again(one: Attendee) -> Attendee:
    """Rooms, the chair and whoever sends a deputy are not asked again."""
    if one.role in ("CHAIR", "NON-PARTICIPANT") or one.cutype in ("ROOM", "RESOURCE") or one.partstat == "DELEGATED":
        return one
    return replace(one, partstat="NEEDS-ACTION", rsvp=True)


def _off(entry: Entry | None) -> Entry | None:
    return _gone(entry) if entry else None


def _gone(entry: Entry) -> Entry:
    return replace(entry, status="CANCELLED")


def at_date(event: Event | None, at: datetime) -> Entry | None:
    """What differs on the date that originally began then."""
    overrides = event.overrides if event else ()
    return next((one for one in overrides if one.recurrence_id and one.recurrence_id.instant() == at), None)
