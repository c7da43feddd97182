"""What stands beside a conference: comments, its trial run, and for whom somebody booked it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may
from confsvc.i18n import text
from confsvc.queries import find_account_unit
from confsvc.web import keys
from confsvc.web.errors import field_texts
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.edit import read_version, stale
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import find_hosted, find_seen
from confsvc.web.pages.trial import trial_title
from confsvc.web.pages.typed import text_field
from confsvc.web.rendering import redirect
from rooms.errors import Invalid, Problem
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.trial import TRIED, book_trial
from scheduler.booking.trial_queries import find_trial
from scheduler.conduct.comment_queries import list_comments
from scheduler.conduct.comments import comment
from scheduler.conduct.missed import confirm_series, is_doubtful
from scheduler.errors import NoPlace, Stale, WrongMove
from scheduler.local_time import local_day
from scheduler.models import Conference


@dataclass(frozen=True)
class CommentView:
    at: datetime
    who: str
    text: str


def beside(db: Session, actor: Actor, conference: Conference, words: Phrases, *, now: datetime) -> dict[str, Any]:
    """``comments``; ``trial``: its trial run, ``trial_for``: the conference that it tries out, or None; ``doubtful``:
    nobody came to the last dates of its series; ``may_try``: whether this person may book a trial run;
    ``for_other``: whoever booked it works for another office than the host."""
    rows = list_comments(db, conference.id)
    names = list_actor_names(db, {row.by for row in rows}, words)
    trial = find_trial(db, conference.id)
    tried = db.get(Conference, conference.trial_for_id) if conference.trial_for_id else None
    fits = conference.state in TRIED and conference.form != "in_person" and conference.kind != "line_test"
    kind, _, number = conference.booked_by.partition(":")
    unit_id = find_account_unit(db, int(number)) if kind == "account" else None
    return {
        "comments": [CommentView(row.at, names[row.by], row.text) for row in rows],
        "trial": trial, "trial_for": tried, "doubtful": is_doubtful(db, conference),
        "may_try": fits and trial is None and local_day(conference.starts) > local_day(now)
        and may(actor, Permission.CONFERENCE_BOOK, conference.host_unit_id),
        "for_other": unit_id is not None and unit_id != conference.host_unit_id,
    }  # fmt: skip


async def add(request: web.Request) -> web.Response:
    """POST /conferences/{key}/comments."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    said = text_field(fields, "comment")
    try:
        await request.app[keys.DATABASE].write(_add, keys.actor(request), key, said, now=keys.now(request))
    except Invalid as problem:
        return redirect(request, f"/conferences/{key}#comments", flash=_first(problem, language), tone="bad")
    done = text("The comment is written down.", language)
    return redirect(request, f"/conferences/{key}#comments", flash=done, tone="ok")


def _add(db: Session, actor: Actor, key: str, said: str, *, now: datetime) -> None:
    comment(db, find_seen(db, actor, key).id, said, actor=actor.text, now=now)


async def keep_series(request: web.Request) -> web.Response:
    """POST /conferences/{key}/still-wanted: the series goes on though nobody came lately."""
    key, language = request.match_info["key"], request[keys.LANGUAGE]
    await request.app[keys.DATABASE].write(_keep, keys.actor(request), key, now=keys.now(request))
    said = text("Noted: the series goes on.", language)
    return redirect(request, f"/conferences/{key}", flash=said, tone="ok")


def _keep(db: Session, actor: Actor, key: str, *, now: datetime) -> None:
    conference = find_hosted(db, actor, key, Permission.CONFERENCE_CHANGE)
    confirm_series(db, conference, actor=actor.text, now=now)


async def try_out(request: web.Request) -> web.Response:
    """POST /conferences/{key}/trial: book its trial run."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    try:
        made = await request.app[keys.DATABASE].write(
            _try_out, keys.actor(request), key, version=read_version(fields), language=language,
            now=keys.now(request), rules=keys.rules(request),
        )  # fmt: skip
    except (Invalid, NoPlace, WrongMove) as problem:
        return redirect(request, f"/conferences/{key}", flash=_first(problem, language), tone="bad")
    except Stale:
        return await stale(request, fields)
    said = text("The trial run is booked.", language)
    return redirect(request, f"/conferences/{made.key}", flash=said, tone="ok")


def _try_out(
    db: Session, actor: Actor, key: str, *, version: int, language: str, now: datetime, rules: Rules
) -> Booked:
    conference = find_hosted(db, actor, key, Permission.CONFERENCE_BOOK)
    title = trial_title(conference.title, language)
    return book_trial(db, key, version=version, title=title, actor=actor.text, now=now, rules=rules)


def _first(problem: Problem, language: str) -> str:
    """The first wrong field, or the problem as a whole."""
    return next(iter(field_texts(problem, language).values()))
