"""Acts on a conference that runs: longer, its end, a site that says it is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.errors import text_of
from confsvc.web.pages.edit import read_version, stale
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.running_view import may_check_in
from confsvc.web.pages.sight import find_run, find_seen
from confsvc.web.pages.typed import text_field
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid, NotAllowed, NotFound
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.queries import list_sites
from scheduler.conduct.advance import finish
from scheduler.conduct.extension import extend
from scheduler.conduct.presence import check_in
from scheduler.errors import NoExtension, NoPlace, Stale, TooLate, WrongMove
from scheduler.models import Conference
from scheduler.timing import Timing

LONGEST_REASON = 500


async def extend_it(request: web.Request) -> web.Response:
    """POST /conferences/{key}/extend: ``minutes`` more; what stands in the way is said on the conference's page."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    typed = text_field(fields, "minutes")
    minutes = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
    try:
        ends = await request.app[keys.DATABASE].write(
            _extend, keys.actor(request), key, minutes, version=read_version(fields), now=keys.now(request),
            rules=keys.rules(request),
        )  # fmt: skip
    except (NoExtension, NoPlace, TooLate, WrongMove, Invalid) as problem:
        return redirect(request, f"/conferences/{key}", flash=text_of(problem, language), tone="bad")
    except Stale:
        return await stale(request, fields)
    said = text("The meeting goes on until %(time)s.", language, {"time": Phrases(language).clock(ends)})
    return redirect(request, f"/conferences/{key}", flash=said, tone="ok")


def _extend(
    db: Session, actor: Actor, key: str, minutes: int, *, version: int, now: datetime, rules: Rules
) -> datetime:
    conference = find_run(db, actor, key)
    extend(db, key, minutes, version=version, actor=actor.text, now=now, rules=rules)
    return conference.ends


async def show_end(request: web.Request) -> web.Response:
    """GET /conferences/{key}/end: what will happen."""
    return await _page(request)


async def _page(request: web.Request, *, errors: tuple[FieldError, ...] = (), reason: str = "") -> web.Response:
    words = Phrases(request[keys.LANGUAGE])
    conference = await request.app[keys.DATABASE].read(
        _ending, keys.actor(request), request.match_info["key"], now=keys.now(request)
    )
    return render(
        request, "conference_end.html", status=422 if errors else 200, w=words, reason=reason, conference=conference,
        errors=error_texts(errors, words), seen_at=keys.now(request).isoformat(), most=LONGEST_REASON,
    )  # fmt: skip


def _ending(db: Session, actor: Actor, key: str, *, now: datetime) -> Conference:
    conference = find_run(db, actor, key)
    if conference.state != "open" or now < conference.starts:
        raise WrongMove(state=conference.state, to="ended")
    return conference


async def end_it(request: web.Request) -> web.Response:
    """POST /conferences/{key}/end: ``reason`` may say why it ends now."""
    fields, key = await request.post(), request.match_info["key"]
    reason = text_field(fields, "reason")
    if len(reason) > LONGEST_REASON:
        return await _page(request, errors=(FieldError("reason", "too_long", {"max": LONGEST_REASON}),), reason=reason)
    try:
        await request.app[keys.DATABASE].write(
            end_now, keys.actor(request), key, version=read_version(fields), reason=reason, now=keys.now(request),
            timing=keys.rules(request).timing,
        )  # fmt: skip
    except Stale:
        return await stale(request, fields)
    said = text("Ended. The rooms are free again.", request[keys.LANGUAGE])
    return redirect(request, f"/conferences/{key}", flash=said, tone="ok")


def end_now(db: Session, actor: Actor, key: str, *, version: int, reason: str, now: datetime, timing: Timing) -> Booked:
    """A unit of work for pages and programs."""
    conference = find_run(db, actor, key)
    made = finish(db, key, version=version, actor=actor.text, now=now, timing=timing, reason=reason or None)
    return Booked(conference.id, key, made)


async def say_here(request: web.Request) -> web.Response:
    """POST /conferences/{key}/here: the site in ``room`` (id) is there."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    typed = text_field(fields, "room")
    room_id = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 else 0
    where: dict[str, Any] = {"now": keys.now(request), "timing": keys.rules(request).timing}
    try:
        await request.app[keys.DATABASE].write(check_in_site, keys.actor(request), key, room_id, **where)
    except (NoPlace, WrongMove) as problem:
        return redirect(request, f"/conferences/{key}", flash=text_of(problem, language), tone="bad")
    return redirect(request, f"/conferences/{key}", flash=text("Noted: the site is there.", language), tone="ok")


def check_in_site(db: Session, actor: Actor, key: str, room_id: int, *, now: datetime, timing: Timing) -> None:
    """A unit of work for pages and programs. Raises NotFound, NotAllowed and as `check_in`."""
    conference = find_seen(db, actor, key)
    site = next((site for site in list_sites(db, conference.id) if site.room_id == room_id), None)
    if site is None:
        raise NotFound(kind="site", key=key)
    if not may_check_in(db, actor, conference, site):
        raise NotAllowed(permission="conference.conduct")
    check_in(db, key, room_id, actor=actor.text, now=now, timing=timing)
