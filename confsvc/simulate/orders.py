"""``/_simulator/…``: how a test, or a person at this machine, looks into the simulator and tells it to fail.

Loopback only; bodies are JSON with ``Content-Type: application/json``; errors are ``{"message": text}``::

    GET    /_simulator/state                    see state.py
    GET    /_simulator/faults                   {"faults": [rule…]}
    POST   /_simulator/faults                   one rule (faults.py) → {"id": n}
    DELETE /_simulator/faults[/{id}]            all or one; events held by "reorder" are let go
    GET    /_simulator/clock                    {"now", "offset"}
    POST   /_simulator/clock                    {"offset": s} sets, {"advance": s} adds; what comes due is done at once
    POST   /_simulator/rooms/{room}/destroy     {"events": true, "reason": ""}
    POST   /_simulator/rooms/{room}/kick        {"id": "<participant>"}
    POST   /_simulator/crash                    {"events": false}: the whole host; true is an orderly stop
"""

from __future__ import annotations

import ipaddress
import json
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from confsvc.simulate.faults import fault_from
from confsvc.simulate.state import HOST, shown

PREFIX = "/_simulator"
MAX_OFFSET = 10 * 366 * 86400


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{PREFIX}/state", state),
        web.get(f"{PREFIX}/faults", list_faults),
        web.post(f"{PREFIX}/faults", add_fault),
        web.delete(f"{PREFIX}/faults", clear_faults),
        web.delete(f"{PREFIX}/faults/{{id:[0-9]{{1,9}}}}", remove_fault),
        web.get(f"{PREFIX}/clock", clock),
        web.post(f"{PREFIX}/clock", move_clock),
        web.post(f"{PREFIX}/rooms/{{room}}/destroy", destroy),
        web.post(f"{PREFIX}/rooms/{{room}}/kick", kick),
        web.post(f"{PREFIX}/crash", crash),
    ]


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith(PREFIX):
        try:
            here = ipaddress.ip_address(request.remote or "").is_loopback
        except ValueError:
            here = False
        if not here:
            return _wrong(403, "only from this machine")
    return await handler(request)


def _wrong(status: int, text: str) -> web.Response:
    return web.json_response({"message": text}, status=status)


async def _body(request: web.Request, allowed: dict[str, type]) -> dict[str, Any]:
    """The JSON object; ValueError for anything else, unknown fields and wrong types.

    A page of another site cannot send this content type without asking first, and we answer no such question.
    """
    if request.content_type != "application/json":
        raise ValueError("Content-Type must be application/json")
    data = json.loads(await request.text() or "{}")
    if not isinstance(data, dict) or not data.keys() <= allowed.keys():
        raise ValueError(f"a JSON object with at most {', '.join(sorted(allowed))} is wanted")
    for name, value in data.items():
        wanted = (int, float) if allowed[name] is float else (allowed[name],)
        if type(value) not in wanted:
            raise ValueError(f"{name} has the wrong type")
    return data


async def state(request: web.Request) -> web.Response:
    return web.json_response(shown(request.app[HOST]))


async def list_faults(request: web.Request) -> web.Response:
    return web.json_response({"faults": request.app[HOST].faults.list()})


async def add_fault(request: web.Request) -> web.Response:
    try:
        if request.content_type != "application/json":
            raise ValueError("Content-Type must be application/json")
        number = request.app[HOST].faults.add(fault_from(json.loads(await request.text())))
    except ValueError as error:
        return _wrong(400, str(error))
    return web.json_response({"id": number}, status=201)


async def clear_faults(request: web.Request) -> web.Response:
    host = request.app[HOST]
    host.faults.clear()
    host.events.release()
    return web.Response(status=204)


async def remove_fault(request: web.Request) -> web.Response:
    host = request.app[HOST]
    if not host.faults.remove(int(request.match_info["id"])):
        return _wrong(404, "no such fault")
    host.events.release()
    return web.Response(status=204)


async def clock(request: web.Request) -> web.Response:
    own = request.app[HOST].clock
    return web.json_response({"now": own.now().isoformat(), "offset": own.offset.total_seconds()})


async def move_clock(request: web.Request) -> web.Response:
    host = request.app[HOST]
    try:
        data = await _body(request, {"offset": float, "advance": float})
    except ValueError as error:
        return _wrong(400, str(error))
    offset = data.get("offset", host.clock.offset.total_seconds()) + data.get("advance", 0)
    if not abs(offset) <= MAX_OFFSET:
        return _wrong(400, "more than ten years away")
    host.clock.offset = timedelta(seconds=offset)
    host.advance()
    return await clock(request)


async def destroy(request: web.Request) -> web.Response:
    host = request.app[HOST]
    try:
        data = await _body(request, {"events": bool, "reason": str})
    except ValueError as error:
        return _wrong(400, str(error))
    room = host.rooms.get(request.match_info["room"])
    if room is None:
        return _wrong(404, "no such room")
    host.destroy(room, data.get("reason", "")[:200], events=data.get("events", True))
    return web.Response(status=204)


async def kick(request: web.Request) -> web.Response:
    host = request.app[HOST]
    try:
        data = await _body(request, {"id": str})
    except ValueError as error:
        return _wrong(400, str(error))
    room = host.rooms.get(request.match_info["room"])
    occupant = room.occupants.get(data.get("id", "")) if room is not None else None
    if occupant is None:
        return _wrong(404, "no such participant")
    host.kick(occupant)
    return web.Response(status=204)


async def crash(request: web.Request) -> web.Response:
    try:
        data = await _body(request, {"events": bool})
    except ValueError as error:
        return _wrong(400, str(error))
    request.app[HOST].crash(events=data.get("events", False))
    return web.Response(status=204)
