"""What endpoints ask over plain HTTP: pairing, tokens, their agenda. The lasting channel is in channel.py.

Bodies are JSON objects; unknown fields are passed over, because devices of several versions stand in the halls.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import segno
from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc.agendas import AgendaSource as AgendaSource
from confsvc.database import Database
from confsvc.web import keys
from rooms.errors import FieldError, Invalid, NotAllowed, Problem
from rooms.hub import Hub
from rooms.pairing import WrongCodes, poll, start
from rooms.place_queries import find_endpoint, find_room_by_id
from rooms.tokens import Holder, Refused, Tokens, check_access, mark_used, refresh_tokens
from rooms.wire import Fields, ProtocolError, load

_BEARER = "Bearer "
T = TypeVar("T")


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
WRONG_CODES: web.AppKey[WrongCodes] = web.AppKey("wrong_codes", WrongCodes)
AGENDA: web.AppKey[AgendaSource] = web.AppKey("agenda", AgendaSource)


async def start_pairing(request: web.Request) -> web.Response:
    """POST pair/start {model, app_version}: a code for the screen and the secret to ask with."""
    body = await _body(request)
    asked = _read(lambda: (body.maybe_text("model", 120) or "", body.maybe_text("app_version", 32) or ""))
    started = await request.app[keys.DATABASE].write(
        start, model=asked[0], app_version=asked[1], address=request[keys.ADDRESS], now=keys.now(request)
    )
    url = f"{request.app[keys.SETTINGS].public_url}/pair?c={started.user_code}"
    return _answer(
        request,
        {
            "device_code": started.device_code, "user_code": started.user_code, "interval": started.interval,
            "expires_in": started.expires_in, "verify_url": url,
            "verify_qr": segno.make(url, error="m").svg_data_uri(scale=4),
        },
    )  # fmt: skip


async def poll_pairing(request: web.Request) -> web.Response:
    """POST pair/poll {device_code}: {"status"} of authorization_pending, slow_down, access_denied, expired_token, or
    "paired" with the tokens."""
    body = await _body(request)
    code = _read(lambda: body.text("device_code", 200, 1))
    found = await request.app[keys.DATABASE].write(_poll, code, now=keys.now(request))
    if isinstance(found, Refused):
        return _answer(request, {"status": found.code})
    tokens, endpoint = found
    return _answer(request, {"status": "paired", **_tokens(tokens, keys.now(request)), "endpoint": endpoint})


def _poll(db: Session, code: str, *, now: datetime) -> Refused | tuple[Tokens, dict[str, str]]:
    found = poll(db, code, now=now)
    if isinstance(found, Refused):
        return found
    endpoint = find_endpoint(db, found.endpoint_id)
    room = find_room_by_id(db, endpoint.room_id) if endpoint else None
    return found, {"key": found.endpoint_id, "room": room.name if room else ""}


async def refresh(request: web.Request) -> web.Response:
    """POST token {refresh}: a new pair. 401: not known or expired; 403: out of service, wipe and pair anew."""
    body = await _body(request)
    secret = _read(lambda: body.text("refresh", 512, 1))
    found = await request.app[keys.DATABASE].write(refresh_tokens, secret, now=keys.now(request))
    if isinstance(found, Refused):
        raise _refusal(found)
    return _answer(request, _tokens(found, keys.now(request)))


async def show_agenda(request: web.Request) -> web.Response:
    """GET agenda: what this endpoint does now and next; 304 when ``If-None-Match`` names what it has."""
    now = keys.now(request)
    made = await request.app[keys.DATABASE].read(request.app[AGENDA].made, request[keys.ENDPOINT_ID], now)
    headers = {hdrs.ETAG: made.etag, hdrs.CACHE_CONTROL: "private, no-cache", "X-Server-Time": server_time(now)}
    if made.etag in [tag.strip() for tag in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")]:
        return web.Response(status=304, headers=headers)
    return web.Response(body=made.data, content_type="application/json", charset="utf-8", headers=headers)


async def endpoint_door(request: web.Request) -> None:
    """Let a device in by its access token; which one it is goes to ENDPOINT_ID. 401: refresh, 403: out of service."""
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    secret = given.removeprefix(_BEARER) if given.startswith(_BEARER) else ""
    holder = await find_holder(request.app[keys.DATABASE], secret, keys.now(request))
    if isinstance(holder, Refused):
        raise _refusal(holder)
    request[keys.ENDPOINT_ID] = holder.endpoint_id


async def find_holder(database: Database, secret: str, now: datetime) -> Holder | Refused:
    """Who holds an access token; its first use is noted."""
    holder = await database.read(check_access, secret, now=now)
    if isinstance(holder, Holder) and holder.fresh:
        await database.write(mark_used, holder, now=now)
    return holder


def _refusal(refused: Refused) -> Problem:
    return Problem("not_signed_in") if refused.code == "bad_token" else NotAllowed()


def server_time(now: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _tokens(tokens: Tokens, now: datetime) -> dict[str, Any]:
    return {
        "refresh": tokens.refresh, "refresh_expires_in": int((tokens.refresh_expires - now).total_seconds()),
        "access": tokens.access, "access_expires_in": int((tokens.access_expires - now).total_seconds()),
    }  # fmt: skip


async def _body(request: web.Request) -> Fields:
    if request.content_type != "application/json":
        raise Problem("media_type", wanted="application/json")
    data = await request.read()
    return _read(lambda: Fields(load(data)))


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except ProtocolError as problem:
        raise Invalid([FieldError(problem.field, problem.code)]) from problem


def _answer(request: web.Request, body: dict[str, Any]) -> web.Response:
    headers = {"X-Server-Time": server_time(keys.now(request)), hdrs.CACHE_CONTROL: "no-store"}
    return web.json_response(body, headers=headers)
