"""Rules of repetition: which dates "every second Tuesday" are, in the part of RFC 5545 that every calendar reads alike.

(pure) A rule counts naive wall time; the province's zone is attached afterwards, so that 08:00 stays 08:00. Accepted is
what was found exact in dateutil (40 of 40 of libical's own rules); everything else is refused before it is expanded,
because some rules give other dates in other calendars and some never end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any, Literal, cast

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

from rooms.errors import FieldError, Invalid
from scheduler.local_time import LOCAL

Freq = Literal["DAILY", "WEEKLY", "MONTHLY"]
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LONGEST_TEXT = 300
MOST_DATES = 400
LONGEST = timedelta(days=3 * 366)
ALLOWED = {
    "FREQ": "DAILY, WEEKLY, MONTHLY",
    "INTERVAL": "1-99",
    "COUNT": f"1-{MOST_DATES}",
    "UNTIL": "20271231T235959Z",
    "BYDAY": "MO, TU, WE, TH, FR, SA, SU",
    "BYMONTHDAY": "1 - 31, -31 - -1",
    "BYSETPOS": "1 - 31, -31 - -1",
    "WKST": "MO, TU, WE, TH, FR, SA, SU",
}
"""Every part that a rule may have, and its values."""
_MONTHLY_BYDAY = f"{ALLOWED['BYDAY']}, 1MO - 5MO, -1MO - -5MO"
_FREQS: dict[str, Literal[1, 2, 3]] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY}
_BEYOND = 12 * 9999
"""Months after which no calendar goes on."""
_NUMBER = re.compile(r"[1-9]\d{0,2}")
_SIGNED = re.compile(r"[+-]?[1-9]\d?")
_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True)
class Rule:
    """A parsed rule, and the data of its words. ``days``: (which of the month, 0 for each; weekday, 0 is Monday).

    ``until``: the last moment at which an occurrence may begin, naive local time. Exactly one of it and ``count``.
    """

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    days: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0

    def text(self) -> str:
        """As RRULE says it, always in one order; UNTIL in UTC, as it must be where the start has a zone."""
        parts = [f"FREQ={self.freq}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={_zoned(self.until).strftime('%Y%m%dT%H%M%SZ')}")
        if self.days:
            parts.append("BYDAY=" + ",".join(f"{nth or ''}{WEEKDAYS[day]}" for nth, day in self.days))
        for name, values in (("BYMONTHDAY", self.month_days), ("BYSETPOS", self.positions)):
            if values:
                parts.append(f"{name}={','.join(map(str, values))}")
        if self.week_start:
            parts.append(f"WKST={WEEKDAYS[self.week_start]}")
        return ";".join(parts)

    def ending(self, last: datetime) -> Rule:
        """The same with its last occurrence beginning at ``last`` (aware) or before."""
        return replace(self, count=None, until=wall(last))

    def without_first(self, number: int) -> Rule:
        """What is left of it when its first ``number`` dates are taken away; a rule with UNTIL ends as before."""
        return replace(self, count=self.count - number) if self.count is not None else self


def wall(at: datetime) -> datetime:
    """Naive local time of an aware instant: what the clock on the wall shows."""
    return at.astimezone(LOCAL).replace(tzinfo=None)


def _zoned(at: datetime) -> datetime:
    return at.replace(tzinfo=LOCAL).astimezone(UTC)


def parse_rule(text: str) -> Rule:
    """A rule from the value of an RRULE. Raises Invalid for the field "rule": ``rule_form`` (not NAME=VALUE;…),
    ``rule_part`` (a part or value that is not accepted, with what is), ``rule_end`` (not exactly one of COUNT and
    UNTIL)."""
    parts = _parts(text)
    freq = parts.get("FREQ", "")
    if freq not in _FREQS:
        raise _refused("FREQ")
    if freq != "MONTHLY":
        for name in ("BYMONTHDAY", "BYSETPOS"):
            if name in parts:
                raise _refused(name, "FREQ=MONTHLY")
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise Invalid([FieldError("rule", "rule_end")])
    if "BYSETPOS" in parts and not {"BYDAY", "BYMONTHDAY"} & set(parts):
        raise _refused("BYSETPOS", "BYDAY, BYMONTHDAY")
    return Rule(
        freq=cast(Freq, freq),
        interval=_number(parts, "INTERVAL", 99) or 1,
        count=_number(parts, "COUNT", MOST_DATES),
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        days=tuple(_days(parts["BYDAY"], freq)) if "BYDAY" in parts else (),
        month_days=_signed(parts, "BYMONTHDAY"),
        positions=_signed(parts, "BYSETPOS"),
        week_start=_week_start(parts.get("WKST", "MO")),
    )


def _parts(text: str) -> dict[str, str]:
    if len(text) > LONGEST_TEXT:
        raise Invalid([FieldError("rule", "too_long", {"max": LONGEST_TEXT})])
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or not name.isascii() or not value.isascii() or name in parts:
            raise Invalid([FieldError("rule", "rule_form", {"allowed": ", ".join(ALLOWED)})])
        if name not in ALLOWED:
            raise _refused(name, ", ".join(ALLOWED))
        parts[name] = value
    return parts


def _refused(part: str, allowed: str | None = None) -> Invalid:
    return Invalid([FieldError("rule", "rule_part", {"part": part[:40], "allowed": allowed or ALLOWED[part]})])


def _number(parts: dict[str, str], name: str, most: int) -> int | None:
    if name not in parts:
        return None
    if not _NUMBER.fullmatch(parts[name]) or int(parts[name]) > most:
        raise _refused(name)
    return int(parts[name])


def _signed(parts: dict[str, str], name: str) -> tuple[int, ...]:
    if name not in parts:
        return ()
    values = parts[name].split(",")
    if not all(_SIGNED.fullmatch(value) and abs(int(value)) <= 31 for value in values):
        raise _refused(name)
    return tuple(dict.fromkeys(int(value) for value in values))


def _days(value: str, freq: str) -> Iterator[tuple[int, int]]:
    for text in dict.fromkeys(value.split(",")):
        found = _DAY.fullmatch(text)
        if found is None or (found[1] and freq != "MONTHLY"):
            raise _refused("BYDAY", _MONTHLY_BYDAY if freq == "MONTHLY" else None)
        yield int(found[1] or 0), WEEKDAYS.index(found[2])


def _week_start(value: str) -> int:
    if value not in WEEKDAYS:
        raise _refused("WKST")
    return WEEKDAYS.index(value)


def _until(value: str) -> datetime:
    """In UTC with a Z; or a bare day, which is meant whole (as midnight it would cut off its own sitting)."""
    try:
        if re.fullmatch(r"\d{8}T\d{6}Z", value):
            return wall(datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
        if re.fullmatch(r"\d{8}", value):
            day = datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007  a day, no moment
            return datetime.combine(day, time(23, 59, 59))
    except (ValueError, OverflowError) as problem:
        raise _refused("UNTIL") from problem
    raise _refused("UNTIL")


def expand(rule: Rule, starts: datetime) -> list[datetime]:
    """All starts of a series that begins at ``starts`` (aware), as UTC, rising.

    Raises Invalid for the field "rule": ``rule_start`` when the first date is not one of the rule (calendars count
    differently then), ``rule_length`` when it goes on for more than three years or MOST_DATES dates.
    """
    first = wall(starts)
    last = first + LONGEST
    if rule.until is not None and rule.until > last:
        raise _too_long()
    ends = last if rule.until is None else rule.until
    if ends < first or not _begins(rule, first):
        raise Invalid([FieldError("rule", "rule_start")])
    found = list(islice(_dates(rule, first, ends), (rule.count or MOST_DATES) + (rule.count is None)))
    if len(found) > MOST_DATES or (rule.count is not None and len(found) < rule.count):
        raise _too_long()
    return [_zoned(at) for at in found]


def _too_long() -> Invalid:
    return Invalid([FieldError("rule", "rule_length", {"max": MOST_DATES, "years": 3})])


def _begins(rule: Rule, first: datetime) -> bool:
    """Whether ``first`` is a date of the rule, found in its own month: dateutil looks at UNTIL only when it has a date,
    so a rule that has none ("the fifth Monday, and the 1st") would run to the year 9999 before it is refused. One that
    has this date has others soon enough."""
    if rule.freq != "MONTHLY":
        return not rule.days or first.weekday() in {day for _, day in rule.days}
    return next(_dates(replace(rule, interval=_BEYOND), first, first), None) == first


def _dates(rule: Rule, first: datetime, until: datetime) -> Iterator[datetime]:
    """dateutil is never let run without an end: some rules have no second date before the year 9999."""
    named: dict[str, Any] = {}
    if rule.days:
        named["byweekday"] = list(_weekdays(rule))
    if rule.month_days:
        named["bymonthday"] = rule.month_days
    if rule.positions:
        named["bysetpos"] = rule.positions
    step = _FREQS[rule.freq]
    yield from rrule(step, dtstart=first, interval=rule.interval, until=until, wkst=rule.week_start, **named)


def _weekdays(rule: Rule) -> Iterator[weekday]:
    """Beside a numbered day ("1MO,WE") dateutil takes the plain one as a further condition; so it is numbered too."""
    numbered = any(nth for nth, _ in rule.days)
    for nth, day in rule.days:
        for n in (nth,) if nth or not numbered else (1, 2, 3, 4, 5):
            yield weekday(day, n or None)
