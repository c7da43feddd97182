"""Booking a conference: one page, a live answer while typing, the same without scripts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web
from multidict import MultiDict
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.unsent import BOOKING, Kept, find_unsent, forget_unsent
from confsvc.web import keys
from confsvc.web.pages.booking_form import Asked, answer_context, ask, form_page
from confsvc.web.pages.choices import Places, load_places
from confsvc.web.pages.copied import Copied, copied, template_options
from confsvc.web.pages.displacing import with_offer
from confsvc.web.pages.fresh import new_typed
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import Repeat, read_repeat
from confsvc.web.pages.series_look import ask_repeated
from confsvc.web.pages.trial import page_of, said_of_trial, trial_title
from confsvc.web.pages.typed import Fields
from confsvc.web.pages.ways import follow, prefilled
from confsvc.web.pages.wish import Typed, read_typed
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking import book as booking
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.trial import Tried, book_with_trial
from scheduler.errors import NoPlace
from scheduler.local_time import local_day
from scheduler.models import Conference

P = Permission.CONFERENCE_BOOK
BOOKED = "Booked. The letters are on their way."
ASKED = "Sent for approval. Nobody is invited before it is approved."
SAVED = "The draft is saved. It holds no room and nobody has been told."


async def show(request: web.Request) -> web.Response:
    """GET /book: a form with sensible defaults; ``room``, ``day`` and ``start`` come from the timeline, ``like`` names
    a conference to be booked again, ``template`` one of the office's templates. What was typed before and not sent is
    offered, and with ``unsent`` it is what stands in the form."""
    asked, kept, templates = await request.app[keys.DATABASE].read(
        _fresh, keys.actor(request), request.query, now=keys.now(request), rules=keys.rules(request)
    )
    asked = await with_offer(request, asked)
    at = kept.at if kept and "unsent" not in request.query else None
    return form_page(request, asked, unsent=at, templates=templates)


def _fresh(
    db: Session, actor: Actor, query: Fields, *, now: datetime, rules: Rules
) -> tuple[Asked, Kept | None, dict[str, Any]]:
    places, kept = load_places(db, actor, P, now.date()), find_unsent(db, actor.account_id, BOOKING, now=now)
    repeat, templates = Repeat(), {"templates": template_options(db, actor, places)}
    if kept and "unsent" in query:
        fields = MultiDict(kept.fields)
        typed, repeat = read_typed(fields), read_repeat(fields)
    else:
        typed = new_typed(
            query, places, now=now, notice=_notice(places, now, rules), contact=actor.name, calendar=rules.calendar
        )
        made = copied(db, actor, query, typed, now=now)
        typed = made.typed if made else prefilled(typed, query, places)
        templates |= _said_of(made, query)
    return ask_repeated(db, actor, typed, repeat, now=now, rules=rules, permission=P), kept, templates


def _said_of(made: Copied | None, query: Fields) -> dict[str, Any]:
    """What the form tells of what it was filled with."""
    if made is None:
        return {}
    return {
        "left_out": made.left_out, "template": query.get("template", ""), "template_name": made.template,
        "template_replace": bool(made.template),
    }  # fmt: skip


def _notice(places: Places, now: datetime, rules: Rules) -> int:
    """Working days that the host's rule asks for whatever the kind."""
    host = places.default_host()
    return rules.book.whole("notice_days", kind=None, unit_id=host.id if host else None, day=local_day(now))


async def check(request: web.Request) -> web.Response:
    """POST /book/check: the answer alone for a script, the whole page with the answer for a button."""
    fields = await request.post()
    typed = follow(read_typed(fields), fields.get("set"))
    asked = await request.app[keys.DATABASE].read(
        ask_repeated, keys.actor(request), typed, read_repeat(fields), now=keys.now(request),
        rules=keys.rules(request), permission=P,
    )  # fmt: skip
    asked = await with_offer(request, asked)
    if "HX-Request" in request.headers:
        words = Phrases(request[keys.LANGUAGE])
        return render(request, "book_answer.html", **answer_context(asked, words, "/book", keys.rules(request)))
    return form_page(request, asked)


async def save(request: web.Request) -> web.Response:
    """POST /book: book it, or save a draft; what stands in the way is shown with everything kept."""
    fields, actor = await request.post(), keys.actor(request)
    typed, draft = read_typed(fields), fields.get("act") == "draft"
    database, now, rules = request.app[keys.DATABASE], keys.now(request), keys.rules(request)
    words = Phrases(request[keys.LANGUAGE])
    try:
        made = await database.write(_book, actor, typed, now=now, rules=rules, draft=draft, words=words)
    except (Invalid, NoPlace) as problem:
        asked = await database.read(ask, actor, typed, now=now, rules=rules, permission=P)
        return refused(request, await with_offer(request, asked), problem)
    said = f"{words.say(SAVED if draft else said_of(made.booked))} {said_of_trial(made, words)}".strip()
    return redirect(request, page_of(made), flash=said, tone="ok")


def _book(
    db: Session, actor: Actor, typed: Typed, *, now: datetime, rules: Rules, draft: bool, words: Phrases
) -> Tried:
    asked = ask(db, actor, typed, now=now, rules=rules, permission=P)
    require_readable(asked, draft=draft)
    require(actor, P, asked.wish.booking.host_unit_id)
    forget_unsent(db, actor.account_id, BOOKING)
    who: dict[str, Any] = {"actor": actor.text, "now": now, "rules": rules}
    wish = asked.wish.booking
    if typed.trial and wish.has_video and not draft:
        return book_with_trial(db, wish, trial_title(wish.title, words.language), **who)
    return Tried(booking.book(db, wish, draft=draft, **who))


def said_of(booked: Booked) -> str:
    """What to tell after booking: some wishes wait for approval."""
    return ASKED if booked.state == "pending" else BOOKED


def require_readable(asked: Asked, *, draft: bool) -> None:
    """Raises Invalid with every wrong field under the form's names. A draft may lack what only a booking needs."""
    errors = asked.wish.errors if draft else asked.answer.errors
    if errors:
        raise Invalid(errors)


def refused(
    request: web.Request, asked: Asked, problem: Invalid | NoPlace, conference: Conference | None = None
) -> web.Response:
    """The form again: 422 with the wrong fields, 409 when a room is taken or a line or the video host full."""
    if isinstance(problem, NoPlace):
        errors: tuple[FieldError, ...] = (FieldError("start", problem.code),)
    else:
        errors = problem.errors
    status = 409 if isinstance(problem, NoPlace) else 422
    return form_page(request, asked, errors=errors, status=status, conference=conference)
