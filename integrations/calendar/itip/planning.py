"""Which messages a change means, with their numbers (RFC 5546): SEQUENCE counts per UID, DTSTAMP only grows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from integrations.calendar.itip import writing
from integrations.calendar.itip.differences import Change, changed, pattern_changed
from integrations.calendar.itip.drafts import Draft, drafts
from integrations.calendar.itip.event import Attendee, Entry, Event
from integrations.calendar.itip.pair import check_pair, cut_at_present
from integrations.calendar.itip.views import date_of, mailed, tidy, view, without_strays

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ItipMessage:
    """One calendar message to one person. ``recipient``: mailto:…; ``significant``: time, repetition or status changed,
    so that old answers are void; ``recurrence_id``: the value of RECURRENCE-ID, None for a whole entry."""

    uid: str
    method: str
    recipient: str
    significant: bool
    sequence: int
    dtstamp: datetime
    recurrence_id: str | None
    ics: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """The messages, and the entries as they stand when these are sent: numbered, with answers that are void taken
    back. ``events``: the one that was, then what was cut off it; a cancelled one too."""

    messages: tuple[ItipMessage, ...]
    events: tuple[Event, ...]


def plan_messages(old: Event | None, new: Event | None, now: datetime | None = None) -> list[ItipMessage]:
    """What is mailed when ``old`` becomes ``new`` (None: there is none). Nothing about what is over at ``now``; without
    it nothing counts as over. Refused where no calendar could follow: another organizer under the same UID, another UID
    under the same organizer."""
    return list(plan(old, new, now).messages)


def plan(old: Event | None, new: Event | None, now: datetime | None = None) -> Plan:
    """:func:`plan_messages`, with the entries as they stand afterwards."""
    old, new = check_pair(old, new)
    if old and new and old.uid != new.uid:
        gone, made = _planned(old, None, now), _planned(None, new, now)
        return Plan((*gone.messages, *made.messages), (*gone.events, *made.events))
    old, new = tidy(old) if old else None, tidy(new) if new else None
    if old and new and now and (rest := cut_at_present(old, new, now)):
        kept, following = _planned(old, rest[0], now), _planned(None, rest[1], now)
        return Plan((*kept.messages, *following.messages), (*kept.events, *following.events))
    return _planned(old, new, now)


def resend(event: Event, mail: str, now: datetime | None = None) -> Plan:
    """The same once more, for one who asks: everything that is his, under the numbers it has, with a newer DTSTAMP.
    Nothing for strangers."""
    event = tidy(event)
    mine = view(event, mail)
    if not mine:
        return Plan((), (event,))
    dtstamp = _stamp(event, event, now)
    draft = Draft(mail, "request", None if mine.master else min(mine.dates), Change.NONE, False, mine.entries)
    message = _message(event.uid, draft, event.sequence, dtstamp)
    return Plan((message,), (replace(event, last_dtstamp=dtstamp),))


def _planned(old: Event | None, new: Event | None, now: datetime | None) -> Plan:
    if old and new and pattern_changed(old, new):
        new = without_strays(new)
    if old and new:
        new = _with_answers(old, new)
    event = new or old
    if event is None:
        return Plan((), ())
    organizer = event.organizer.mail if event.organizer else ""
    people = dict.fromkeys([*mailed(old, organizer), *mailed(new, organizer)])
    found = [draft for mail in people for draft in drafts(old, new, mail)]
    found = [draft for draft in found if now is None or not draft.is_over(now)]
    numbers = _Numbers.given(old, new, found, now)
    event = numbers.after(old, new, found)
    ordered = sorted(found, key=lambda one: (one.date is not None, numbers.of(one)))
    messages = (_message(event.uid, _refreshed(one, event), numbers.of(one), numbers.stamp(one)) for one in ordered)
    return Plan(tuple(messages), (event,))


@dataclass(frozen=True)
class _Numbers:
    """``whole``: of what concerns the entry; ``dates``: of each date; ``joined``: for newcomers; ``first``: DTSTAMP."""

    whole: int
    dates: dict[datetime, int]
    joined: int
    back: dict[str, int]
    first: datetime

    @classmethod
    def given(cls, old: Event | None, new: Event | None, found: list[Draft], now: datetime | None) -> _Numbers:
        last = old.sequence if old else -1
        wished = new.master.sequence if new and new.master else 0
        whole = max(wished, last + 1 if any(one.bumps and one.date is None for one in found) else last, 0)
        last, dates = max(last, whole), dict[datetime, int]()
        for at in sorted({one.date for one in found if one.bumps and one.date is not None}):
            entry = _at(new, at)
            last = max(last + 1, entry.sequence if entry else 0)
            dates[at] = last
        joined = max(last, new.sequence) if old is None and new else last
        left = dict(old.left) if old else {}
        back = dict[str, int]()
        for one in found:
            if one.kind == "request" and not one.bumps and left.get(one.mail, -1) >= joined:
                last = max(last, left[one.mail], joined) + 1
                back[one.mail] = last
        return cls(whole, dates, joined, back, _stamp(old, new, now))

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
        before = _at(old, at)
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


def _stamp(old: Event | None, new: Event | None, now: datetime | None) -> datetime:
    """The first DTSTAMP: the present, else what the file says, always newer than the last."""
    last = [one.dtstamp for one in old.entries if one.dtstamp] if old else []
    last += [old.last_dtstamp] if old and old.last_dtstamp else []
    given = [one.dtstamp for one in new.entries if one.dtstamp] if new and new is not old else []
    at = (now or max(given, default=writing.NEVER)).replace(microsecond=0)
    return max([at, *(one + _SECOND for one in last)])


def _message(uid: str, draft: Draft, number: int, dtstamp: datetime) -> ItipMessage:
    if draft.kind == "request":
        content = writing.request(uid, draft.entries, draft.mail, number, dtstamp)
    else:
        alone = draft.kind == "leave"
        content = writing.cancel(uid, draft.entries[0], draft.mail, number, dtstamp, alone=alone)
    named = writing.named(draft.entries[0].recurrence_id) if draft.date is not None else None
    method = "REQUEST" if draft.kind == "request" else "CANCEL"
    significant = draft.change is Change.MAJOR
    return ItipMessage(uid, method, f"mailto:{draft.mail}", significant, number, dtstamp, named, content)


def _refreshed(draft: Draft, event: Event) -> Draft:
    """With the answers as they stand now."""
    if draft.kind != "request":
        return draft
    if draft.date is None:
        return replace(draft, entries=view(event, draft.mail).entries)
    entry = _at(event, draft.date)
    return replace(draft, entries=(entry,)) if entry else draft


def _at(event: Event | None, at: datetime) -> Entry | None:
    overrides = event.overrides if event else ()
    return next((one for one in overrides if one.recurrence_id and one.recurrence_id.instant() == at), None)


def _with_answers(old: Event, new: Event) -> Event:
    """A file that leaves an answer out has not taken it back."""

    def kept(entry: Entry, before: Entry | None) -> Entry:
        def answered(one: Attendee) -> Attendee:
            known = before.attendee(one.mail) if before else None
            same = known is None or one.partstat != "NEEDS-ACTION" or known.partstat == "NEEDS-ACTION"
            return one if same or known is None else replace(one, partstat=known.partstat, rsvp=False)

        return replace(entry, attendees=tuple(map(answered, entry.attendees)))

    overrides = tuple(
        kept(one, (_at(old, one.recurrence_id.instant()) if one.recurrence_id else None) or old.master)
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
