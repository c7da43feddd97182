"""/health: is the database there, is the outbox moving, does the clock ring, do the video hosts answer?"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from confsvc.web import keys
from scheduler.pulse_queries import find_oldest_owed

log = structlog.get_logger("confsvc.web")
OWED_TOO_LONG = timedelta(minutes=15)
TICK_TOO_OLD = timedelta(minutes=2)
PATIENCE = 5.0


async def health(request: web.Request) -> web.Response:
    """200 while the database answers, else 503. ``ok`` false with 200: it works, but somebody should look."""
    app, now = request.app, keys.now(request)
    pulse = app[keys.PULSE]
    body: dict[str, Any] = {"ok": True, "database": True, "oldest_owed_seconds": 0, "last_tick": None}
    try:
        oldest = await asyncio.wait_for(app[keys.DATABASE].read(find_oldest_owed, now), PATIENCE)
    except (SQLAlchemyError, TimeoutError):
        log.exception("health: the database does not answer")
        return web.json_response({**body, "ok": False, "database": False}, status=503)
    waits = max(now - oldest, timedelta()) if oldest else timedelta()
    body["oldest_owed_seconds"] = int(waits.total_seconds())
    body["last_tick"] = pulse.last_tick.isoformat() if pulse.last_tick else None
    body["video"] = {bridge.name: pulse.video.get(bridge.name) for bridge in app[keys.BRIDGES].values()}
    body["simulated"] = app[keys.SETTINGS].simulated
    body["ok"] = waits < OWED_TOO_LONG and not _silent(pulse, now) and False not in body["video"].values()
    return web.json_response(body)


def _silent(pulse: keys.Pulse, now: datetime) -> bool:
    return now - (pulse.last_tick or pulse.started) > TICK_TOO_OLD
