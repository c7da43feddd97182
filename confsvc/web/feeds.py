"""/feeds/{token}.ics and .ifb: what calendars ask for by a secret address, without cookie, sign-in or redirect.

Calendars cope badly with anything unusual, so: 404 for an address that never was, 410 for one put out of use, plain
words; If-None-Match decides before If-Modified-Since; a date that cannot be read is as if it were not there; a 304
says ETag and Last-Modified again. The token stands in no log: lines name the route, never the path.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import cast

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc.feeds import body_queries as queries
from confsvc.feeds.addresses import USED_EVERY, touch_address
from confsvc.feeds.body_queries import LiveFeed
from confsvc.feeds.scope import Form, Kind, Scope
from confsvc.feeds.store import TRUSTED, Body, Made, Store
from confsvc.i18n import text
from confsvc.sessions import sha256
from confsvc.web import keys
from rooms.place_queries import find_room_by_id
from rooms.queries import list_names
from scheduler.local_time import local_day

MOST_KNOWN = 5000
CALENDAR = "text/calendar"
NAMES = {"account": "Meetings: %(name)s", "unit": "Meetings of %(name)s", "room": "Room: %(name)s",
         "public": "Timetable of %(name)s"}  # fmt: skip
LANGUAGE = "vi"
GONE = "This address was put out of use. Ask whoever gave it to you for a new one.\n"
UNKNOWN = "There is no such address.\n"


class Feeds:
    """Addresses that were asked for a moment ago, with what stands behind them, and the written feeds."""

    def __init__(self) -> None:
        self.store = Store()
        self._known: OrderedDict[str, tuple[LiveFeed, Made, datetime]] = OrderedDict()

    async def find(self, request: web.Request, token: str) -> tuple[LiveFeed, Made] | None:
        """What stands behind a token, as of a few seconds ago at most. Unknown ones are not kept: they are endless."""
        now, hashed = keys.now(request), sha256(token)
        known = self._known.get(hashed)
        if known is not None and timedelta() <= now - known[2] < TRUSTED:
            return known[0], known[1]
        database = request.app[keys.DATABASE]
        found = await database.read(_find, hashed, request.app[keys.SETTINGS].public_url, domain(request), now=now)
        if found is None:
            return None
        if found[0].live and (found[0].last_used is None or now - found[0].last_used >= USED_EVERY):
            await database.write(touch_address, found[0].id, now=now)
        self._known[hashed] = (*found, now)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Look at every address and feed anew: one was put out of use."""
        self._known.clear()
        self.store.forget()


FEEDS: web.AppKey[Feeds] = web.AppKey("feeds", Feeds)


def domain(request: web.Request) -> str:
    """The right side of the UIDs of calendars."""
    return request.app[keys.SETTINGS].mail.domain


async def show_calendar(request: web.Request) -> web.Response:
    """GET /feeds/{token}.ics."""
    return await _show(request, "ics")


async def show_busy(request: web.Request) -> web.Response:
    """GET /feeds/{token}.ifb: when a room is taken."""
    return await _show(request, "ifb")


async def _show(request: web.Request, form: Form) -> web.Response:
    feeds = request.app[FEEDS]
    found = await feeds.find(request, request.match_info["token"])
    if found is None or (form == "ifb" and found[0].kind != "room"):
        return _plain(404, UNKNOWN)
    address, made = found
    if not address.live:
        return _plain(410, GONE)
    scope = Scope(cast(Kind, address.kind), address.subject_id, address.mail)
    body = await feeds.store.find(request.app[keys.DATABASE], scope, form, made, now=keys.now(request))
    return answer(request, body, "private, max-age=300")


def _plain(status: int, said: str) -> web.Response:
    return web.Response(status=status, text=said, headers={"Referrer-Policy": "no-referrer"})


def answer(request: web.Request, body: Body, cache: str) -> web.Response:
    """A written feed, whole or as "nothing new", packed for whoever takes that."""
    packs = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower() and "gzip;q=0" not in request.headers.get(
        hdrs.ACCEPT_ENCODING, ""
    ).lower().replace(" ", "")
    tag = f'{body.etag[:-1]}-gz"' if packs else body.etag
    headers = {
        hdrs.ETAG: tag, hdrs.LAST_MODIFIED: format_datetime(body.modified.astimezone(UTC), usegmt=True),
        hdrs.CACHE_CONTROL: cache, hdrs.VARY: hdrs.ACCEPT_ENCODING, "Referrer-Policy": "no-referrer",
    }  # fmt: skip
    if _is_known(request, body):
        return web.Response(status=304, headers=headers)
    if packs:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return web.Response(
        body=body.packed if packs else body.plain, headers=headers, content_type=CALENDAR, charset="utf-8"
    )


def _is_known(request: web.Request, body: Body) -> bool:
    """Whether the asker has these bytes, packed or not (RFC 9110 13.2.2)."""
    tags = request.headers.getall(hdrs.IF_NONE_MATCH, [])
    if tags:
        given = {tag.strip().removeprefix("W/") for tag in ",".join(tags).split(",")}
        return bool(given & {body.etag, f'{body.etag[:-1]}-gz"', "*"})
    since = _date(request.headers.get(hdrs.IF_MODIFIED_SINCE, ""))
    return since is not None and body.modified <= since


def _date(typed: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(typed)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _find(db: Session, hashed: str, public_url: str, domain: str, *, now: datetime) -> tuple[LiveFeed, Made] | None:
    found = queries.find_feed(db, hashed)
    if found is None:
        return None
    name = text(NAMES[found.kind], LANGUAGE, {"name": subject_name(db, found.kind, found.subject_id, now=now)})
    return found, Made(name, public_url, domain)


def subject_name(db: Session, kind: str, subject_id: int, *, now: datetime) -> str:
    """Of the person, office or room that a feed is about."""
    if kind == "account":
        return queries.find_account_name(db, subject_id)
    if kind == "room":
        room = find_room_by_id(db, subject_id)
        return room.name if room else ""
    name = list_names(db, [subject_id], local_day(now)).get(subject_id)
    return name.short if name else ""
