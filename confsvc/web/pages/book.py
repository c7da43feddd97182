"""Booking a conference: one page, a live answer while typing, the same without scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aiohttp import web
from multidict import MultiDict
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.i18n import text
from confsvc.unsent import BOOKING, Kept, find_unsent, forget_unsent
from confsvc.web import keys
from confsvc.web.pages.booking_form import Asked, answer_context, ask, form_page
from confsvc.web.pages.choices import Places, load_places
from confsvc.web.pages.displacing import with_offer
from confsvc.web.pages.fresh import new_typed
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import Repeat, read_repeat
from confsvc.web.pages.series_look import ask_repeated
from confsvc.web.pages.sight import find_hosted
from confsvc.web.pages.typed import Fields
from confsvc.web.pages.ways import follow, prefilled
from confsvc.web.pages.wish import Typed, read_typed, typed_of
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking import book as booking
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Booked, Rules
from scheduler.errors import NoPlace
from scheduler.local_time import local_day
from scheduler.models import Conference

P = Permission.CONFERENCE_BOOK
BOOKED = "Booked. The letters are on their way."
ASKED = "Sent for approval. Nobody is invited before it is approved."
SAVED = "The draft is saved. It holds no room and nobody has been told."


async def show(request: web.Request) -> web.Response:
    """GET /book: a form with sensible defaults; ``room``, ``day`` and ``start`` come from the timeline, ``like`` names
    a conference to be booked again. What was typed before and not sent is offered, and with ``unsent`` it is what
    stands in the form."""
    asked, kept = await request.app[keys.DATABASE].read(
        _fresh, keys.actor(request), request.query, now=keys.now(request), rules=keys.rules(request)
    )
    asked = await with_offer(request, asked)
    return form_page(request, asked, unsent=kept.at if kept and "unsent" not in request.query else None)


def _fresh(db: Session, actor: Actor, query: Fields, *, now: datetime, rules: Rules) -> tuple[Asked, Kept | None]:
    places, kept = load_places(db, actor, P, now.date()), find_unsent(db, actor.account_id, BOOKING, now=now)
    repeat = Repeat()
    if kept and "unsent" in query:
        fields = MultiDict(kept.fields)
        typed, repeat = read_typed(fields), read_repeat(fields)
    else:
        typed = new_typed(
            query, places, now=now, notice=_notice(places, now, rules), contact=actor.name, calendar=rules.calendar
        )
        like = str(query.get("like", ""))
        typed = _like(db, actor, like, typed, places) if like else prefilled(typed, query, places)
    return ask_repeated(db, actor, typed, repeat, now=now, rules=rules, permission=P), kept


def _like(db: Session, actor: Actor, key: str, typed: Typed, places: Places) -> Typed:
    """The form filled as another conference of the office, on the day that a fresh form proposes; what holds for that
    one alone (its letter, its reasons, what was declared) is asked anew."""
    like = typed_of(booking_of(db, find_hosted(db, actor, key, P)), places)
    return replace(
        like, date=typed.date, letter_number="", short_notice_reason="", no_secrets="", chair_consent="",
        verbal_order="",
    )  # fmt: skip


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
    try:
        booked = await database.write(_book, actor, typed, now=now, rules=rules, draft=draft)
    except (Invalid, NoPlace) as problem:
        asked = await database.read(ask, actor, typed, now=now, rules=rules, permission=P)
        return refused(request, await with_offer(request, asked), problem)
    said = SAVED if draft else said_of(booked)
    return redirect(request, f"/conferences/{booked.key}", flash=text(said, request[keys.LANGUAGE]), tone="ok")


def _book(db: Session, actor: Actor, typed: Typed, *, now: datetime, rules: Rules, draft: bool) -> Booked:
    asked = ask(db, actor, typed, now=now, rules=rules, permission=P)
    require_readable(asked, draft=draft)
    require(actor, P, asked.wish.booking.host_unit_id)
    forget_unsent(db, actor.account_id, BOOKING)
    return booking.book(db, asked.wish.booking, actor=actor.text, now=now, rules=rules, draft=draft)


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
