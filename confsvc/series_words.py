"""A rule of repetition in words: "every week on Monday and Thursday, 12 times".  (pure)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from babel.dates import get_day_names

from confsvc.i18n import text
from scheduler.booking.series.recurrence import Rule, parse_rule, wall

EVERY: dict[str, tuple[str, str]] = {
    "DAILY": ("every day", "every %(n)s days"),
    "WEEKLY": ("every week", "every %(n)s weeks"),
    "MONTHLY": ("every month", "every %(n)s months"),
}
NTH = {
    1: "the first %(day)s", 2: "the second %(day)s", 3: "the third %(day)s", 4: "the fourth %(day)s",
    5: "the fifth %(day)s", -1: "the last %(day)s", -2: "the second last %(day)s", -3: "the third last %(day)s",
    -4: "the fourth last %(day)s", -5: "the fifth last %(day)s",
}  # fmt: skip
ON, OF_THESE, DAY, LAST_DAY, FROM_END = "on %(days)s", "number %(n)s of %(days)s", "day %(n)s", "the last day", (
    "day %(n)s from the end"
)  # fmt: skip
TIMES, UNTIL, AND, LAST = (
    "%(n)s times",
    "until %(day)s",
    "%(some)s and %(one)s",
    "number %(n)s from the end of %(days)s",
)
NOT_ON, MOVED = "Not on", "Different dates"
PHRASES = (
    *(phrase for pair in EVERY.values() for phrase in pair), *NTH.values(), ON, OF_THESE, DAY, LAST_DAY, FROM_END,
    TIMES, UNTIL, AND, LAST, NOT_ON, MOVED,
)  # fmt: skip


def rule_words(rule: Rule, language: str) -> str:
    """How often, on which days, and until when or how many times."""
    once, often = EVERY[rule.freq]
    said = text(once if rule.interval == 1 else often, language, {"n": rule.interval})
    if days := _days(rule, language):
        said = f"{said} {text(ON, language, {'days': days})}"
    end = (
        text(TIMES, language, {"n": rule.count})
        if rule.until is None
        else text(UNTIL, language, {"day": rule.until.strftime("%d/%m/%Y")})
    )
    return f"{said}, {end}"


def _days(rule: Rule, language: str) -> str:
    names = get_day_names("wide", "format", language)
    words = [
        text(NTH[nth], language, {"day": names[day]}) if nth else str(names[day]) for nth, day in rule.days
    ] + [_month_day(n, language) for n in rule.month_days]  # fmt: skip
    days = listed(words, language)
    if not rule.positions:
        return days
    return listed([_position(n, days, language) for n in rule.positions], language)


def _position(n: int, days: str, language: str) -> str:
    return text(OF_THESE if n > 0 else LAST, language, {"n": abs(n), "days": days})


def _month_day(n: int, language: str) -> str:
    if n == -1:
        return text(LAST_DAY, language)
    return text(DAY if n > 0 else FROM_END, language, {"n": abs(n)})


def listed(words: Iterable[str], language: str) -> str:
    """Words as people list them."""
    every = list(words)
    if len(every) < 2:
        return "".join(every)
    return text(AND, language, {"some": ", ".join(every[:-1]), "one": every[-1]})


def series_lines(content: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Label and text of what an edition of a series says of its dates: when, which are off, which are different."""
    starts, ends = (wall(datetime.fromisoformat(content[name])) for name in ("starts", "ends"))
    when = f"{starts:%H:%M} - {ends:%H:%M}, {rule_words(parse_rule(content['rule']), language)} ({starts:%d/%m/%Y})"
    lines = [(text("Time", language), when)]
    apart = {one["recurrence_id"]: one for one in content.get("overrides", ())}
    if off := content.get("exdates"):
        lines.append((text(NOT_ON, language), ", ".join(f"{_at(at):%d/%m/%Y}" for at in off)))
    if apart:
        moved = [f"{_at(at):%d/%m/%Y} → {_at(one['starts']):%H:%M %d/%m/%Y}" for at, one in apart.items()]
        lines.append((text(MOVED, language), "\n".join(moved)))
    return lines


def _at(iso: str) -> datetime:
    return wall(datetime.fromisoformat(iso))
