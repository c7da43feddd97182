"""The Jitsi client against a small Prosody that answers byte for byte as recorded, false 200 included."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from integrations.errors import Refused, Unavailable
from integrations.http import HttpClient
from integrations.jitsi.client import JitsiClient
from integrations.jitsi.gate import Gate, TokenRefused
from integrations.jitsi.tokens import SigningKey, TokenMint
from tests.fakes.captures import load

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KEY = SigningKey.hs256("a secret of the test rig")
ROOM = "ok-ctl-78049"
RECORDED = {seen[1]: seen[2] for seen in load("http_control")["client"]}
NOT_LOADED = RECORDED[f"PUT /kick-participant?room={ROOM}"]["body"]


@dataclass
class Prosody:
    """One room with two people, as in the recording http_control."""

    url: str = ""
    occupants: list[dict[str, str]] = field(
        default_factory=lambda: json.loads(RECORDED[f"GET /room?room={ROOM}&domain=meet.rig"]["body"])
    )
    rooms: set[str] = field(default_factory=lambda: {ROOM})
    can_kick: bool = True
    obeys: bool = True
    asked: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    broken: dict[str, list[web.Response]] = field(default_factory=dict)

    def app(self) -> web.Application:
        app = web.Application()
        routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.Response]]]] = [
            ("GET", "/room-size", self.size),
            ("GET", "/room", self.room),
            ("GET", "/room-census", self.census),
            ("POST", "/end-meeting", self.end),
            ("PUT", "/kick-participant", self.kick),
            ("POST", "/send-system-chat-message", self.message),
            ("GET", "/health", self.plain),
            ("GET", "/about/health", self.plain),
            ("GET", "/colibri/stats", self.plain),
            ("GET", "/stats", self.plain),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, path, self.guarded(handler))
        return app

    def guarded(self, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Any:
        async def answer(request: web.Request) -> web.Response:
            self.asked.append(f"{request.method} {request.path_qs}")
            if self.broken.get(request.path):
                return self.broken[request.path].pop(0)
            return await handler(request)

        return answer

    def trusted(self, request: web.Request) -> bool:
        try:
            Gate(KEY, ("confsvc",), "meet.rig").login(request.headers["Authorization"].removeprefix("Bearer "), NOW)
        except TokenRefused:
            return False
        return True

    async def plain(self, request: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def size(self, request: web.Request) -> web.Response:
        assert (request.query["domain"], request.headers["Host"]) == ("meet.rig", "meet.rig")
        if request.query["room"] not in self.rooms:
            return web.Response(status=404)
        return web.Response(text=RECORDED[f"GET /room-size?room={ROOM}&domain=meet.rig"]["body"])

    async def room(self, request: web.Request) -> web.Response:
        if request.query["room"] not in self.rooms:
            return web.Response(status=404)
        return web.Response(text=json.dumps(self.occupants or {}))

    async def census(self, request: web.Request) -> web.Response:
        return web.Response(text=RECORDED["GET /room-census"]["body"])

    async def end(self, request: web.Request) -> web.Response:
        if not self.trusted(request):
            return web.Response(status=401)
        name = request.query["conference"].removesuffix("@conference.meet.rig")
        if name not in self.rooms:
            return web.Response(status=404)
        self.rooms.remove(name)
        return web.Response()

    async def kick(self, request: web.Request) -> web.Response:
        if not self.can_kick:
            return web.Response(status=404, text=NOT_LOADED, content_type="text/html")
        assert request.headers["Content-Type"] == "application/json"
        nick = (await request.json())["participantId"]
        if self.obeys:
            self.occupants = [one for one in self.occupants if not one["jid"].endswith("/" + nick)]
        return web.Response()

    async def message(self, request: web.Request) -> web.Response:
        self.messages.append(json.loads(await request.read()))
        known = self.messages[-1]["room"].partition("@")[0] in self.rooms
        return web.Response(status=200 if known else 404)


@pytest.fixture
async def prosody() -> AsyncIterator[Prosody]:
    fake = Prosody()
    runner = web.AppRunner(fake.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


async def no_sleep(seconds: float) -> None:
    assert seconds >= 0


def connect(*args: Any, **options: Any) -> HttpClient:
    return HttpClient(*args, sleep=no_sleep, **options)


def client(prosody: Prosody, **options: Any) -> JitsiClient:
    mint = TokenMint(options.pop("key", KEY), issuer="confsvc", subject="meet.rig")
    return JitsiClient(prosody.url, domain="meet.rig", mint=mint, clock=lambda: NOW, connect=connect, **options)


async def test_what_is_going_on(prosody: Prosody) -> None:
    async with client(prosody) as jitsi:
        (room,) = await jitsi.room_census()
        assert (room.jitsi_name, room.participants, room.leaked) == (ROOM, 2, False)
        assert room.created == datetime.fromtimestamp(1795378240, UTC)
        assert await jitsi.room_size(ROOM) == 2
        assert await jitsi.room_size("nope") is None
        occupants = await jitsi.room_occupants(ROOM)
        assert occupants is not None
        assert [(one.nick, one.name, one.email) for one in occupants] == [
            ("bbbbbbbb", "B", ""),
            ("aaaaaaaa", "Phòng họp A", "room-a@bacgiang.test"),
        ]
        assert await jitsi.room_occupants("nope") is None
        prosody.occupants = []
        assert await jitsi.room_occupants(ROOM) == ()


async def test_a_room_before_its_first_participant_and_an_empty_census(prosody: Prosody) -> None:
    empty = '{"room_census":[{"leaked":false,"participants":0,"room_name":"a@b"}]}'
    prosody.broken["/room-census"] = [web.Response(text=empty), web.Response(text='{"room_census":{}}')]
    async with client(prosody) as jitsi:
        assert (await jitsi.room_census())[0].created is None
        assert await jitsi.room_census() == ()


async def test_end_a_meeting_once_and_again(prosody: Prosody) -> None:
    async with client(prosody) as jitsi:
        assert await jitsi.end_meeting(ROOM) is True
        assert await jitsi.end_meeting(ROOM) is False
        prosody.rooms.add(ROOM)
        assert await jitsi.end_meeting(ROOM, silent_reconnect=True) is True
    assert prosody.asked == [
        f"POST /end-meeting?conference={ROOM}%40conference.meet.rig",
        f"POST /end-meeting?conference={ROOM}%40conference.meet.rig",
        f"POST /end-meeting?conference={ROOM}%40conference.meet.rig&silent-reconnect=true",
    ]


async def test_ending_is_repeated_but_a_silent_reconnect_is_not(prosody: Prosody) -> None:
    prosody.broken["/end-meeting"] = [web.Response(status=503), web.Response(status=500)]
    async with client(prosody) as jitsi:
        assert await jitsi.end_meeting(ROOM) is True
        prosody.broken["/end-meeting"] = [web.Response(status=500)]
        with pytest.raises(Unavailable) as failure:
            await jitsi.end_meeting(ROOM, silent_reconnect=True)
    assert failure.value.maybe is True
    assert len(prosody.asked) == 4


async def test_a_wrong_secret_is_refused_and_a_missing_module_is_not_a_missing_room(prosody: Prosody) -> None:
    async with client(prosody, key=SigningKey.hs256("another secret of the rig")) as jitsi:
        with pytest.raises(Refused) as refusal:
            await jitsi.end_meeting(ROOM)
        assert refusal.value.code == 401
    prosody.broken["/end-meeting"] = [web.Response(status=404, text=NOT_LOADED, content_type="text/html")]
    async with client(prosody) as jitsi:
        with pytest.raises(Refused, match="not loaded"):
            await jitsi.end_meeting(ROOM)


async def test_kick_looks_afterwards(prosody: Prosody) -> None:
    async with client(prosody) as jitsi:
        assert await jitsi.kick(ROOM, "aaaaaaaa") is True
        assert await jitsi.kick(ROOM, "aaaaaaaa") is False
        assert await jitsi.kick("nope", "aaaaaaaa") is False
        prosody.obeys = False
        with pytest.raises(Refused, match="still in"):
            await jitsi.kick(ROOM, "bbbbbbbb")
        prosody.can_kick = False
        with pytest.raises(Refused, match="not loaded"):
            await jitsi.kick(ROOM, "bbbbbbbb")
        prosody.broken["/kick-participant"] = [web.Response(status=404)]
        assert await jitsi.kick(ROOM, "bbbbbbbb") is False


async def test_a_system_message(prosody: Prosody) -> None:
    async with client(prosody) as jitsi:
        assert await jitsi.send_system_message(ROOM, "còn 5 phút", ["x@meet.rig/1"], display_name="Hệ thống") is True
        assert await jitsi.send_system_message("nope", "a", ["x@meet.rig/1"], display_name="b") is False
    assert prosody.messages[0] == {
        "room": f"{ROOM}@conference.meet.rig",
        "connectionJIDs": ["x@meet.rig/1"],
        "message": "còn 5 phút",
        "displayName": "Hệ thống",
    }


async def test_health_of_each_part(prosody: Prosody) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with client(prosody, jicofo_url=prosody.url, jvb_url=dead) as jitsi:
            health = await jitsi.health()
    assert {name: part.up for name, part in health.parts.items()} == {"prosody": True, "jicofo": True, "jvb": False}
    assert not health.up
    assert "no connection" in health.parts["jvb"].detail
    prosody.broken["/health"] = [web.Response(status=404), web.Response(status=500)]
    async with client(prosody) as jitsi:
        assert (await jitsi.health()).up
        assert not (await jitsi.health()).up


async def test_load_of_bridge_and_jicofo(prosody: Prosody) -> None:
    prosody.broken["/colibri/stats"] = [
        web.json_response(
            {
                "stress_level": 0.31,
                "conferences": 4,
                "endpoints": 40,
                "largest_conference": 12,
                "bit_rate_download": 900,
                "bit_rate_upload": 8000,
                "graceful_shutdown": False,
            }
        ),
        web.json_response({"conferences": 4}),
        web.json_response([]),
    ]
    prosody.broken["/stats"] = [
        web.json_response(
            {
                "conferences": 4,
                "participants": 40,
                "largest_conference": 12,
                "healthy": True,
                "bridge_selector": {"bridge_count": 2, "operational_bridge_count": 1},
            }
        )
    ]
    async with client(prosody, jicofo_url=prosody.url, jvb_url=prosody.url) as jitsi:
        load = await jitsi.bridge()
        assert (load.stress, load.endpoints, load.upload_kbps, load.draining) == (0.31, 40, 8000, False)
        for _ in range(2):
            with pytest.raises(Refused, match="another shape"):
                await jitsi.bridge()
        counts = await jitsi.jicofo()
        assert (counts.bridges, counts.operational_bridges, counts.healthy) == (2, 1, True)
    async with client(prosody) as jitsi:
        for call in (jitsi.bridge, jitsi.jicofo):
            with pytest.raises(Refused, match="configured"):
                await call()
