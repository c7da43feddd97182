"""/units/{code}/timetable: what an office hosts, for everybody, where the office wants that; a page to embed elsewhere,
.ics and JSON. Nothing private: no notes, guests, telephone numbers, ways to join; and no UID of the invitations, since
whoever knows one can forge an answer."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc.feeds import body_queries
from confsvc.feeds.scope import Scope
from confsvc.feeds.shown import AFTER, BEFORE, Shown, list_shown
from confsvc.feeds.store import Made
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.feeds import FEEDS, LANGUAGE, NAMES, answer, domain
from confsvc.web.pages.directory import find_office
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from confsvc.web.security import content_policy
from rooms.errors import NotFound
from rooms.queries import UnitOn
from scheduler.local_time import LOCAL, local_day

CACHE = "public, max-age=300"


async def show(request: web.Request) -> web.Response:
    """GET /units/{code}/timetable: the one page that others may put into a frame."""
    unit, meetings = await request.app[keys.DATABASE].read(_look, request.match_info["code"], now=keys.now(request))
    days: dict[date, list[Shown]] = {}
    for one in meetings:
        days.setdefault(one.day, []).append(one)
    page = render(request, "timetable.html", w=Words(request[keys.LANGUAGE]), unit=unit, days=days)
    page.headers["Content-Security-Policy"] = content_policy().replace("frame-ancestors 'none'", "frame-ancestors *")
    page.headers[hdrs.CACHE_CONTROL] = CACHE
    return page


async def show_json(request: web.Request) -> web.Response:
    """GET /units/{code}/timetable.json; any site may read it."""
    unit, meetings = await request.app[keys.DATABASE].read(_look, request.match_info["code"], now=keys.now(request))
    said = {"unit": {"code": unit.code, "name": unit.name}, "items": [_item(one) for one in meetings]}
    headers = {hdrs.CACHE_CONTROL: CACHE, "Access-Control-Allow-Origin": "*"}
    return web.json_response(said, headers=headers, dumps=lambda value: json.dumps(value, ensure_ascii=False))


async def show_calendar(request: web.Request) -> web.Response:
    """GET /units/{code}/timetable.ics."""
    now, database = keys.now(request), request.app[keys.DATABASE]
    unit = await database.read(_public, request.match_info["code"], now=now)
    name = text(NAMES["public"], LANGUAGE, {"name": unit.short})
    made = Made(name, request.app[keys.SETTINGS].public_url, domain(request))
    body = await request.app[FEEDS].store.find(database, Scope("public", unit.id), "ics", made, now=now)
    return answer(request, body, CACHE)


def _public(db: Session, code: str, *, now: datetime) -> UnitOn:
    """The office, if its timetable is public; one that is not is not there."""
    unit = find_office(db, code, local_day(now))
    if body_queries.find_timetable(db, unit.id) is None:
        raise NotFound(kind="unit", key=code)
    return unit


def _look(db: Session, code: str, *, now: datetime) -> tuple[UnitOn, list[Shown]]:
    unit, today = _public(db, code, now=now), local_day(now)
    first, last = today - timedelta(days=BEFORE), today + timedelta(days=AFTER)
    return unit, list_shown(db, Scope("public", unit.id), first, last)


def _item(one: Shown) -> dict[str, Any]:
    return {
        "starts": one.starts.astimezone(LOCAL).isoformat(), "ends": one.ends.astimezone(LOCAL).isoformat(),
        "title": one.title, "form": one.form, "chair": one.chair, "rooms": list(one.places), "cancelled": one.off,
    }  # fmt: skip
