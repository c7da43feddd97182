"""Cancelling: a page that says exactly what will happen to whom, then the act with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.pages.edit import read_version, stale
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import find_hosted
from confsvc.web.pages.typed import text_field
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking import edit
from scheduler.booking.edit import IDLE
from scheduler.booking.queries import list_guests
from scheduler.errors import Stale
from scheduler.models import Conference
from scheduler.part_queries import list_site_rows

P = Permission.CONFERENCE_CANCEL
LONGEST_REASON = 500


@dataclass(frozen=True)
class Concerned:
    """Who and what a cancellation touches. ``told`` False: a draft, of which nobody knows."""

    conference: Conference
    sites: tuple[str, ...]
    people: int
    told: bool
    running: bool


async def show(request: web.Request) -> web.Response:
    """GET /conferences/{key}/cancel."""
    return await _page(request)


async def _page(request: web.Request, *, errors: tuple[FieldError, ...] = (), reason: str = "") -> web.Response:
    words = Phrases(request[keys.LANGUAGE])
    concerned = await request.app[keys.DATABASE].read(
        _concerned, keys.actor(request), request.match_info["key"], now=keys.now(request)
    )
    return render(
        request, "conference_cancel.html", status=422 if errors else 200, w=words, it=concerned, reason=reason,
        conference=concerned.conference, errors=error_texts(errors, words), seen_at=keys.now(request).isoformat(),
    )  # fmt: skip


def _concerned(db: Session, actor: Actor, key: str, *, now: datetime) -> Concerned:
    conference = find_hosted(db, actor, key, P)
    edit.check_cancellable(conference, now=now)
    sites = tuple(row.unit_short or row.room for row in list_site_rows(db, conference.id))
    told = conference.state not in IDLE and conference.uid is not None
    running = conference.state == "open" and conference.starts <= now
    return Concerned(conference, sites, len(list_guests(db, conference.id)) if told else 0, told, running)


async def save(request: web.Request) -> web.Response:
    """POST /conferences/{key}/cancel."""
    fields, key = await request.post(), request.match_info["key"]
    reason = text_field(fields, "reason")
    if len(reason) > LONGEST_REASON:
        return await _page(request, errors=(FieldError("reason", "too_long", {"max": LONGEST_REASON}),), reason=reason)
    try:
        await request.app[keys.DATABASE].write(
            _cancel, keys.actor(request), key, version=read_version(fields), reason=reason, now=keys.now(request)
        )
    except Invalid as problem:
        return await _page(request, errors=problem.errors, reason=reason)
    except Stale:
        return await stale(request, fields)
    said = text("Cancelled. The rooms are free again.", request[keys.LANGUAGE])
    return redirect(request, f"/conferences/{key}", flash=said, tone="ok")


def _cancel(db: Session, actor: Actor, key: str, *, version: int, reason: str, now: datetime) -> None:
    find_hosted(db, actor, key, P)
    edit.cancel(db, key, version=version, reason=reason, actor=actor.text, now=now)
