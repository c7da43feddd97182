"""How many of a series really come: what earlier dates say, and for how many the video host holds places."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.errors import text_of
from confsvc.web.pages.edit import read_version
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.series import find_hosted_series
from confsvc.web.pages.typed import Fields, text_field
from confsvc.web.rendering import redirect
from rooms.errors import Invalid
from scheduler.booking.booking import Rules
from scheduler.booking.series.expected import set_expected
from scheduler.errors import SeriesBlocked, Stale


async def save(request: web.Request) -> web.Response:
    """POST /series/{key}/expected: ``accept`` 1 or 0."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    try:
        accepted = await request.app[keys.DATABASE].write(
            _save, keys.actor(request), key, fields, now=keys.now(request), rules=keys.rules(request)
        )
    except Invalid as problem:
        said = next(iter(error_texts(problem.errors, Phrases(language)).values()))
        return redirect(request, f"/series/{key}", flash=said, tone="bad")
    except SeriesBlocked:
        said = text("On some date the video host has no places for all: nothing was changed.", language)
        return redirect(request, f"/series/{key}", flash=said, tone="bad")
    except Stale as problem:
        return redirect(request, f"/series/{key}", flash=text_of(problem, language), tone="bad")
    said = "Later dates hold places for those who are expected." if accepted else "Later dates hold places for all."
    return redirect(request, f"/series/{key}", flash=text(said, language), tone="ok")


def _save(db: Session, actor: Actor, key: str, fields: Fields, *, now: datetime, rules: Rules) -> bool:
    find_hosted_series(db, actor, key, Permission.CONFERENCE_CHANGE)
    accept, version = text_field(fields, "accept") == "1", read_version(fields)
    return set_expected(db, key, accept=accept, version=version, actor=actor.text, now=now, rules=rules) is not None
