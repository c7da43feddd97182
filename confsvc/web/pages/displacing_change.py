"""Taking rooms from others when a meeting is changed: the same offer as when one is booked."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.displacing import require_displace
from confsvc.web import keys
from confsvc.web.pages.booking_form import form_page
from confsvc.web.pages.displacing import changed_of, done, with_offer
from confsvc.web.pages.edit import ask_change, read_version, stale
from confsvc.web.pages.offer import consent_of
from confsvc.web.pages.typed import Fields
from confsvc.web.pages.wish import read_typed
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Rules
from scheduler.booking.giving_way.preempt import Preempted, preempt
from scheduler.errors import GivesWay, NoPlace, Stale


async def save(request: web.Request) -> web.Response:
    """POST /conferences/{key}/displace: change it, and whoever stands in the way gives way."""
    fields, actor, key = await request.post(), keys.actor(request), request.match_info["key"]
    database, now, rules = request.app[keys.DATABASE], keys.now(request), keys.rules(request)
    try:
        made = await database.write(_save, actor, key, fields, now=now, rules=rules)
    except (Invalid, NoPlace, GivesWay) as problem:
        asked, conference = await database.read(ask_change, actor, key, read_typed(fields), now=now, rules=rules)
        asked = await with_offer(request, asked, conference)
        errors = problem.errors if isinstance(problem, Invalid) else (FieldError("start", problem.code),)
        status = 422 if isinstance(problem, Invalid) else 409
        return form_page(request, asked, errors=errors, status=status, conference=conference)
    except Stale:
        return await stale(request, fields)
    return done(request, made, "Saved. %(count)s meetings gave way; their hosts are told.")


def _save(db: Session, actor: Actor, key: str, fields: Fields, *, now: datetime, rules: Rules) -> Preempted:
    asked, conference = ask_change(db, actor, key, read_typed(fields), now=now, rules=rules)
    if asked.answer.errors:
        raise Invalid(asked.answer.errors)
    booking = asked.wish.booking
    require_displace(actor, booking, rules)
    changed = changed_of(conference, read_version(fields))
    return preempt(db, booking, consent_of(fields), actor=actor.text, now=now, rules=rules, changed=changed)
