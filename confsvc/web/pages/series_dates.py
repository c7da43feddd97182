"""Acts on single dates of a series: put back what was left out or cancelled, add one more.

What comes at short notice, or sets somebody into two meetings at once, is asked about before it is done.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.errors import text_of
from confsvc.web.pages.edit import read_version
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import moment_of
from confsvc.web.pages.series import BOOK, Asking, find_hosted_series, page
from confsvc.web.pages.typed import Fields, parse_day, parse_time, text_field
from confsvc.web.rendering import redirect
from rooms.errors import FieldError, Invalid, NotFound, Problem
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.series.put_back import add_date, put_back, put_back_date
from scheduler.booking.series.reading import read_series
from scheduler.booking.series.wish import wish_at
from scheduler.errors import NoPlace, Stale, WrongMove
from scheduler.local_time import instant
from scheduler.models import Series

REFUSALS = (NoPlace, WrongMove, Stale)
_BACK = {"short_notice_reason": "back_reason", "clash_confirmed": "back_clash"}
"""What is asked before a date is put back: its field in that form, which stands beside the one for one more date."""


async def bring_back(request: web.Request) -> web.Response:
    """POST /series/{key}/put-back: ``date`` that was left out, or ``conference`` that was cancelled."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    try:
        await request.app[keys.DATABASE].write(
            _bring_back, keys.actor(request), key, fields, now=keys.now(request), rules=keys.rules(request)
        )
    except Invalid as problem:
        if all(error.field in _BACK for error in problem.errors):
            return await _ask(request, fields, problem)
        return redirect(request, f"/series/{key}", flash=_first_text(problem, language), tone="bad")
    except REFUSALS as problem:
        return redirect(request, f"/series/{key}", flash=_first_text(problem, language), tone="bad")
    said = text("The date takes place. Everybody is invited again.", language)
    return redirect(request, f"/series/{key}", flash=said, tone="ok")


async def _ask(request: web.Request, fields: Fields, problem: Invalid) -> web.Response:
    """The page with the form of this date: what is still to be said, and what was said already."""
    reason, known = text_field(fields, "back_reason"), bool(fields.get("back_clash"))
    wrong = {error.field for error in problem.errors}
    name = "conference" if text_field(fields, "conference") else "date"
    asking = Asking(
        name, text_field(fields, name), reason, known, asks_reason="short_notice_reason" in wrong or bool(reason),
        asks_clash="clash_confirmed" in wrong or known,
    )  # fmt: skip
    said = error_texts(problem.errors, Phrases(request[keys.LANGUAGE]))
    return await page(request, errors={_BACK[field]: it for field, it in said.items()}, status=422, asking=asking)


def _bring_back(db: Session, actor: Actor, key: str, fields: Fields, *, now: datetime, rules: Rules) -> None:
    series = find_hosted_series(db, actor, key, BOOK)
    (wanted, _, version), date = text_field(fields, "conference").partition("."), text_field(fields, "date")
    known = bool(fields.get("back_clash"))
    if wanted:
        view = read_series(db, key)
        if not any(one.conference is not None and one.conference.key == wanted for one in view.dates):
            raise NotFound(kind="conference", key=wanted)
        put_back(
            db, wanted, version=int(version) if _is_number(version) else 0, actor=actor.text, now=now, rules=rules,
            clash_confirmed=known,
        )  # fmt: skip
        return
    if not _is_number(date):
        raise NotFound(kind="date", key=date)
    put_back_date(
        db, series.key, moment_of(int(date)), version=read_version(fields), actor=actor.text, now=now, rules=rules,
        short_notice_reason=text_field(fields, "back_reason") or None, clash_confirmed=known,
    )  # fmt: skip


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) <= 9


async def add(request: web.Request) -> web.Response:
    """POST /series/{key}/add: one more date, as the others but for its time."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    try:
        await request.app[keys.DATABASE].write(
            _add, keys.actor(request), key, fields, now=keys.now(request), rules=keys.rules(request)
        )
    except Invalid as problem:
        return await page(request, errors=error_texts(problem.errors, Phrases(language)), status=422, typed=fields)
    except (NoPlace, Stale) as problem:
        return await page(request, errors={"day": text_of(problem, language)}, status=409, typed=fields)
    said = text("The date is added. The letters are on their way.", language)
    return redirect(request, f"/series/{key}", flash=said, tone="ok")


def _add(db: Session, actor: Actor, key: str, fields: Fields, *, now: datetime, rules: Rules) -> None:
    series = find_hosted_series(db, actor, key, BOOK)
    reason, known = text_field(fields, "short_notice_reason"), bool(fields.get("clash_confirmed"))
    booking = replace(_booking(series, fields), short_notice_reason=reason or None, clash_confirmed=known)
    try:
        add_date(db, key, booking, version=read_version(fields), actor=actor.text, now=now, rules=rules)
    except Invalid as problem:
        names = {"starts": "day", "ends": "to", "host": "day"}
        raise Invalid([FieldError(names.get(e.field, e.field), e.code, e.data) for e in problem.errors]) from problem


def _booking(series: Series, fields: Fields) -> Booking:
    """Raises Invalid for day, from, to."""
    day = parse_day(text_field(fields, "day"))
    begins, finishes = (parse_time(text_field(fields, name)) for name in ("from", "to"))
    read = (("day", day, "day_form"), ("from", begins, "time_form"), ("to", finishes, "time_form"))
    if day is None or begins is None or finishes is None:
        wrong = [(name, code) for name, value, code in read if value is None]
        raise Invalid([FieldError(name, code if text_field(fields, name) else "required") for name, code in wrong])
    return replace(wish_at(series.wish, instant(day, begins), series.minutes), ends=instant(day, finishes))


def _first_text(problem: Problem, language: str) -> str:
    """The first wrong field, or the problem as a whole."""
    if isinstance(problem, Invalid):
        return next(iter(error_texts(problem.errors, Phrases(language)).values()))
    return text_of(problem, language)
