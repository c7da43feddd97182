"""Taking rooms from others on the booking form: the offer with what it does to whom, and the act with its consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.displacing import offer, require_displace
from confsvc.i18n import text
from confsvc.unsent import BOOKING, forget_unsent
from confsvc.web import keys
from confsvc.web.pages.booking_form import Asked, ask, form_page
from confsvc.web.pages.offer import consent_of
from confsvc.web.pages.typed import Fields
from confsvc.web.pages.wish import read_typed
from confsvc.web.rendering import redirect
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Rules
from scheduler.booking.giving_way.preempt import Changed, Preempted, preempt
from scheduler.booking.giving_way.rivals import NO_CONSENT
from scheduler.errors import GivesWay, NoPlace
from scheduler.models import Conference

P = Permission.CONFERENCE_BOOK


async def with_offer(request: web.Request, asked: Asked, conference: Conference | None = None) -> Asked:
    """The same look at the form with what taking the rooms would do, when something stands in the way and this person
    may take them. ``conference``: the one that is changed."""
    if not (asked.answer.taken or asked.answer.full) or not asked.answer.timed:
        return asked
    found = await offer(
        request.app[keys.DATABASE], asked.wish.booking, actor=keys.actor(request), now=keys.now(request),
        rules=keys.rules(request), changed=changed_of(conference) if conference else None,
    )  # fmt: skip
    consent = consent_of(await request.post()) if request.method == "POST" else NO_CONSENT
    return replace(asked, offer=found, consent=consent) if found else asked


def changed_of(conference: Conference, version: int | None = None) -> Changed:
    """The conference for the domain, at the version that somebody saw."""
    return Changed(conference.id, conference.key, conference.version if version is None else version)


async def save(request: web.Request) -> web.Response:
    """POST /book/displace: book it, and whoever stands in the way gives way."""
    fields, actor = await request.post(), keys.actor(request)
    typed, database = read_typed(fields), request.app[keys.DATABASE]
    now, rules = keys.now(request), keys.rules(request)
    try:
        made = await database.write(_save, actor, fields, now=now, rules=rules)
    except (Invalid, NoPlace, GivesWay) as problem:
        asked = await database.read(ask, actor, typed, now=now, rules=rules, permission=P)
        asked = await with_offer(request, asked)
        errors = problem.errors if isinstance(problem, Invalid) else (FieldError("start", problem.code),)
        return form_page(request, asked, errors=errors, status=422 if isinstance(problem, Invalid) else 409)
    return done(request, made, "Booked. %(count)s meetings gave way; their hosts are told.")


def done(request: web.Request, made: Preempted, said: str) -> web.Response:
    """To the conference, with how many gave way."""
    told = text(said, request[keys.LANGUAGE], {"count": len(made.preview.ways)})
    return redirect(request, f"/conferences/{made.booked.key}", flash=told, tone="ok")


def _save(db: Session, actor: Actor, fields: Fields, *, now: datetime, rules: Rules) -> Preempted:
    asked = ask(db, actor, read_typed(fields), now=now, rules=rules, permission=P)
    if asked.answer.errors:
        raise Invalid(asked.answer.errors)
    booking = asked.wish.booking
    require(actor, P, booking.host_unit_id)
    require_displace(actor, booking, rules)
    forget_unsent(db, actor.account_id, BOOKING)
    return preempt(db, booking, consent_of(fields), actor=actor.text, now=now, rules=rules)
