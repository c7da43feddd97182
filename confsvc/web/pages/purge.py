"""An administrator takes out for good what was written about a conference; its row and its figures stay."""

from __future__ import annotations

import asyncio
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.feeds.body_queries import delete_bodies
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.feeds import FEEDS
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.official import files_of
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import find_seen
from confsvc.web.pages.typed import text_field
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking.purge import LONGEST_REASON, OVER, purge_content
from scheduler.booking.purge_queries import list_group
from scheduler.models import Conference

P = Permission.CONFERENCE_PURGE


async def show(request: web.Request) -> web.Response:
    """GET /conferences/{key}/purge: what goes and what stays."""
    return await _page(request)


async def _page(request: web.Request, *, errors: tuple[FieldError, ...] = (), reason: str = "") -> web.Response:
    words = Phrases(request[keys.LANGUAGE])
    conference, count, bound = await request.app[keys.DATABASE].read(
        _concerned, keys.actor(request), request.match_info["key"]
    )
    return render(
        request, "conference_purge.html", status=422 if errors else 200, w=words, conference=conference, count=count,
        bound=bound, reason=reason, errors=error_texts(errors, words), most=LONGEST_REASON,
    )  # fmt: skip


def _concerned(db: Session, actor: Actor, key: str) -> tuple[Conference, int, Conference | None]:
    """The conference, how many are emptied with it, and one of them that may still take place."""
    require(actor, P)
    conference = find_seen(db, actor, key)
    group = list_group(db, conference, locked=False)
    return conference, len(group), next((one for one in group if one.state not in OVER), None)


async def save(request: web.Request) -> web.Response:
    """POST /conferences/{key}/purge."""
    actor, key = keys.actor(request), request.match_info["key"]
    require(actor, P)
    reason = text_field(await request.post(), "reason")
    try:
        files = await request.app[keys.DATABASE].write(
            _purge, key, reason=reason, actor=actor.text, now=keys.now(request)
        )
    except Invalid as problem:
        return await _page(request, errors=problem.errors, reason=reason)
    request.app[FEEDS].forget()
    for sha256 in files:
        await asyncio.to_thread(files_of(request).remove, sha256)
    said = text("The content is taken out for good.", request[keys.LANGUAGE])
    return redirect(request, f"/conferences/{key}", flash=said, tone="warn")


def _purge(db: Session, key: str, *, reason: str, actor: str, now: datetime) -> list[str]:
    """What was written for calendars goes too; it is written anew from what is left."""
    delete_bodies(db)
    return purge_content(db, key, reason=reason, actor=actor, now=now)
