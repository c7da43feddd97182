"""Who asks, and may they: sessions, API tokens and machines' secrets, and the permission that the route declares."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may_somewhere
from confsvc.approving import scope_of
from confsvc.sessions import find_signed, touch_session
from confsvc.tokens import find_token_actor, touch_token
from confsvc.web import cookies, keys
from confsvc.web.keys import SignedIn
from confsvc.web.problem import area
from confsvc.web.rendering import redirect
from confsvc.web.security import SAFE_METHODS, check_form_token, check_origin
from rooms.errors import NotAllowed, Problem
from rooms.queries import find_unit_by_id
from scheduler.booking.approving.queries import count_waiting
from scheduler.local_time import local_day
from scheduler.pulse_queries import is_demonstration

BEARER = "Bearer "
_MACHINES = frozenset({Permission.ENDPOINT, Permission.BRIDGE_CALLBACK})
_ACTING = frozenset({"book", "conduct"})


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, then let in or refuse. Unknown addresses and static files pass: they answer for themselves."""
    route = request.app[keys.ROUTE_OF].get(request.match_info.route)
    if route is None:
        if not request.path.startswith("/static/") and area(request) == "page":
            await _load(request)
        return await handler(request)
    if "%00" in request.raw_path and not request.path.startswith("/api/"):  # programs are told which field it is
        raise Problem("malformed")
    if route.permission in _MACHINES:
        await request.app[keys.DOORS][route.permission](request)
        return await handler(request)
    await _load(request)
    if route.most_bytes:
        request._client_max_size = route.most_bytes  # a clone, the public way, would leave its uploaded files open
    signed = request[keys.SIGNED_IN]
    if request.method not in SAFE_METHODS and signed.token_id is None:
        check_origin(request)
        if signed.session_id is not None:
            await check_form_token(request, signed.csrf)
    if not _admitted(request, route.permission, signed.actor):
        if signed.actor is None:
            return _to_sign_in(request)
        raise NotAllowed(permission=str(route.permission))
    if signed.actor is not None:
        _check_scope(request, route.permission, signed.actor)
    return await handler(request)


def _admitted(request: web.Request, permission: Permission, actor: Actor | None) -> bool:
    if permission is Permission.PUBLIC:
        return True
    if permission is Permission.METRICS:
        local = request[keys.ADDRESS] in ("127.0.0.1", "::1", "") and not request[keys.PASSED_ON]
        return local or (actor is not None and bool(actor.functions & {"operator", "admin"}))
    return actor is not None and may_somewhere(actor, permission)


def _check_scope(request: web.Request, permission: Permission, actor: Actor) -> None:
    """What a token is narrowed to where the route's permission does not tell. Who reads may also comment and say that a
    site is there: a token must be meant for more than reading then. A page for everybody signed in asks no function, so
    a token must say by its scopes that it is meant: reading, and for what belongs to the person (sessions, password,
    tokens) "tokens". Raises NotAllowed."""
    if actor.scopes is None:
        return
    acts = request.method not in SAFE_METHODS
    if permission is Permission.CONFERENCE_READ and acts and not actor.scopes & _ACTING:
        raise NotAllowed("scope_missing")
    if permission is not Permission.SIGNED_IN or request.path.startswith("/api/"):
        return
    own = acts or request.path.startswith("/account")
    if ("tokens" if own else "read") not in actor.scopes:
        raise NotAllowed("scope_missing")


def _to_sign_in(request: web.Request) -> web.StreamResponse:
    if area(request) != "page" or request.method not in SAFE_METHODS:
        raise Problem("not_signed_in")
    return redirect(request, f"/sign-in?next={quote(request.path_qs, safe='')}")


async def _load(request: web.Request) -> None:
    database, now = request.app[keys.DATABASE], keys.now(request)
    header = request.headers.get(hdrs.AUTHORIZATION, "")
    if header.startswith(BEARER):
        found = await database.read(find_token_actor, header[len(BEARER) :], now=now)
        if found is None:
            raise Problem("not_signed_in")
        if found.stale:
            await database.write(touch_token, found.token_id, now=now)
        request[keys.SIGNED_IN] = SignedIn(actor=found.actor, token_id=found.token_id)
        return
    token = request.cookies.get(cookies.session_cookie(request))
    if not token:
        return
    signed, stale = await database.read(_signed_in, token, now=now)
    if stale and signed.session_id is not None:
        await database.write(touch_session, signed.session_id, now=now)
    request[keys.SIGNED_IN] = signed
    if signed.actor is not None and cookies.LANGUAGE not in request.cookies:
        request[keys.LANGUAGE] = signed.actor.language


def _signed_in(db: Session, token: str, *, now: datetime) -> tuple[SignedIn, bool]:
    found = find_signed(db, token, now=now)
    if found is None:
        return SignedIn(demo=is_demonstration(db)), False
    actor = found.actor
    unit = find_unit_by_id(db, actor.unit_id, local_day(now)) if actor.unit_id is not None else None
    short = unit.short if unit else None
    waiting = count_waiting(db, scope_of(actor)) if may_somewhere(actor, Permission.APPROVAL_READ) else 0
    return SignedIn(
        actor, short, found.session_id, found.csrf, demo=is_demonstration(db), waiting=waiting
    ), found.stale  # fmt: skip
