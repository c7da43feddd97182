"""What a calendar entry has no property for, as lines of our own in its file, so that a file can carry the whole state.

One value a line, parts with ``|``: times in UTC or as a day, "" for none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from integrations.calendar.itip.event import Answer, Entry, Event, Moment
from integrations.errors import Refused

MINE = "X-CONFSVC-ITIP"
MOST = 5000
_FORM = "%Y%m%dT%H%M%SZ"


def lines_of(event: Event) -> list[str]:
    """Nothing for an entry that has no history."""
    lines = [
        f"major|{_named(one.recurrence_id)}|{one.last_major_sequence}"
        for one in event.entries
        if one.last_major_sequence
    ]
    lines += [
        f"answer|{one.mail}|{_named(one.recurrence_id)}|{one.reply_sequence}|{_stamped(one.reply_dtstamp)}|{one.partstat}"
        + (f"|{_stamped(one.reply_time)}" if one.reply_time else "")
        for one in event.answers
    ]
    lines += [f"left|{mail}|{sequence}" for mail, sequence in event.left]
    if event.counter or event.last_dtstamp:
        lines.append(f"counter|{event.counter}|{_stamped(event.last_dtstamp)}")
    return lines


def remembered(event: Event, lines: list[str]) -> Event:
    """The entry with what those lines say. Refused when they say nothing."""
    for line in lines[:MOST]:
        try:
            event = _with(event, line.split("|"))
        except (IndexError, ValueError) as problem:
            raise Refused(f"a line {MINE} is not understood: {line[:80]!r}") from problem
    return event


def _with(event: Event, words: list[str]) -> Event:
    if words[0] == "major":
        named = _moment(words[1])

        def major(one: Entry) -> Entry:
            mine = one.recurrence_id is None if named is None else named.same(one.recurrence_id)
            return replace(one, last_major_sequence=int(words[2])) if mine else one

        master = major(event.master) if event.master else None
        return replace(event, master=master, overrides=tuple(map(major, event.overrides)))
    if words[0] == "answer":
        answer = Answer(words[1], _moment(words[2]), int(words[3]), _time(words[4]), words[5])
        answer = replace(answer, reply_time=_time(words[6])) if len(words) > 6 else answer
        return replace(event, answers=(*event.answers, answer))
    if words[0] == "left":
        return replace(event, left=(*event.left, (words[1], int(words[2]))))
    if words[0] == "counter":
        return replace(event, counter=int(words[1]), last_dtstamp=_time(words[2]))
    raise ValueError(words[0])


def _named(at: Moment | None) -> str:
    if at is None:
        return ""
    return at.text() if at.all_day else f"{at.instant():{_FORM}}"


def _moment(value: str) -> Moment | None:
    if not value:
        return None
    day = "T" not in value
    return Moment(datetime.strptime(value, "%Y%m%d" if day else _FORM), None if day else "UTC", day)  # noqa: DTZ007


def _stamped(at: datetime | None) -> str:
    return f"{at:{_FORM}}" if at else ""


def _time(value: str) -> datetime | None:
    return datetime.strptime(value, _FORM).replace(tzinfo=UTC) if value else None
