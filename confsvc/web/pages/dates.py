"""The live answer for a series: every date with what stands in its way, other times, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from confsvc.web.errors import field_text, full_text
from confsvc.web.pages.choices import Places
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import minute_of
from rooms.errors import FieldError
from scheduler.booking.booking import Warning_
from scheduler.booking.series.dates import DAY_OFF
from scheduler.booking.series.wish import DateFinding, SeriesFindings, SeriesWish
from scheduler.errors import Taken
from scheduler.local_time import local_day

BY_FIELD = ("short_notice_reason", "clash_confirmed")
"""Fields of the form that mend a date: such an error is the form's, not a reason to leave the date out."""
MOST_ROOMS = 4
MOST_ROWS = 26
"""With more dates those that simply fit are gathered in one line, so that the page stays light."""


@dataclass(frozen=True)
class Look:
    """One look at a series. ``findings`` None: it cannot be read, ``errors`` say why, under the form's names."""

    wish: SeriesWish
    findings: SeriesFindings | None
    errors: tuple[FieldError, ...] = ()

    @property
    def undecided(self) -> list[DateFinding]:
        """Dates that do not fit and of which nothing was said."""
        return [one for one in self.findings.dates if not one.fits] if self.findings else []


def field_errors(findings: SeriesFindings) -> list[FieldError]:
    """What is wrong with the form, not with single dates; each once."""
    single = [error for one in findings.dates for error in one.errors if error.field in BY_FIELD]
    return list({(e.field, e.code): e for e in (*findings.errors, *reversed(single))}.values())


def clashes_of(findings: SeriesFindings) -> tuple[Warning_, ...]:
    """Who would sit in two meetings at once, on any date."""
    return tuple(w for one in findings.dates for w in one.warnings if w.code == "person_clash" and not one.left_out)


@dataclass(frozen=True)
class DateRow:
    """``mark``: ok, bad, out, moved. ``name``: of the date in the form; ``to``: where it was put; ``ways``: other
    starts, as name and clock."""

    name: int
    day: str
    clock: str
    mark: str
    why: tuple[str, ...]
    note: str
    to: int
    was: str
    ways: tuple[tuple[int, str], ...]


def date_rows(findings: SeriesFindings, places: Places, words: Phrases) -> list[DateRow]:
    return [_row(one, places, words) for one in findings.dates]


def _row(one: DateFinding, places: Places, words: Phrases) -> DateRow:
    moved = one.starts != one.original and not one.left_out
    mark = "out" if one.left_out else "bad" if not one.fits else "moved" if moved else "ok"
    why = () if one.left_out else tuple(_why(one, places, words))
    ways = [(minute_of(free.starts), words.clock(free.starts)) for free in one.times]
    if moved:
        ways = [(minute_of(one.original), words.say("as before")), *ways]
    return DateRow(
        minute_of(one.original), short_day(local_day(one.starts), words),
        f"{words.clock(one.starts)}–{words.clock(one.ends)}", mark, why, _note(one, words),
        minute_of(one.starts) if moved else 0, words.clock(one.original) if moved else "", tuple(ways),
    )  # fmt: skip


def short_day(day: date, words: Phrases) -> str:
    """T2 30/11/2026."""
    return f"{words.short_weekday(day)} {day:%d/%m/%Y}"


def _why(one: DateFinding, places: Places, words: Phrases) -> list[str]:
    said = [field_text(error, words.language) for error in one.errors if error.field not in BY_FIELD]
    said += [words.say("a reason for the short notice is needed") for e in one.errors if e.field == BY_FIELD[0]]
    said += [words.say("somebody sits in two meetings at once") for e in one.errors if e.field == BY_FIELD[1]]
    return [*said, *holders(one.taken, one.starts, places, words), *(full_text(f, words.language) for f in one.full)]


def holders(taken: Sequence[Taken], starts: datetime, places: Places, words: Phrases) -> list[str]:
    """Who holds until when, and which rooms."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in taken:
        room = places.room_by_id.get(one.room_id)
        where = found.setdefault((one.unit or "?", words.near(one.ends, starts)), [])
        where.append(room.unit_short if room else one.room)
    return [
        words.say("%(unit)s holds until %(time)s: %(rooms)s", unit=unit, time=until, rooms=_some(rooms, words))
        for (unit, until), rooms in found.items()
    ]


def _some(rooms: Sequence[str], words: Phrases) -> str:
    named = ", ".join(rooms[:MOST_ROOMS])
    more = len(rooms) - MOST_ROOMS
    return f"{named} {words.say('and %(count)s more', count=more)}" if more > 0 else named


def _note(one: DateFinding, words: Phrases) -> str:
    """A holiday by its name, a weekend, a time when offices are closed."""
    codes: Mapping[str, Mapping[str, Any]] = {warning.code: warning.data for warning in one.warnings}
    if DAY_OFF in codes:
        data = codes[DAY_OFF]
        name = (data["name_en"] if words.language == "en" else "") or data["name_vi"]
        return str(name) or words.say("offices are closed that day")
    return words.say("offices are closed for some of it") if "outside_hours" in codes and not one.left_out else ""


def dates_context(look: Look | None, places: Places, words: Phrases) -> dict[str, Any]:
    """What the panel of a series needs; ``plain``: dates without a row."""
    if look is None or look.findings is None:
        return {"look": look, "rows": [], "plain": [], "fitting": 0, "undecided": 0, "asked_dates": 0}
    rows = date_rows(look.findings, places, words)
    long = len(rows) > MOST_ROWS
    plain = [row for row in rows if long and row.mark == "ok" and not row.note]
    return {
        "look": look, "plain": plain, "rows": [row for row in rows if row not in plain],
        "fitting": look.findings.fitting, "undecided": len(look.undecided),
        "asked_dates": sum(row.mark != "out" for row in rows),
    }  # fmt: skip
