"""The HTTP side: shapes, codes, missing content types, and kick's false 200."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from joserfc.jwk import RSAKey

from integrations.jitsi.tokens import SigningKey, TokenMint
from tests.confsvc.simulate.service import RecordingService, willing
from tests.fakes.jitsi import SimulatedJitsi

ROOM = "ok-ctl"
JID = f"{ROOM}@conference.meet.simulated"


async def call(jitsi: SimulatedJitsi, method: str, path: str, **more: Any) -> tuple[int, str | None, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{jitsi.url}{path}", **more) as response,
    ):
        return response.status, response.headers.get("Content-Type"), await response.text()


def bearer(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


@pytest.fixture
async def busy(jitsi: SimulatedJitsi) -> SimulatedJitsi:
    await jitsi.join(ROOM, jitsi.token(ROOM), "Phòng họp A", email="a@bacgiang.test")
    await jitsi.join(ROOM, jitsi.token(ROOM), "B")
    return jitsi


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (f"/room-size?room={ROOM}&domain=meet.simulated", 200, '{"participants":2}'),
        ("/room-size?room=nope&domain=meet.simulated", 404, ""),
        (f"/room-size?room={ROOM}&domain=other", 404, ""),
        ("/room-size", 400, ""),
        ("/room?room=nope&domain=meet.simulated", 404, ""),
        ("/sessions", 200, "3"),
    ],
)
async def test_sizes_have_no_content_type(busy: SimulatedJitsi, path: str, status: int, body: str) -> None:
    assert await call(busy, "GET", path) == (status, None, body)


async def test_room_and_census(busy: SimulatedJitsi) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{busy.url}/room?room={ROOM}&domain=meet.simulated") as response:
            found = await response.json(content_type=None)
        async with session.get(f"{busy.url}/room-census") as response:
            [line] = (await response.json(content_type=None))["room_census"]
    assert {(one["display_name"], one["email"]) for one in found} == {("Phòng họp A", "a@bacgiang.test"), ("B", "")}
    assert all(one["jid"].startswith(f"{JID}/") for one in found)
    assert line["created_time"].endswith("000")
    assert {key: line[key] for key in line if key != "created_time"} == {
        "room_name": JID, "participants": 2, "leaked": False
    }  # fmt: skip


async def test_a_room_with_only_the_focus_says_one(jitsi: SimulatedJitsi) -> None:
    visitor = await jitsi.connect()
    await visitor.login(jitsi.token(ROOM))
    await visitor.ask(ROOM)
    assert (await call(jitsi, "GET", f"/room-size?room={ROOM}"))[2] == '{"participants":1}'
    assert "created_time" not in (await call(jitsi, "GET", "/room-census"))[2]


async def test_room_info(busy: SimulatedJitsi) -> None:
    assert (await call(busy, "GET", f"/room-info?room={ROOM}"))[0] == 403
    status, kind, body = await call(busy, "GET", f"/room-info?room={ROOM}", **bearer(busy.token("any")))
    assert (status, (kind or "").split(";")[0]) == (200, "application/json")
    assert f'"{JID}"' in body
    assert (await call(busy, "GET", "/room-info?room=nope", **bearer(busy.token("any"))))[0] == 404


async def test_end_meeting(busy: SimulatedJitsi, service: RecordingService) -> None:
    good = bearer(busy.token("another-room"))
    path = f"/end-meeting?conference={JID}"
    assert (await call(busy, "POST", "/end-meeting"))[0] == 400
    assert (await call(busy, "POST", path))[0] == 401
    assert (await call(busy, "POST", path, **bearer("x.y.z")))[0] == 401
    assert (await call(busy, "POST", "/end-meeting?conference=nope@conference.meet.simulated", **good))[0] == 404
    member = busy.host.rooms[ROOM]
    assert await call(busy, "POST", path, **good) == (200, None, "")
    assert busy.host.rooms == {}
    assert not member.occupants
    await busy.quiet()
    assert service.events().count("occupant/left") == 2
    assert service.events().count("room/destroyed") == 1


async def test_ending_tells_why_and_silent_reconnect_asks_them_back(jitsi: SimulatedJitsi) -> None:
    good = bearer(jitsi.token("any"))
    for query, reason, back in (("", "", False), ("&silent-reconnect=true", " silently", True)):
        endpoint = await jitsi.join(ROOM, jitsi.token(ROOM))
        await call(jitsi, "POST", f"/end-meeting?conference={JID}{query}", **good)
        told = await endpoint.hear("destroyed")
        assert told["reason"] == f"The meeting has been terminated{reason}"
        assert ("jid" in told) is back


async def test_kick_is_not_there_with_a_shared_secret(busy: SimulatedJitsi) -> None:
    kicked = await call(busy, "PUT", f"/kick-participant?room={ROOM}", json={"participantId": "x"})
    assert kicked[0] == 404


@pytest.fixture
async def keyed(service: RecordingService) -> AsyncIterator[tuple[SimulatedJitsi, TokenMint]]:
    key = RSAKey.generate_key(2048)
    mint = TokenMint(
        SigningKey.rs256(key.as_pem(private=True), "k"), issuer="confsvc", subject="meet.simulated"
    )  # fmt: skip
    name = hashlib.sha256(b"k").hexdigest()

    async def answer(asked: Any) -> web.Response:
        if asked.target.endswith(f"{name}.pem"):
            return web.Response(body=key.as_pem(private=False))
        return await willing(asked)

    service.answer = answer
    async with SimulatedJitsi(service.url, rs256_key_server=service.url) as jitsi:
        yield jitsi, mint


async def test_kick(keyed: tuple[SimulatedJitsi, TokenMint]) -> None:
    jitsi, mint = keyed
    now = jitsi.host.clock.now()
    token = mint.server_token(now)
    endpoint = await jitsi.join(ROOM, token, "A")
    other = await jitsi.join(ROOM, token, "B")
    path = f"/kick-participant?room={ROOM}"
    body = {"json": {"participantId": endpoint.id}}
    assert (await call(jitsi, "PUT", path, **body))[0] == 200, "no token: a false 200"
    assert (await call(jitsi, "PUT", "/kick-participant?room=nope", **body, **bearer(token)))[0] == 200, "another one"
    assert jitsi.occupants(ROOM) == ["A", "B"]
    assert (await call(jitsi, "PUT", path, json={"participantId": "nobody"}, **bearer(token)))[0] == 404
    for wrong in ({}, {"participantId": endpoint.id, "number": "+84"}):
        assert (await call(jitsi, "PUT", path, json=wrong, **bearer(token)))[0] == 400
    assert (await call(jitsi, "PUT", path, data="{", **bearer(token)))[0] == 400
    assert (await call(jitsi, "PUT", path, **body, **bearer(token)))[0] == 200
    assert (await endpoint.hear("kicked"))["id"] == endpoint.id
    assert (await other.hear("kicked"))["id"] == endpoint.id
    assert jitsi.occupants(ROOM) == ["B"]


async def test_health_and_figures(busy: SimulatedJitsi) -> None:
    assert (await call(busy, "GET", "/about/health"))[0::2] == (200, "OK")
    assert (await call(busy, "GET", "/health"))[0] == 200
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{busy.url}/colibri/stats") as response:
            bridge = await response.json()
        async with session.get(f"{busy.url}/stats") as response:
            focus = await response.json()
    assert (bridge["stress_level"], bridge["conferences"], bridge["participants"]) == (0.02, 1, 2)
    assert (focus["largest_conference"], focus["bridge_selector"]["operational_bridge_count"]) == (2, 1)
    assert focus["healthy"] is True
