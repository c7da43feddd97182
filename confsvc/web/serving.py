"""One serving process: listens, says so, and on SIGTERM lets requests under way finish before it ends.

Several processes share a port where the database is PostgreSQL; SQLite wants one process, so there a taken port is an
error.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web

from confsvc import logs
from confsvc.app import make_app, utc_now
from confsvc.config import Settings
from confsvc.database import Database

log = structlog.get_logger("confsvc.serving")
DRAIN_SECONDS = 10.0


async def serve(
    settings: Settings, *, now: Callable[[], datetime] = utc_now, ready: Callable[[int], Any] | None = None,
    json_logs: bool = False, stop: asyncio.Event | None = None,
) -> None:  # fmt: skip
    """Serve until SIGTERM, SIGINT or ``stop``. ``ready`` is told the port once requests are answered.

    Raises OSError when the address cannot be listened on.
    """
    logs.configure(json=json_logs)
    database = Database(settings.database_url)
    runner = web.AppRunner(
        make_app(settings, database, now=now), shutdown_timeout=DRAIN_SECONDS, handler_cancellation=False,
        access_log=None, max_line_size=16380,
    )  # fmt: skip
    ended = stop or asyncio.Event()
    try:
        await runner.setup()
        host, port = settings.service.host, settings.service.port
        site = web.TCPSite(runner, host, port, reuse_port=None if database.sqlite or not port else True)
        await site.start()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        listening = int(runner.addresses[0][1])
        log.info("serving", url=settings.public_url, host=host, port=listening)
        if ready is not None:
            ready(listening)
        await ended.wait()
        log.info("stopping")
    finally:
        await runner.cleanup()
        database.close()
