"""The web application, put together: settings, database, clock, routes and what runs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime

from aiohttp import web

from confsvc import parts
from confsvc.access import Permission
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.passwords import Passwords
from confsvc.web import keys, metrics
from confsvc.web.assets import PREFIX, Assets
from confsvc.web.callbacks import bridge_door, finish_spawned
from confsvc.web.endpoint import endpoint_door
from confsvc.web.feeds import FEEDS, Feeds
from confsvc.web.jinja import templates
from confsvc.web.middleware import MIDDLEWARES
from confsvc.web.route import Route
from confsvc.web.routes import ROUTES

MOST_BYTES = 1024 * 1024
Part = Callable[[web.Application], AsyncIterator[None]]
SERVING: tuple[Part, ...] = (parts.video_hosts, parts.endpoints, finish_spawned)
"""What every application needs to answer."""
WORKING: tuple[Part, ...] = (*SERVING, parts.jobs)
"""With the clock's jobs: what a serving process runs."""


def utc_now() -> datetime:
    """The present; the one clock of the service. Tests hand in their own."""
    return datetime.now(UTC)


def make_app(
    settings: Settings, database: Database, *, now: Callable[[], datetime] = utc_now,
    passwords: Passwords | None = None, running: Sequence[Part] = WORKING, ringing: bool = True,
    routes: Iterable[Route] = ROUTES,
) -> web.Application:  # fmt: skip
    """An application over ``database`` (which the caller closes). ``ringing`` False: the jobs are there, but wait to be
    called (``app[parts.JOBS].tick()``). Raises RuntimeError when a route does not say who may use it.
    """
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=MOST_BYTES)
    app[keys.SETTINGS], app[keys.DATABASE], app[keys.NOW] = settings, database, now
    app[keys.PASSWORDS] = passwords or Passwords()
    app[keys.ASSETS], app[keys.TEMPLATES] = Assets(), templates()
    app[keys.PULSE] = keys.Pulse(started=now())
    app[FEEDS] = Feeds()
    app[keys.DOORS] = {Permission.BRIDGE_CALLBACK: bridge_door, Permission.ENDPOINT: endpoint_door}
    app[parts.RINGING] = ringing
    metrics.set_up(app)
    add_routes(app, tuple(routes))
    if app[keys.ASSETS].folder.is_dir():
        app.router.add_static(PREFIX, app[keys.ASSETS].folder)
    app.cleanup_ctx.extend(running)
    return app


def add_routes(app: web.Application, routes: Sequence[Route]) -> None:
    """Every route with its permission; GET answers HEAD too."""
    known: dict[web.AbstractRoute, Route] = {}
    for route in routes:
        if not isinstance(route.permission, Permission):
            raise RuntimeError(f"{route.method} {route.path} does not say who may use it")
        known[app.router.add_route(route.method, route.path, route.handler)] = route
        if route.method == "GET":
            known[app.router.add_route("HEAD", route.path, route.handler)] = route
    app[keys.ROUTES], app[keys.ROUTE_OF] = tuple(routes), known
