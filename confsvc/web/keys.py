"""What handlers find under typed names: on the application (lasting) and on the request (who asks)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web
from prometheus_client import CollectorRegistry

from confsvc.access import Actor, Permission
from confsvc.config import BridgeSection, Settings
from confsvc.database import Database
from confsvc.passwords import Passwords
from confsvc.standing_rules import StandingRules
from confsvc.web.assets import Assets
from confsvc.web.jinja import Templates
from confsvc.web.route import Route
from scheduler.booking.booking import Rules

Clock = Callable[[], datetime]
Door = Callable[[web.Request], Awaitable[None]]
"""Lets a machine in: raises Problem("not_signed_in") unless the request shows what it must."""


@dataclass
class Pulse:
    """What the running process knows about itself, for /health: written by the jobs, read there.

    ``video``: by bridge name, whether its last health look was good.
    """

    started: datetime
    last_tick: datetime | None = None
    video: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class SignedIn:
    """Who asks: a browser (``session_id``, ``csrf``), an API token (``token_id``), or nobody (no ``actor``)."""

    actor: Actor | None = None
    unit: str | None = None
    session_id: int | None = None
    csrf: str = ""
    token_id: int | None = None
    demo: bool = False
    waiting: int = 0
    """How many requests wait for this person's word."""


SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
NOW: web.AppKey[Clock] = web.AppKey("now", Callable)  # type: ignore[arg-type]
PASSWORDS: web.AppKey[Passwords] = web.AppKey("passwords", Passwords)
RULES: web.AppKey[Rules] = web.AppKey("rules", Rules)
"""As configured, without the rows over them; what holds now is asked with ``rules``."""
STANDING: web.AppKey[StandingRules] = web.AppKey("standing", StandingRules)
BRIDGES: web.AppKey[Mapping[int, BridgeSection]] = web.AppKey("bridges", Mapping)
"""The configured video hosts by the id of their row."""
PULSE: web.AppKey[Pulse] = web.AppKey("pulse", Pulse)
ASSETS: web.AppKey[Assets] = web.AppKey("assets", Assets)
TEMPLATES: web.AppKey[Templates] = web.AppKey("templates", Templates)
REGISTRY: web.AppKey[CollectorRegistry] = web.AppKey("registry", CollectorRegistry)
ROUTES: web.AppKey[tuple[Route, ...]] = web.AppKey("routes", tuple)
ROUTE_OF: web.AppKey[Mapping[web.AbstractRoute, Route]] = web.AppKey("route_of", Mapping)
DOORS: web.AppKey[Mapping[Permission, Door]] = web.AppKey("doors", Mapping)

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
LANGUAGE: web.RequestKey[str] = web.RequestKey("language", str)
ADDRESS: web.RequestKey[str] = web.RequestKey("address", str)
SECURE: web.RequestKey[bool] = web.RequestKey("secure", bool)
PASSED_ON: web.RequestKey[bool] = web.RequestKey("passed_on", bool)
"""Somebody passed the request on whom we were not told to trust: the address is that somebody's."""
SIGNED_IN: web.RequestKey[SignedIn] = web.RequestKey("signed_in", SignedIn)
BRIDGE_ID: web.RequestKey[int] = web.RequestKey("bridge_id", int)
"""Which video host calls, on routes with BRIDGE_CALLBACK."""
ENDPOINT_ID: web.RequestKey[int] = web.RequestKey("endpoint_id", int)
"""Which device calls, on routes with ENDPOINT."""


def actor(request: web.Request) -> Actor:
    """Who asks, on a route that wants somebody signed in."""
    found = request[SIGNED_IN].actor
    if found is None:
        raise RuntimeError("an actor was asked for on a route that does not want one")
    return found


def now(request: web.Request) -> datetime:
    """The time of this service; tests move it."""
    return request.app[NOW]()


def rules(request: web.Request) -> Rules:
    """The rules that hold now. A unit of work gets them as an argument, so that one request has one opinion."""
    standing = request.app.get(STANDING)
    return standing.current if standing is not None else request.app[RULES]
