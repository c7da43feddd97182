"""Which messages a change means (RFC 5546): the plan for a pair of entries, and the same once more for who asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from integrations.calendar.itip import writing
from integrations.calendar.itip.differences import Change, pattern_changed
from integrations.calendar.itip.drafts import Draft, drafts
from integrations.calendar.itip.event import Event
from integrations.calendar.itip.numbers import Numbers, at_date, next_dtstamp, with_answers
from integrations.calendar.itip.pair import check_pair, cut_at_present
from integrations.calendar.itip.views import mailed, tidy, view, without_strays


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
    dtstamp = next_dtstamp(event, event, now)
    draft = Draft(mail, "request", None if mine.master else min(mine.dates), Change.NONE, False, mine.entries)
    message = _message(event.uid, draft, event.sequence, dtstamp)
    return Plan((message,), (replace(event, last_dtstamp=dtstamp),))


def _planned(old: Event | None, new: Event | None, now: datetime | None) -> Plan:
    if old and new and pattern_changed(old, new):
        new = without_strays(new)
    if old and new:
        new = with_answers(old, new)
    event = new or old
    if event is None:
        return Plan((), ())
    organizer = event.organizer.mail if event.organizer else ""
    people = dict.fromkeys([*mailed(old, organizer), *mailed(new, organizer)])
    found = [draft for mail in people for draft in drafts(old, new, mail)]
    found = [draft for draft in found if now is None or not draft.is_over(now)]
    numbers = Numbers.given(old, new, found, now)
    event = numbers.after(old, new, found)
    ordered = sorted(found, key=lambda one: (one.date is not None, numbers.of(one)))
    messages = (_message(event.uid, _refreshed(one, event), numbers.of(one), numbers.stamp(one)) for one in ordered)
    return Plan(tuple(messages), (event,))


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
    entry = at_date(event, draft.date)
    return replace(draft, entries=(entry,)) if entry else draft
