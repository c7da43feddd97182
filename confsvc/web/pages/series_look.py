"""The booking form with its repetition: what comes of all dates, for a new series and for one that changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.web.pages.booking_form import Asked, ask
from confsvc.web.pages.dates import Look, clashes_of, field_errors
from confsvc.web.pages.repeat import Repeat, renamed, series_of
from confsvc.web.pages.wish import Typed, form_errors
from rooms.errors import Invalid
from scheduler.booking.booking import Rules
from scheduler.booking.series.book import check_series
from scheduler.booking.series.wish import SeriesFindings, SeriesWish, dates_of
from scheduler.booking.ways.ways_out import WaysOut

Findings = Callable[[SeriesWish], SeriesFindings]
TIMES = frozenset({"date", "start", "end"})


def ask_repeated(
    db: Session, actor: Actor, typed: Typed, repeat: Repeat, *, now: datetime, rules: Rules, permission: Permission,
    ways: bool = True,
) -> Asked:  # fmt: skip
    """As ``ask``; what repeats is judged date by date."""
    asked = ask(db, actor, typed, now=now, rules=rules, permission=permission)
    if not repeat.on:
        return replace(asked, repeat=repeat)

    def findings(wish: SeriesWish) -> SeriesFindings:
        choices = repeat.choices(at for at, _ in dates_of(wish))
        return check_series(db, wish, choices, now=now, rules=rules, ways=ways)

    return looked(asked, repeat, findings)


def looked(asked: Asked, repeat: Repeat, findings: Findings) -> Asked:
    """The form with what was found of all its dates, instead of what was found of the first. What does not repeat anew
    is a series that goes on as it did."""
    wish, errors = series_of(repeat, asked.wish.booking) if repeat.on else (SeriesWish(asked.wish.booking), [])
    found: SeriesFindings | None = None
    unread = bool(TIMES & {error.field for error in asked.wish.errors}) or not asked.answer.timed
    if not errors and not unread:
        try:
            found = findings(wish)
        except Invalid as problem:
            errors = renamed(problem.errors)
    errors = form_errors(asked.wish, [*errors, *(field_errors(found) if found else ())])
    if unread:
        errors = list({(e.field, e.code): e for e in (*errors, *asked.answer.errors)}.values())
    look = Look(wish, found, tuple(errors))
    clashes = clashes_of(found) if found else ()
    plain = replace(
        asked.answer, taken=(), full=(), ways=WaysOut(), outside=False, errors=tuple(errors), clashes=clashes,
        **_short(found),
    )  # fmt: skip
    return replace(asked, repeat=repeat, look=look, answer=plain)


def _short(findings: SeriesFindings | None) -> dict[str, Any]:
    """Of the first date that comes at short notice."""
    said = [w.data for one in findings.dates if not one.left_out for w in one.warnings if w.code == "short_notice"] \
        if findings else []  # fmt: skip
    if not said:
        return {"short": False}
    return {"short": True, "notice": said[0].get("days", 0), "required": said[0].get("required", 0)}
