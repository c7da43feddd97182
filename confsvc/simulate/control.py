"""The HTTP side of Prosody, Jicofo and the bridge on one port: sizes, census, end, kick, health, figures.

Shapes, codes and omissions (no Content-Type, kick's false 200) are as measured on Jitsi's own modules.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from confsvc.simulate.gate import NeverAnswered
from confsvc.simulate.host import VideoHost
from confsvc.simulate.muc import Room
from confsvc.simulate.state import HOST
from integrations.jitsi.gate import TokenRefused

BARE: web.ResponseKey[bool] = web.ResponseKey("bare", bool)
TERMINATED = "The meeting has been terminated"
STRESS_EACH = 0.01


def routes() -> list[web.RouteDef]:
    return [
        web.get("/room-size", room_size),
        web.get("/room", room_list),
        web.get("/sessions", sessions),
        web.get("/room-census", census),
        web.get("/room-info", room_info),
        web.post("/end-meeting", end_meeting),
        web.put("/kick-participant", kick_participant),
        web.get("/health", health),
        web.get("/about/health", health),
        web.get("/stats", focus_stats),
        web.get("/colibri/stats", bridge_stats),
    ]


def _bare(status: int = 200, value: Any = None) -> web.Response:
    """JSON text without a Content-Type, as these modules answer; the header is taken off by ``bare_answers``."""
    text = "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    response = web.Response(status=status, body=text.encode())
    response[BARE] = True
    return response


async def bare_answers(_request: web.Request, response: web.StreamResponse) -> None:
    if BARE in response:
        response.headers.pop("Content-Type", None)


def _size(room: Room) -> int:
    """The focus is subtracted, but only where somebody else is there: a room with only it says 1."""
    return max(len(room.occupants), 1)


def _asked(request: web.Request) -> Room | web.Response:
    host, query = request.app[HOST], request.query
    if "room" not in query:
        return _bare(400)
    if query.get("domain", host.config.domain) != host.config.domain:
        return _bare(404)
    return host.rooms.get(query["room"].lower()) or _bare(404)


async def _authorised(request: web.Request, host: VideoHost) -> bool:
    """Any valid token will do: these modules look neither at its room nor at its role."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        return False
    try:
        await host.check_token(token)
    except (TokenRefused, NeverAnswered):
        return False
    return True


async def room_size(request: web.Request) -> web.Response:
    room = _asked(request)
    return _bare(200, {"participants": _size(room)}) if isinstance(room, Room) else room


async def room_list(request: web.Request) -> web.Response:
    room = _asked(request)
    if not isinstance(room, Room):
        return room
    return _bare(200, [
        {"jid": f"{room.jid}/{occupant.nick}", "email": occupant.email, "display_name": occupant.name}
        for occupant in room.occupants.values()
    ])  # fmt: skip


async def sessions(request: web.Request) -> web.Response:
    return _bare(200, len(request.app[HOST].sessions) + 1)


async def census(request: web.Request) -> web.Response:
    return _bare(200, {"room_census": [_counted(room) for room in request.app[HOST].rooms.values()]})


def _counted(room: Room) -> dict[str, Any]:
    """``created_time`` is a text in milliseconds, and absent before the first participant."""
    line: dict[str, Any] = {"room_name": room.jid, "participants": _size(room), "leaked": False}
    if room.first_joined_at is not None:
        line["created_time"] = str(room.first_joined_at * 1000)
    return line


async def room_info(request: web.Request) -> web.Response:
    host = request.app[HOST]
    if not await _authorised(request, host):
        return _bare(403)
    room = host.rooms.get(request.query.get("room", "").lower())
    if room is None:
        return _bare(404)
    protected = room.password is not None
    return web.json_response({"conference": room.jid, "passcodeProtected": protected, "lobbyEnabled": False})


async def end_meeting(request: web.Request) -> web.Response:
    host, query = request.app[HOST], request.query
    if "conference" not in query:
        return _bare(400)
    if not await _authorised(request, host):
        return _bare(401)
    room = next((room for room in host.rooms.values() if room.jid == query["conference"].lower()), None)
    if room is None:
        return _bare(404)
    silent = query.get("silent-reconnect") == "true"
    host.destroy(room, f"{TERMINATED} silently" if silent else TERMINATED, rejoin=silent)
    return _bare(200)


async def kick_participant(request: web.Request) -> web.Response:
    """Loaded with RS256 only. A bad token and an unknown room answer 200 and do nothing: the module's own mistake."""
    host = request.app[HOST]
    if host.config.algorithm != "RS256":
        raise web.HTTPNotFound
    try:
        body = json.loads(await request.text())
    except ValueError:
        body = None
    named = [key for key in ("participantId", "number") if isinstance(body, dict) and key in body]
    if len(named) != 1 or request.headers.get("Content-Type") != "application/json":
        return _bare(400)
    room = host.rooms.get(request.query.get("room", "").lower())
    if room is None or not await _authorised(request, host):
        return _bare(200)
    occupant = room.occupants.get(str(body["participantId"])) if named == ["participantId"] else None
    if occupant is None:
        return _bare(404)
    host.kick(occupant)
    return _bare(200)


async def health(request: web.Request) -> web.Response:
    return web.Response(text="OK")


def _totals(host: VideoHost) -> tuple[int, int, int]:
    sizes = [len(room.occupants) for room in host.rooms.values()]
    return len(sizes), sum(sizes), max(sizes, default=0)


async def focus_stats(request: web.Request) -> web.Response:
    rooms, people, largest = _totals(request.app[HOST])
    return web.json_response({
        "conferences": rooms, "participants": people, "largest_conference": largest, "visitors": 0,
        "total_conferences_created": rooms, "total_participants": people, "bridge_failures": {},
        "bridge_selector": {
            "bridge_count": 1, "operational_bridge_count": 1, "in_shutdown_bridge_count": 0, "lost_bridges": 0
        },
        "jibri_detector": {"count": 0, "available": 0}, "jigasi_detector": {},
        "healthy": True, "health": {"success": True, "hardFailure": False, "message": ""},
    })  # fmt: skip


async def bridge_stats(request: web.Request) -> web.Response:
    """``stress_level`` counts each participant as 0.01, as Jicofo assumes; rates are a plain 500 kbit/s each."""
    rooms, people, largest = _totals(request.app[HOST])
    return web.json_response({
        "stress_level": round(people * STRESS_EACH, 4), "conferences": rooms, "participants": people,
        "endpoints": people, "local_endpoints": people, "largest_conference": largest,
        "bit_rate_download": people * 500, "bit_rate_upload": people * 500, "rtt_aggregate": 0.0,
        "graceful_shutdown": False, "octo_conferences": 0, "octo_endpoints": 0,
        "total_conferences_created": rooms, "total_participants": people,
    })  # fmt: skip
