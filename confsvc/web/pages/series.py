"""One series: what it is in words, every date with its state, and the acts on single dates of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, require
from confsvc.i18n import text
from confsvc.series_words import rule_words
from confsvc.web import keys
from confsvc.web.errors import text_of
from confsvc.web.pages.dates import short_day
from confsvc.web.pages.edit import read_version
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import minute_of, moment_of
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.typed import Fields, parse_day, parse_time, text_field
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid, NotFound, Problem
from rooms.queries import list_names
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.series.cancel import AHEAD
from scheduler.booking.series.letters import OFF
from scheduler.booking.series.put_back import add_date, put_back, put_back_date
from scheduler.booking.series.reading import SeriesDate, SeriesView, read_series
from scheduler.booking.series.wish import wish_at
from scheduler.errors import NoPlace, Stale, WrongMove
from scheduler.local_time import instant, local_day
from scheduler.models import Series
from scheduler.record.figure_queries import list_seen
from scheduler.standing import standing

BOOK, CHANGE, CANCEL = Permission.CONFERENCE_BOOK, Permission.CONFERENCE_CHANGE, Permission.CONFERENCE_CANCEL
REFUSALS = (Invalid, NoPlace, WrongMove, Stale)


@dataclass(frozen=True)
class DateView:
    """``mark``: past, ahead, moved, own (changed in some way), off, out; ``name``: of a date that was left out."""

    day: str
    clock: str
    mark: str
    said: str
    badge: tuple[str, str] | None
    key: str
    version: int
    name: int
    back: bool


async def show(request: web.Request) -> web.Response:
    """GET /series/{key}."""
    return await page(request)


async def page(
    request: web.Request, *, errors: dict[str, str] | None = None, status: int = 200, typed: Fields | None = None
) -> web.Response:
    """The page, with what was typed for one more date and why that is refused."""
    words, now = Phrases(request[keys.LANGUAGE]), keys.now(request)
    context = await request.app[keys.DATABASE].read(
        _load, keys.actor(request), request.match_info["key"], words, now=now
    )
    values = {name: text_field(typed, name) if typed is not None else "" for name in ("day", "from", "to")}
    return render(request, "series.html", status=status, w=words, errors=errors or {}, values=values, **context)


def find_seen_series(db: Session, actor: Actor, key: str) -> tuple[SeriesView, set[int]]:
    """The series and the ids of those conferences of it that this person may look at. Raises NotFound."""
    view = read_series(db, key)
    ids = [one.conference.id for one in view.dates if one.conference is not None]
    seen = list_seen(db, ids, sight_of(actor))
    if not seen and not may(actor, Permission.CONFERENCE_READ, view.series.host_unit_id):
        raise NotFound(kind="series", key=key)
    return view, seen


def find_hosted_series(db: Session, actor: Actor, key: str, permission: Permission) -> Series:
    """The series, for somebody who wants to do this with it. Raises NotFound, NotAllowed."""
    view, _ = find_seen_series(db, actor, key)
    require(actor, permission, view.series.host_unit_id)
    return view.series


def _load(db: Session, actor: Actor, key: str, words: Phrases, *, now: datetime) -> dict[str, Any]:
    view, seen = find_seen_series(db, actor, key)
    series = view.series
    own = may(actor, Permission.CONFERENCE_READ, series.host_unit_id)
    books = may(actor, BOOK, series.host_unit_id)
    dates = [one for one in view.dates if (one.conference.id in seen if one.conference is not None else own)]
    ahead = [one for one in dates if _ahead(one, now)]
    host = list_names(db, [series.host_unit_id], local_day(view.first)).get(series.host_unit_id)
    rows = [_date(one, view, words, now=now, books=books) for one in dates]
    hidden = len(view.dates) - len(dates)
    return {
        "series": series, "said": words.headed(series_words(view, words)), "host": host, "rows": rows, "hidden": hidden,
        "live": len([one for one in dates if one.conference is not None and one.conference.state not in OFF]),
        "ahead": len(ahead), "books": books, "before": view.split_from, "after": view.split_off,
        "changes": bool(ahead) and may(actor, CHANGE, series.host_unit_id),
        "cancels": bool(ahead) and may(actor, CANCEL, series.host_unit_id),
        "usual": (words.clock(view.first), words.clock(view.first + timedelta(minutes=series.minutes))),
    }  # fmt: skip


def _ahead(one: SeriesDate, now: datetime) -> bool:
    return one.conference is not None and one.conference.state in AHEAD and one.starts > now


def series_words(view: SeriesView, words: Phrases) -> str:
    """How often and until when, with the usual times; of a list how many sessions from when to when."""
    if view.rule is not None:
        times = f"{words.clock(view.first)}–{words.clock(view.first + timedelta(minutes=view.series.minutes))}"
        return f"{rule_words(view.rule, words.language)}, {times}"
    if not view.live:
        return words.say("a list of sessions")
    return words.say(
        "a list of %(count)s sessions, from %(first)s to %(last)s", count=len(view.live),
        first=words.day(view.live[0].starts), last=words.day(view.live[-1].starts),
    )  # fmt: skip


def _date(one: SeriesDate, view: SeriesView, words: Phrases, *, now: datetime, books: bool) -> DateView:
    day, clock = short_day(local_day(one.starts), words), f"{words.clock(one.starts)}–{words.clock(one.ends)}"
    found, later = one.conference, one.starts > now
    if found is None:
        name = minute_of(one.original) if one.original is not None else 0
        return DateView(day, clock, "out", words.say("left out"), None, "", 0, name, later and books)
    off = found.state in OFF
    said, mark = "", "off" if off else "ahead" if later else "past"
    if one.original is not None and one.moved and not off:
        mark = "moved"
        said = words.say("moved, was %(time)s", time=_was(one, words))
    elif one.original is None:
        said = words.say("extra date")
    elif one.altered and not off:
        said = words.say("changed by itself")
    return DateView(day, clock, mark, said, words.standing(standing(found, now)), found.key, found.version, 0,
                    off and later and books)  # fmt: skip


def _was(one: SeriesDate, words: Phrases) -> str:
    if one.original is None or local_day(one.original) == local_day(one.starts):
        return words.clock(one.original or one.starts)
    return f"{words.clock(one.original)} {short_day(local_day(one.original), words)}"


async def bring_back(request: web.Request) -> web.Response:
    """POST /series/{key}/put-back: ``date`` that was left out, or ``conference`` that was cancelled."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    try:
        await request.app[keys.DATABASE].write(
            _bring_back, keys.actor(request), key, fields, now=keys.now(request), rules=keys.rules(request)
        )
    except REFUSALS as problem:
        return redirect(request, f"/series/{key}", flash=first_text(problem, language), tone="bad")
    said = text("The date takes place. Everybody is invited again.", language)
    return redirect(request, f"/series/{key}", flash=said, tone="ok")


def _bring_back(db: Session, actor: Actor, key: str, fields: Fields, *, now: datetime, rules: Rules) -> None:
    series = find_hosted_series(db, actor, key, BOOK)
    (wanted, _, version), date = text_field(fields, "conference").partition("."), text_field(fields, "date")
    if wanted:
        view = read_series(db, key)
        if not any(one.conference is not None and one.conference.key == wanted for one in view.dates):
            raise NotFound(kind="conference", key=wanted)
        put_back(db, wanted, version=int(version) if _is_number(version) else 0, actor=actor.text, now=now, rules=rules)
        return
    if not _is_number(date):
        raise NotFound(kind="date", key=date)
    original = moment_of(int(date))
    put_back_date(db, series.key, original, version=read_version(fields), actor=actor.text, now=now, rules=rules)


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
    reason = text_field(fields, "short_notice_reason")
    booking = replace(_booking(series, fields), short_notice_reason=reason or None)
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


def first_text(problem: Problem, language: str) -> str:
    """The first wrong field, or the problem as a whole."""
    if isinstance(problem, Invalid):
        return next(iter(error_texts(problem.errors, Phrases(language)).values()))
    return text_of(problem, language)
