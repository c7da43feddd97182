"""Booking what is too large for the video host in the sittings that the form offered: a list that counts once."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.i18n import text
from confsvc.unsent import BOOKING, forget_unsent
from confsvc.web import keys
from confsvc.web.pages.book import refused, require_readable
from confsvc.web.pages.booking_form import Asked, ask
from confsvc.web.pages.displacing import with_offer
from confsvc.web.pages.ways import sittings_act
from confsvc.web.pages.wish import read_typed
from confsvc.web.rendering import redirect
from rooms.errors import Invalid
from scheduler.booking.booking import Rules
from scheduler.booking.series.book import BookedSeries, book_series
from scheduler.booking.series.wish import in_sittings
from scheduler.errors import NoCapacity, NoPlace, SeriesBlocked

P = Permission.CONFERENCE_BOOK
BOOKED = "Sittings booked: %(count)s; they count as one meeting. The letters are on their way."
ASKED = "Sittings sent for approval: %(count)s; they count as one meeting. Nobody is invited before they are approved."


async def save(request: web.Request, act: str) -> web.Response:
    """POST /book with the sittings that were seen (ways.py): all of them are booked, or none and the form stands there
    again with those that fit now. What is offered is looked for before the transaction, which checks it."""
    database, actor, now = request.app[keys.DATABASE], keys.actor(request), keys.now(request)
    typed, rules = read_typed(await request.post()), keys.rules(request)
    asked = await database.read(ask, actor, typed, now=now, rules=rules, permission=P)
    try:
        require_readable(asked, draft=False)
        if act != sittings_act(asked.answer.ways.sittings):
            raise NoCapacity(asked.answer.full)
        made = await database.write(_book, actor, asked, now=now, rules=rules)
    except (Invalid, NoPlace, SeriesBlocked) as problem:
        again = await database.read(ask, actor, typed, now=now, rules=rules, permission=P)
        shown = NoCapacity(again.answer.full) if isinstance(problem, SeriesBlocked) else problem
        return refused(request, await with_offer(request, again), shown)
    said = text(ASKED if asked.answer.needs else BOOKED, request[keys.LANGUAGE], {"count": len(made.dates)})
    return redirect(request, f"/series/{made.key}", flash=said, tone="ok")


def _book(db: Session, actor: Actor, asked: Asked, *, now: datetime, rules: Rules) -> BookedSeries:
    booking = asked.wish.booking
    require(actor, P, booking.host_unit_id)
    forget_unsent(db, actor.account_id, BOOKING)
    wish = in_sittings(booking, asked.answer.ways.sittings)
    return book_series(db, wish, actor=actor.text, now=now, rules=rules)
