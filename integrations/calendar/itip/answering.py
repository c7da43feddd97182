"""Which of several answers counts, and how it is kept.

(pure) Mails overtake each other and come twice. Answers are ordered among themselves, by SEQUENCE and then by the
sender's own clock; never against our clock, because clients' clocks lag.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.calendar.itip.event import Answer, Entry, Event, Moment
from integrations.calendar.itip.outcome import Code, Outcome
from integrations.calendar.itip.reading import Part

AHEAD = timedelta(days=1)


def sequence_of(part: Part) -> int:
    """The version that it speaks of; Outlook says it elsewhere."""
    return part.sequence if part.sequence is not None else part.appt_sequence or 0


def answer_of(part: Part, base: Outcome, event: Event, now: datetime | None) -> Answer:
    """The answer as it is kept. Nobody knows a version that we have not sent, nor a time beyond tomorrow."""
    stamp = part.dtstamp or part.reply_time
    if stamp is not None and now is not None:
        stamp = min(stamp, now + AHEAD)
    return Answer(
        base.attendee or "", base.recurrence_id, min(sequence_of(part), event.sequence), stamp,
        base.partstat or "", part.comment, now, part.reply_time,
    )  # fmt: skip


def out_of_order(event: Event, answer: Answer) -> Code | None:
    """Whether something as new (duplicate) or newer (older) was kept; None for a new answer."""
    kept = event.answer(answer.mail, answer.recurrence_id)
    if kept is not None:
        newer = _newer(answer, kept)
        if newer is not True:
            return "older" if newer is False else "duplicate"
    if answer.recurrence_id is not None:
        series = event.answer(answer.mail, None)
        if series is not None and _stamp_before(answer, series):
            return "older"
    return None


def _newer(answer: Answer, kept: Answer) -> bool | None:
    """None for the same one again. Where DTSTAMP says nothing, Outlook's own time may; else what came last counts."""
    pairs = [
        (answer.reply_sequence, kept.reply_sequence),
        (answer.reply_dtstamp, kept.reply_dtstamp),
        (answer.reply_time, kept.reply_time),
    ]
    for mine, theirs in pairs:
        if mine is not None and theirs is not None and mine != theirs:
            return bool(mine > theirs)  # type: ignore[operator]
    if answer.reply_dtstamp is None and (answer.partstat, answer.comment) != (kept.partstat, kept.comment):
        return True
    return None


def _stamp_before(one: Answer, other: Answer) -> bool:
    return bool(one.reply_dtstamp and other.reply_dtstamp and one.reply_dtstamp < other.reply_dtstamp)


def is_old(event: Event, answer: Answer) -> bool:
    """Whether the time changed since that version."""
    entries = [event.master, event.override(answer.recurrence_id) if answer.recurrence_id else None]
    return any(entry is not None and answer.reply_sequence < entry.last_major_sequence for entry in entries)


def recorded(event: Event, answer: Answer, deputies: tuple[str, ...]) -> tuple[Event, tuple[Moment, ...]]:
    """The entry with this answer, and the dates whose own older answers it replaces."""
    if answer.recurrence_id is not None:
        return _on_date(event, answer, answer.recurrence_id, deputies), ()
    own = [kept for kept in event.answers if kept.mail == answer.mail and kept.recurrence_id is not None]
    erased = tuple(kept.recurrence_id for kept in own if kept.recurrence_id and _stamp_before(kept, answer))
    answers = [kept for kept in _others(event, answer) if not _erased(kept, answer, erased)]
    changed = replace(
        event,
        master=_with(event.master, answer, deputies) if event.master else None,
        overrides=tuple(_following(event, date, answer, erased, deputies) for date in event.overrides),
        answers=(*answers, answer),
    )
    return changed, erased


def _erased(kept: Answer, answer: Answer, erased: tuple[Moment, ...]) -> bool:
    return kept.mail == answer.mail and any(date.same(kept.recurrence_id) for date in erased)


def _others(event: Event, answer: Answer) -> list[Answer]:
    same = event.answer(answer.mail, answer.recurrence_id)
    return [kept for kept in event.answers if kept is not same]


def _with(entry: Entry, answer: Answer, deputies: tuple[str, ...]) -> Entry:
    people = tuple(
        replace(one, partstat=answer.partstat, delegated_to=deputies or one.delegated_to)
        if one.mail == answer.mail else one
        for one in entry.attendees
    )  # fmt: skip
    return replace(entry, attendees=people)


def _following(
    event: Event, date: Entry, answer: Answer, erased: tuple[Moment, ...], deputies: tuple[str, ...]
) -> Entry:
    """A date follows the answer to the series, unless it was answered by itself, or moved since."""
    there = date.attendee(answer.mail)
    if there is None or date.recurrence_id is None or answer.reply_sequence < date.last_major_sequence:
        return date
    again = any(date.recurrence_id.same(one) for one in erased)
    before = event.master.attendee(answer.mail) if event.master else None
    by_itself = there.partstat != "NEEDS-ACTION" and (before is None or there.partstat != before.partstat)
    kept = event.answer(answer.mail, date.recurrence_id) is not None or by_itself
    return date if kept and not again else _with(date, answer, deputies)


def _on_date(event: Event, answer: Answer, named: Moment, deputies: tuple[str, ...]) -> Event:
    """The date gets an entry of its own, like the series in all but this answer; the series stays as it is."""
    date = event.override(named)
    answers = (*_others(event, answer), answer)
    if date is not None:
        dates = tuple(_with(one, answer, deputies) if one is date else one for one in event.overrides)
        return replace(event, overrides=dates, answers=answers)
    if event.master is None:
        return replace(event, answers=answers)
    master = event.master
    starts = _in_zone(named, master)
    date = replace(
        master, starts=starts, ends=starts.plus(master.ends.wall - master.starts.wall), recurrence_id=starts,
        rule=None, rdates=(), exdates=(),
    )  # fmt: skip
    return replace(event, overrides=(*event.overrides, _with(date, answer, deputies)), answers=answers)


def _in_zone(named: Moment, master: Entry) -> Moment:
    """The date as the series writes it, whatever zone or form the answer used."""
    if master.starts.all_day:
        return Moment(datetime.combine(named.wall.date(), datetime.min.time()), None, True)
    if named.all_day:
        return replace(master.starts, wall=datetime.combine(named.wall.date(), master.starts.wall.time()))
    if master.starts.tzid is None:
        return replace(named, tzid=None)
    return replace(master.starts, wall=named.instant().astimezone(ZoneInfo(master.starts.tzid)).replace(tzinfo=None))
