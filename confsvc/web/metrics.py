"""/metrics for Prometheus: requests of this process, and what the database owes."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.orm import Session

from confsvc.web import keys
from scheduler.pulse_queries import count_live_conferences, count_live_effects, find_oldest_owed

REQUESTS: web.AppKey[Counter] = web.AppKey("metric_requests", Counter)
SECONDS: web.AppKey[Histogram] = web.AppKey("metric_seconds", Histogram)
EFFECTS: web.AppKey[Gauge] = web.AppKey("metric_effects", Gauge)
OLDEST: web.AppKey[Gauge] = web.AppKey("metric_oldest", Gauge)
CONFERENCES: web.AppKey[Gauge] = web.AppKey("metric_conferences", Gauge)
LAST_TICK: web.AppKey[Gauge] = web.AppKey("metric_last_tick", Gauge)


def set_up(app: web.Application) -> None:
    """One registry an application, so that several can live in one process."""
    registry = app[keys.REGISTRY] = CollectorRegistry()
    app[REQUESTS] = Counter("confsvc_requests", "Requests answered", ["method", "path", "status"], registry=registry)
    app[SECONDS] = Histogram("confsvc_request_seconds", "Time to answer", ["path"], registry=registry)
    app[EFFECTS] = Gauge("confsvc_effects", "Effects by kind and state", ["kind", "state"], registry=registry)
    app[OLDEST] = Gauge("confsvc_oldest_owed_seconds", "How long the oldest due effect waits", registry=registry)
    app[CONFERENCES] = Gauge("confsvc_conferences", "Conferences by state", ["state"], registry=registry)
    app[LAST_TICK] = Gauge("confsvc_last_tick_seconds", "How long ago the clock rang", registry=registry)


def observe(app: web.Application, method: str, path: str, status: int, seconds: float) -> None:
    app[REQUESTS].labels(method, path, str(status)).inc()
    app[SECONDS].labels(path).observe(seconds)


async def metrics(request: web.Request) -> web.Response:
    app, now = request.app, keys.now(request)
    effects, conferences, oldest = await app[keys.DATABASE].read(_counts, now=now)
    app[EFFECTS].clear()
    for (kind, state), count in effects.items():
        app[EFFECTS].labels(kind, state).set(count)
    app[CONFERENCES].clear()
    for state, count in conferences.items():
        app[CONFERENCES].labels(state).set(count)
    app[OLDEST].set((now - oldest).total_seconds() if oldest and oldest < now else 0)
    tick = app[keys.PULSE].last_tick
    app[LAST_TICK].set((now - tick).total_seconds() if tick else -1)
    body = generate_latest(app[keys.REGISTRY])
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _counts(db: Session, *, now: datetime) -> tuple[dict[tuple[str, str], int], dict[str, int], datetime | None]:
    return count_live_effects(db), count_live_conferences(db), find_oldest_owed(db, now)
