"""Changing a series with the form of booking: this date and the following, or all that are to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.pages.book import require_readable
from confsvc.web.pages.book_series import decided, refused
from confsvc.web.pages.booking_form import Asked, Target, answer_context, ask, base_of, form_page
from confsvc.web.pages.choices import load_places
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import HOWS, KEEP, Repeat, read_repeat
from confsvc.web.pages.series import find_hosted_series
from confsvc.web.pages.series_look import looked
from confsvc.web.pages.sight import find_seen
from confsvc.web.pages.typed import Fields, text_field
from confsvc.web.pages.ways import follow
from confsvc.web.pages.wish import Typed, read_typed, typed_of
from confsvc.web.rendering import redirect, render
from rooms.errors import Invalid, NotFound
from scheduler.booking.booking import Rules
from scheduler.booking.series.book import BookedSeries
from scheduler.booking.series.edit import change_series
from scheduler.booking.series.outlook import Outlook, concerned, outlook
from scheduler.booking.series.reading import find_series_of
from scheduler.booking.series.turn import series_booking
from scheduler.booking.series.wish import Scope, SeriesFindings, SeriesWish
from scheduler.errors import NoPlace, SeriesBlocked, Stale
from scheduler.local_time import local_day

P = Permission.CONFERENCE_CHANGE


async def of_member(request: web.Request) -> web.Response:
    """GET /conferences/{key}/series: the page of its series, or with ``act`` and ``scope`` the act from it on."""
    key = request.match_info["key"]
    found = await request.app[keys.DATABASE].read(_series_key, keys.actor(request), key)
    act, scope = str(request.query.get("act", "")), str(request.query.get("scope", ""))
    if act in ("edit", "cancel") and scope in ("following", "all"):
        return redirect(request, f"/series/{found}/{act}?scope={scope}&since={key}")
    return redirect(request, f"/series/{found}")


def _series_key(db: Session, actor: Actor, key: str) -> str:
    series = find_series_of(db, find_seen(db, actor, key))
    if series is None:
        raise NotFound(kind="series", key=key)
    return series.key


def read_scope(fields: Fields) -> tuple[Scope, str]:
    """Which dates, and from which conference on ("" for all)."""
    since = text_field(fields, "since")
    return ("following" if text_field(fields, "scope") == "following" and since else "all"), since


async def show(request: web.Request) -> web.Response:
    """GET /series/{key}/edit: ``scope`` and ``since`` say which dates."""
    asked, target = await request.app[keys.DATABASE].write(  # writes nothing; the series is read under its lock
        _stored, keys.actor(request), request.match_info["key"], request.query, now=keys.now(request),
        rules=keys.rules(request),
    )  # fmt: skip
    return form_page(request, asked, conference=target)


def _target(db: Session, actor: Actor, key: str, fields: Fields) -> Target:
    series, (scope, since) = find_hosted_series(db, actor, key, P), read_scope(fields)
    version = text_field(fields, "version")
    seen = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else series.version
    return Target(series.key, series.title, seen, scope, since, series.rule is None)


def _stored(
    db: Session, actor: Actor, key: str, fields: Fields, *, now: datetime, rules: Rules
) -> tuple[Asked, Target]:  # fmt: skip
    target = _target(db, actor, key, fields)
    scope = cast(Scope, target.scope)
    booking = series_booking(db, key, scope=scope, since=target.since or None, version=target.version, now=now)
    typed = typed_of(booking, load_places(db, actor, P, local_day(booking.starts)))
    return _asked(db, actor, target, typed, Repeat(KEEP), now=now, rules=rules), target


def _again(
    db: Session, actor: Actor, key: str, fields: Fields, typed: Typed, repeat: Repeat, *, now: datetime, rules: Rules
) -> tuple[Asked, Target]:
    target = _target(db, actor, key, fields)
    return _asked(db, actor, target, typed, repeat, now=now, rules=rules), target


def _asked(
    db: Session, actor: Actor, target: Target, typed: Typed, repeat: Repeat, *, now: datetime, rules: Rules
) -> Asked:
    """The form with what the change comes to, date by date, and what it touches."""
    asked, touched = ask(db, actor, typed, now=now, rules=rules, permission=P), {}
    scope = cast(Scope, target.scope)

    def findings(wish: SeriesWish) -> SeriesFindings:
        rule = wish.rule if repeat.how in HOWS and not target.listed else None
        seen = outlook(db, target.key, wish.booking, scope=scope, since=target.since or None, rule=rule,
                       choices=repeat.choices, now=now, rules=rules)  # fmt: skip
        touched.update(_touched(db, seen))
        return seen.findings

    made = looked(asked, repeat if repeat.on and not target.listed else replace(repeat, how=KEEP), findings)
    return replace(made, touched=touched)


def _touched(db: Session, seen: Outlook) -> dict[str, int]:
    sites, people = concerned(db, [*seen.changed, *seen.cancelled])
    return {"changed": len(seen.changed), "cancelled": len(seen.cancelled), "new": seen.new,
            "sites": sites, "people": people}  # fmt: skip


async def check(request: web.Request) -> web.Response:
    """POST /series/{key}/check: the answer alone for a script, the whole page for a button."""
    fields = await request.post()
    typed = follow(read_typed(fields), fields.get("set"))
    asked, target = await _ask(request, fields, typed, read_repeat(fields))
    if "HX-Request" in request.headers:
        words, rules = Phrases(request[keys.LANGUAGE]), keys.rules(request)
        return render(request, "book_answer.html", **answer_context(asked, words, base_of(target), rules))
    return form_page(request, asked, conference=target)


async def _ask(request: web.Request, fields: Fields, typed: Typed, repeat: Repeat) -> tuple[Asked, Target]:
    return await request.app[keys.DATABASE].read(
        _again, keys.actor(request), request.match_info["key"], fields, typed, repeat, now=keys.now(request),
        rules=keys.rules(request),
    )  # fmt: skip


async def save(request: web.Request) -> web.Response:
    """POST /series/{key}/edit: change the dates that fit, as the button that named their number says."""
    fields, key, actor = await request.post(), request.match_info["key"], keys.actor(request)
    typed, repeat, language = read_typed(fields), read_repeat(fields), request[keys.LANGUAGE]
    try:
        made = await request.app[keys.DATABASE].write(
            _save, actor, key, fields, typed, repeat, now=keys.now(request), rules=keys.rules(request)
        )
    except (Invalid, NoPlace, SeriesBlocked) as problem:
        asked, target = await _ask(request, fields, typed, repeat)
        return refused(request, asked, problem, target)
    except Stale:
        said = text("Somebody else changed the series in the meantime. Nothing was saved; look again.", language)
        return redirect(request, f"/series/{key}", flash=said, tone="bad")
    said = text("Saved. Whoever this concerns is told.", language)
    return redirect(request, f"/series/{made.key}", flash=said, tone="ok")


def _save(
    db: Session, actor: Actor, key: str, fields: Fields, typed: Typed, repeat: Repeat, *, now: datetime, rules: Rules
) -> BookedSeries:
    asked, target = _again(db, actor, key, fields, typed, repeat, now=now, rules=rules)
    require_readable(asked, draft=False)
    look, choices = decided(asked, repeat, text_field(fields, "act"))
    return change_series(
        db, key, look.wish.booking, scope=cast(Scope, target.scope), since=target.since or None,
        rule=look.wish.rule if repeat.on and not target.listed else None, choices=choices,
        version=target.version, actor=actor.text, now=now, rules=rules,
    )  # fmt: skip
