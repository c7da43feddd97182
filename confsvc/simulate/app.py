"""The simulated Jitsi as one aiohttp application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

from confsvc.simulate import control, orders, pages
from confsvc.simulate.channel import connect
from confsvc.simulate.clock import Clock
from confsvc.simulate.config import SimulatorConfig
from confsvc.simulate.host import VideoHost
from confsvc.simulate.state import HOST

MAX_BODY = 64 * 1024
BELL = 0.2
"""Seconds of real time between two looks at what has come due."""


def build(config: SimulatorConfig, clock: Clock | None = None) -> web.Application:
    """Must be called inside a running loop. ``app[confsvc.simulate.state.HOST]`` is its VideoHost."""
    app = web.Application(middlewares=[orders.loopback_only, _faulty], client_max_size=MAX_BODY)
    app[HOST] = VideoHost(config, clock)
    app.router.add_get("/xmpp-websocket", connect)
    app.add_routes(orders.routes())
    app.add_routes(control.routes())
    app.add_routes(pages.routes())
    app.on_response_prepare.append(control.bare_answers)
    app.on_shutdown.append(_cut_links)
    app.cleanup_ctx.append(_bell)
    return app


@web.middleware
async def _faulty(request: web.Request, handler: Handler) -> web.StreamResponse:
    faults = request.app[HOST].faults
    if not request.path.startswith(orders.PREFIX):
        down = faults.take("down")
        if down is not None:
            return web.Response(status=down.status, text="down as told")
        if request.path in _CONTROL:
            fault = faults.take("http", request.path, request.query.get("room", "*"))
            if fault is not None:
                return web.Response(status=fault.status, text="failing as told")
    return await handler(request)


_CONTROL = frozenset(route.path for route in control.routes())


async def _bell(app: web.Application) -> AsyncIterator[None]:
    async def ring() -> None:
        while True:
            await asyncio.sleep(BELL)
            app[HOST].advance()

    task = asyncio.create_task(ring())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await app[HOST].stop()


async def _cut_links(app: web.Application) -> None:
    """A stopping host cuts its links; the final events of an orderly stop are ``/_simulator/crash``'s affair."""
    for session in list(app[HOST].sessions):
        session.link.cut()
