"""The part of the booking form that repeats a meeting: its fields as typed, and the series that they make.  (pure)

A date of a series is named by its original start in whole minutes since 1970, so that 52 dates stay a light page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from confsvc.web.pages.phrases import SHORT_WEEKDAYS, Phrases
from confsvc.web.pages.typed import Fields, list_field, parse_day, parse_time, text_field
from rooms.errors import FieldError
from scheduler.booking.booking import Booking
from scheduler.booking.series.recurrence import MOST_DATES, WEEKDAYS, wall
from scheduler.booking.series.wish import SeriesWish
from scheduler.local_time import instant, local_day

WEEKLY = {"week": 1, "weeks2": 2}
HOWS = {
    "week": "Every week", "weeks2": "Every two weeks", "month_day": "Every month on this day of the month",
    "month_weekday": "Every month on this weekday of the month", "list": "A list of sessions (a training)",
}  # fmt: skip
KEEP = "keep"
"""When a series is changed: it repeats as before."""
LONGEST_SESSIONS = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SESSION_DAY = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}|\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"\d{1,2}(?:[:hg.]\d{2}|[hg])", re.IGNORECASE)


@dataclass(frozen=True)
class Repeat:
    """Fields as text. ``days``: MO to SU; ``sessions``: further ones of a list, one a line; ``out``: dates left out,
    ``moves``: dates that take place at another time."""

    how: str = ""
    days: tuple[str, ...] = ()
    until: str = ""
    times: str = ""
    sessions: str = ""
    out: tuple[int, ...] = ()
    moves: tuple[tuple[int, int], ...] = field(default=())

    @property
    def on(self) -> bool:
        return self.how in HOWS

    @property
    def listed(self) -> bool:
        return self.how == "list"

    def choices(self, dates: Iterable[datetime]) -> dict[datetime, datetime | None]:
        """What was chosen for those that are (still) dates of it."""
        moves, out = dict(self.moves), set(self.out)
        found: dict[datetime, datetime | None] = {}
        for at in dates:
            name = minute_of(at)
            if name in out:
                found[at] = None
            elif name in moves:
                found[at] = moment_of(moves[name])
        return found

    def chosen(self, way: object) -> Repeat:
        """After a click: ``move:DATE:TO`` puts a date elsewhere, ``session`` adds the picked day to the list."""
        act, _, rest = way.partition(":") if isinstance(way, str) else ("", "", "")
        parts = rest.split(":")
        if act != "move" or len(parts) != 2 or not all(map(_is_minute, parts)):
            return self
        date, to = map(int, parts)
        others = tuple(pair for pair in self.moves if pair[0] != date)
        moved = () if date == to else ((date, to),)
        return replace(self, moves=(*others, *moved), out=tuple(one for one in self.out if one != date))


NO_REPEAT = Repeat()


def minute_of(at: datetime) -> int:
    """A start as the form names it."""
    return (at - _EPOCH) // timedelta(minutes=1)


def moment_of(minute: int) -> datetime:
    return _EPOCH + timedelta(minutes=minute)


def _is_minute(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def read_repeat(fields: Fields) -> Repeat:
    """The form as posted; a day that was picked is a further line of the list."""
    how, sessions = text_field(fields, "repeat"), text_field(fields, "sessions")[:LONGEST_SESSIONS]
    picked = parse_day(text_field(fields, "pick"))
    if picked and how == "list":
        sessions = f"{sessions}\n{picked:%d/%m/%Y}".strip()
    moves = [one.split("-") for one in list_field(fields, "move", MOST_DATES)]
    return Repeat(
        how if how in (*HOWS, KEEP) else "", tuple(day for day in WEEKDAYS if day in list_field(fields, "days")),
        text_field(fields, "until"), text_field(fields, "times"), sessions,
        tuple(int(one) for one in list_field(fields, "out", MOST_DATES) if _is_minute(one)),
        tuple((int(one[0]), int(one[1])) for one in moves if len(one) == 2 and all(map(_is_minute, one))),
    ).chosen(fields.get("set"))  # fmt: skip


def series_of(repeat: Repeat, booking: Booking) -> tuple[SeriesWish, list[FieldError]]:
    """The series that the form means, and what of it cannot be read. The first date is the first that is one of it, on
    or after the day typed."""
    errors: list[FieldError] = []
    if repeat.listed:
        sessions = _sessions(repeat, booking, errors)
        return SeriesWish(booking, "once", sessions=tuple(sessions)), errors
    first = _first(repeat, booking)
    return SeriesWish(first, rule=f"{_pattern(repeat, first)};{_end(repeat, errors)}"), errors


def _sessions(
    repeat: Repeat, booking: Booking, errors: list[FieldError]
) -> list[tuple[datetime, datetime]]:  # fmt: skip
    """The day above, and one a line: "05/01/2027", with its own times after it where they differ."""
    found = [(booking.starts, booking.ends)]
    for number, line in enumerate(repeat.sessions.splitlines(), start=1):
        if not line.strip():
            continue
        named = _SESSION_DAY.search(line)
        day = parse_day(named[0]) if named else None
        rest = line.replace(named[0], " ") if named else ""
        clocks = [parse_time(one) for one in _CLOCK.findall(rest)]
        if day is None or len(clocks) not in (0, 2) or None in clocks:
            errors.append(FieldError("sessions", "session_form", {"line": number, "text": line.strip()[:60]}))
            continue
        begins, finishes = clocks or (wall(booking.starts).time(), wall(booking.ends).time())
        if begins is not None and finishes is not None:
            found.append((instant(day, begins), instant(day, finishes)))
    return list(dict.fromkeys(found))


def _first(repeat: Repeat, booking: Booking) -> Booking:
    if repeat.how not in WEEKLY or not repeat.days:
        return booking
    wanted = {WEEKDAYS.index(day) for day in repeat.days}
    ahead = next(n for n in range(7) if (local_day(booking.starts).weekday() + n) % 7 in wanted)
    later = timedelta(days=ahead)
    return replace(booking, starts=booking.starts + later, ends=booking.ends + later)


def _pattern(repeat: Repeat, first: Booking) -> str:
    day = local_day(first.starts)
    own = WEEKDAYS[day.weekday()]
    if repeat.how in WEEKLY:
        return f"FREQ=WEEKLY;INTERVAL={WEEKLY[repeat.how]};BYDAY={','.join(repeat.days) or own}"
    if repeat.how == "month_day":
        return f"FREQ=MONTHLY;BYMONTHDAY={day.day}"
    nth = (day.day - 1) // 7 + 1
    return f"FREQ=MONTHLY;BYDAY={nth if nth < 5 else -1}{own}"


def _end(repeat: Repeat, errors: list[FieldError]) -> str:
    until, times = parse_day(repeat.until), repeat.times
    if repeat.until and times:
        errors.append(FieldError("times", "one_end"))
    elif repeat.until and until is None:
        errors.append(FieldError("until", "out_of_range"))
    elif times and not (times.isascii() and times.isdecimal() and 0 < int(times[:9]) <= MOST_DATES):
        errors.append(FieldError("times", "out_of_range", {"low": 1, "high": MOST_DATES}))
    elif not repeat.until and not times:
        errors.append(FieldError("until", "no_end"))
    if errors:
        return "COUNT=1"
    return f"UNTIL={until:%Y%m%d}" if until else f"COUNT={int(times)}"


FIELD_OF: dict[str, str] = {"rule": "until", "choices": "repeat", "counts": "repeat", "starts": "start", "ends": "end"}


def renamed(errors: Sequence[FieldError]) -> list[FieldError]:
    """Errors of a series under the names of the form's fields."""
    return [
        FieldError("date" if one.code == "rule_start" else FIELD_OF.get(one.field, one.field), one.code, one.data)
        for one in errors
    ]


def repeat_values(repeat: Repeat, words: Phrases) -> dict[str, Any]:
    """What the form's part needs to be shown again."""
    days = [(code, words.say(short)) for code, short in zip(WEEKDAYS, SHORT_WEEKDAYS, strict=True)]
    return {"repeat": repeat, "weekdays": days, "hows": [(how, words.say(said)) for how, said in HOWS.items()]}
