"""Booking by the form when it may repeat: one conference, or every date of a series that fits."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.i18n import text
from confsvc.unsent import BOOKING, forget_unsent
from confsvc.web import keys
from confsvc.web.pages import book, sittings
from confsvc.web.pages.book import require_readable
from confsvc.web.pages.booking_form import Asked, Target, form_page
from confsvc.web.pages.dates import Look
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import Repeat, read_repeat, repeat_values
from confsvc.web.pages.series_look import ask_repeated
from confsvc.web.pages.typed import text_field
from confsvc.web.pages.wish import Typed, read_typed
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Rules
from scheduler.booking.series.book import BookedSeries, book_series
from scheduler.booking.series.wish import Choices
from scheduler.errors import NoPlace, SeriesBlocked

P = Permission.CONFERENCE_BOOK
BOOKED = "Dates booked: %(count)s. The letters are on their way."
ASKED = "Dates sent for approval: %(count)s. Nobody is invited before they are approved."


async def repeat_fields(request: web.Request) -> web.Response:
    """POST /book/repeat: what the chosen way to repeat asks for, for a script."""
    words, repeat = Phrases(request[keys.LANGUAGE]), read_repeat(await request.post())
    return render(request, "book_repeat_fields.html", errors={}, **repeat_values(repeat, words))


async def save(request: web.Request) -> web.Response:
    """POST /book: one conference, a draft, sittings, or a series. Of a series the dates that fit are booked by the
    button that named their number; with another number, or without one, dates that do not fit are shown first."""
    fields, actor = await request.post(), keys.actor(request)
    repeat, act = read_repeat(fields), text_field(fields, "act")
    if act.startswith("sittings:") and not repeat.on:
        return await sittings.save(request, act)
    if not repeat.on:
        return await book.save(request)
    typed = read_typed(fields)
    database, now, rules = request.app[keys.DATABASE], keys.now(request), keys.rules(request)
    try:
        made, waits = await database.write(_book, actor, typed, repeat, act, now=now, rules=rules)
    except (Invalid, NoPlace, SeriesBlocked) as problem:
        asked = await database.read(ask_repeated, actor, typed, repeat, now=now, rules=rules, permission=P)
        return refused(request, asked, problem)
    said = said_of(len(made.dates), waits, request[keys.LANGUAGE])
    return redirect(request, f"/series/{made.key}", flash=said, tone="ok")


def _book(
    db: Session, actor: Actor, typed: Typed, repeat: Repeat, act: str, *, now: datetime, rules: Rules
) -> tuple[BookedSeries, bool]:
    if act == "draft":
        raise Invalid([FieldError("repeat", "no_draft")])
    asked = ask_repeated(db, actor, typed, repeat, now=now, rules=rules, permission=P, ways=False)
    require_readable(asked, draft=False)
    require(actor, P, asked.wish.booking.host_unit_id)
    look, choices = decided(asked, repeat, act)
    forget_unsent(db, actor.account_id, BOOKING)
    made = book_series(db, look.wish, choices, actor=actor.text, now=now, rules=rules)
    return made, bool(asked.answer.needs)


def decided(asked: Asked, repeat: Repeat, act: str) -> tuple[Look, Choices]:
    """The choices with the dates left out that do not fit, where ``act`` says how many are booked then ("book:13").

    Raises SeriesBlocked when some do not fit and another number was seen.
    """
    look = asked.look
    if look is None or look.findings is None:
        raise Invalid([FieldError("repeat", "wrong")])
    undecided = look.undecided
    if undecided and act != f"book:{look.findings.fitting}":
        raise SeriesBlocked(undecided)
    chosen = repeat.choices(one.original for one in look.findings.dates)
    return look, {**chosen, **{one.original: None for one in undecided}}


def refused(
    request: web.Request, asked: Asked, problem: Invalid | NoPlace | SeriesBlocked, target: Target | None = None
) -> web.Response:
    """The form again: 422 with the wrong fields, 409 when some dates do not fit."""
    if isinstance(problem, Invalid):
        return form_page(request, asked, errors=problem.errors, status=422, conference=target)
    return form_page(request, asked, errors=(FieldError("dates", SeriesBlocked.code),), status=409, conference=target)


def said_of(dates: int, waits: bool, language: str) -> str:
    """What to tell after booking."""
    return text(ASKED if waits else BOOKED, language, {"count": dates})
