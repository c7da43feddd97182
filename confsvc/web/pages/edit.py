"""Changing a conference with the form of booking it, turning a draft into a booking, and what to do when somebody else
was faster."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.book import SAVED, refused, require_readable, said_of
from confsvc.web.pages.booking_form import Asked, answer_context, ask, base_of, form_page
from confsvc.web.pages.changes import change_views, room_ids
from confsvc.web.pages.choices import load_places
from confsvc.web.pages.displacing import with_offer
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import find_hosted
from confsvc.web.pages.typed import Fields, parse_day, parse_time, text_field
from confsvc.web.pages.ways import follow
from confsvc.web.pages.wish import Typed, read_typed, times_typed, typed_of
from confsvc.web.rendering import redirect, render
from rooms.errors import Invalid
from scheduler.booking import edit
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.history_queries import list_changes, list_room_names
from scheduler.errors import NoPlace, Stale, TooLate, WrongMove
from scheduler.local_time import instant, local_day
from scheduler.models import Conference

P = Permission.CONFERENCE_CHANGE


async def show(request: web.Request) -> web.Response:
    """GET /conferences/{key}/edit; ``day`` and ``start``, where it was dropped on the timeline, fill in a new time, and
    ``end`` another length: the time that somebody proposed."""
    day, clock = parse_day(request.query.get("day", "")), parse_time(request.query.get("start", ""))
    to = instant(day, clock) if day and clock else None
    end = parse_time(request.query.get("end", ""))
    until = instant(day, end) if to and day and end else None
    asked, conference = await request.app[keys.DATABASE].read(
        _stored, keys.actor(request), request.match_info["key"], now=keys.now(request), rules=keys.rules(request),
        to=to, until=until,
    )  # fmt: skip
    asked = await with_offer(request, asked, conference)
    return form_page(request, asked, conference=conference, moved=to is not None)


def _stored(
    db: Session, actor: Actor, key: str, *, now: datetime, rules: Rules, to: datetime | None = None,
    until: datetime | None = None,
) -> tuple[Asked, Conference]:  # fmt: skip
    """The form as it stands in the database; ``to``: at that time instead, as long as before or to ``until``."""
    conference = find_hosted(db, actor, key, P)
    if conference.state not in edit.CHANGEABLE:
        raise WrongMove(state=conference.state, to="changed")
    if conference.state not in edit.IDLE and conference.starts <= now:
        raise TooLate(starts=conference.starts.isoformat())
    places = load_places(db, actor, P, local_day(conference.starts))
    typed = typed_of(edit.booking_of(db, conference), places)
    typed = typed.moved_to(to) if to else typed
    typed = replace(typed, **times_typed(to, until)) if to and until and to < until else typed
    return ask(db, actor, typed, now=now, rules=rules, permission=P, except_id=conference.id), conference


async def check(request: web.Request) -> web.Response:
    """POST /conferences/{key}/check: as for a new one; the conference does not stand in its own way."""
    fields = await request.post()
    typed = follow(read_typed(fields), fields.get("set"))
    asked, conference = await _ask(request, typed)
    asked = await with_offer(request, asked, conference)
    if "HX-Request" in request.headers:
        words, rules = Phrases(request[keys.LANGUAGE]), keys.rules(request)
        return render(request, "book_answer.html", **answer_context(asked, words, base_of(conference), rules))
    return form_page(request, asked, conference=conference)


async def _ask(request: web.Request, typed: Typed) -> tuple[Asked, Conference]:
    return await request.app[keys.DATABASE].read(
        ask_change, keys.actor(request), request.match_info["key"], typed, now=keys.now(request),
        rules=keys.rules(request),
    )  # fmt: skip


def ask_change(
    db: Session, actor: Actor, key: str, typed: Typed, *, now: datetime, rules: Rules
) -> tuple[Asked, Conference]:
    """The form as typed against what the conference is now, which does not stand in its own way."""
    conference = find_hosted(db, actor, key, P)
    return ask(db, actor, typed, now=now, rules=rules, permission=P, except_id=conference.id), conference


async def save(request: web.Request) -> web.Response:
    """POST /conferences/{key}/edit: ``act`` "draft" keeps a draft one, anything else books or changes."""
    fields, key = await request.post(), request.match_info["key"]
    typed, draft = read_typed(fields), fields.get("act") == "draft"
    try:
        await request.app[keys.DATABASE].write(
            _save, keys.actor(request), key, typed, version=read_version(fields), now=keys.now(request),
            rules=keys.rules(request), draft=draft, quiet=fields.get("quiet") == "1",
        )  # fmt: skip
    except (Invalid, NoPlace) as problem:
        asked, conference = await _ask(request, typed)
        return refused(request, await with_offer(request, asked, conference), problem, conference)
    except Stale:
        return await stale(request, fields)
    said = SAVED if draft else "Saved. Whoever this concerns is told."
    return redirect(request, f"/conferences/{key}", flash=text(said, request[keys.LANGUAGE]), tone="ok")


def _save(
    db: Session, actor: Actor, key: str, typed: Typed, *, version: int, now: datetime, rules: Rules, draft: bool,
    quiet: bool,
) -> Booked:  # fmt: skip
    asked, conference = ask_change(db, actor, key, typed, now=now, rules=rules)
    was_draft = conference.state in edit.IDLE
    still_draft = draft and was_draft
    require_readable(asked, draft=still_draft)
    who = {"actor": actor.text, "now": now, "rules": rules}
    done = edit.change(db, key, asked.wish.booking, version=version, quiet=quiet, **who)  # type: ignore[arg-type]
    if was_draft and not still_draft:
        db.expire_all()
        known = asked.wish.booking.clash_confirmed
        done = edit.submit(db, key, version=done.version, clash_confirmed=known, **who)  # type: ignore[arg-type]
    return done


async def submit(request: web.Request) -> web.Response:
    """POST /conferences/{key}/submit: book a draft as it is; what it lacks is shown in its form."""
    fields, key, actor = await request.post(), request.match_info["key"], keys.actor(request)
    database, now, rules = request.app[keys.DATABASE], keys.now(request), keys.rules(request)
    try:
        booked = await database.write(_submit, actor, key, version=read_version(fields), now=now, rules=rules)
    except (Invalid, NoPlace) as problem:
        asked, conference = await database.read(_stored, actor, key, now=now, rules=rules)
        found = asked.answer.errors
        asked = await with_offer(request, asked, conference)
        return refused(request, asked, Invalid(found) if found else problem, conference)
    except Stale:
        return await stale(request, fields)
    said = text(said_of(booked), request[keys.LANGUAGE])
    return redirect(request, f"/conferences/{key}", flash=said, tone="ok")


def _submit(db: Session, actor: Actor, key: str, *, version: int, now: datetime, rules: Rules) -> Booked:
    find_hosted(db, actor, key, Permission.CONFERENCE_BOOK)
    return edit.submit(db, key, version=version, actor=actor.text, now=now, rules=rules)


def read_version(fields: Fields) -> int:
    """The version that the form was made from; 0, which is always stale, when it was tampered with."""
    typed = text_field(fields, "version")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


async def stale(request: web.Request, fields: Fields) -> web.Response:
    """409: what others changed since this form was opened. Nothing of it was saved."""
    words = Phrases(request[keys.LANGUAGE])
    context = await request.app[keys.DATABASE].read(
        _since, keys.actor(request), request.match_info["key"], text_field(fields, "seen"), words
    )
    return render(request, "conference_stale.html", status=409, w=words, **context)


def _since(db: Session, actor: Actor, key: str, seen: str, words: Phrases) -> dict[str, Any]:
    conference = find_hosted(db, actor, key, Permission.CONFERENCE_READ)
    try:
        since = datetime.fromisoformat(seen)
    except ValueError:
        since = None
    rows = list_changes(db, conference.id, since=since if since and since.tzinfo else None)
    names = list_actor_names(db, {row.actor for row in rows}, words)
    rooms = list_room_names(db, room_ids(rows))
    return {"conference": conference, "changes": change_views(rows, names, rooms, {}, words)}
