"""Cancelling dates of a series: a page that says what happens to how many, then the act with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.pages.cancel import LONGEST_REASON
from confsvc.web.pages.dates import short_day
from confsvc.web.pages.edit import read_version
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.series import find_hosted_series
from confsvc.web.pages.series_edit import read_scope
from confsvc.web.pages.typed import Fields, text_field
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking.series.cancel import cancel_series
from scheduler.booking.series.outlook import cancelled_by, concerned
from scheduler.errors import Stale
from scheduler.local_time import local_day

P = Permission.CONFERENCE_CANCEL


@dataclass(frozen=True)
class Concerned:
    """Which dates of which series, and how many sites and people they have together."""

    key: str
    title: str
    version: int
    scope: str
    since: str
    starts: tuple[datetime, ...]
    sites: int
    people: int


async def show(request: web.Request) -> web.Response:
    """GET /series/{key}/cancel: ``scope`` and ``since`` say which dates."""
    return await _page(request, request.query)


async def _page(
    request: web.Request, fields: Fields, *, errors: tuple[FieldError, ...] = (), reason: str = ""
) -> web.Response:
    words = Phrases(request[keys.LANGUAGE])
    it = await request.app[keys.DATABASE].read(
        _concerned, keys.actor(request), request.match_info["key"], fields, now=keys.now(request)
    )
    return render(
        request, "series_cancel.html", status=422 if errors else 200, w=words, it=it, conference=it, reason=reason,
        dates=[f"{short_day(local_day(at), words)} {words.clock(at)}" for at in it.starts],
        errors=error_texts(errors, words),
    )  # fmt: skip


def _concerned(db: Session, actor: Actor, key: str, fields: Fields, *, now: datetime) -> Concerned:
    series, (scope, since) = find_hosted_series(db, actor, key, P), read_scope(fields)
    gone = cancelled_by(db, key, scope=scope, since=since or None, now=now)
    sites, people = concerned(db, gone)
    starts = tuple(sorted(one.starts for one in gone))
    return Concerned(series.key, series.title, series.version, scope, since, starts, sites, people)


async def save(request: web.Request) -> web.Response:
    """POST /series/{key}/cancel."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    reason = text_field(fields, "reason")
    if len(reason) > LONGEST_REASON:
        long = FieldError("reason", "too_long", {"max": LONGEST_REASON})
        return await _page(request, fields, errors=(long,), reason=reason)
    try:
        count = await request.app[keys.DATABASE].write(
            _cancel, keys.actor(request), key, fields, reason, now=keys.now(request)
        )
    except Invalid as problem:
        return await _page(request, fields, errors=problem.errors, reason=reason)
    except Stale:
        said = text("Somebody else changed the series in the meantime. Nothing was saved; look again.", language)
        return redirect(request, f"/series/{key}", flash=said, tone="bad")
    said = text("Dates cancelled: %(count)s. The rooms are free again.", language, {"count": count})
    return redirect(request, f"/series/{key}", flash=said, tone="ok")


def _cancel(db: Session, actor: Actor, key: str, fields: Fields, reason: str, *, now: datetime) -> int:
    find_hosted_series(db, actor, key, P)
    scope, since = read_scope(fields)
    return cancel_series(
        db, key, scope=scope, since=since or None, version=read_version(fields), reason=reason, actor=actor.text,
        now=now,
    )  # fmt: skip
