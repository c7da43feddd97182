"""The HTTP door against a real server on a real socket that answers badly in every way we know."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from integrations.errors import Refused, Unavailable
from integrations.http import HttpClient


@dataclass
class Server:
    """Answers from a script of statuses, headers or acts; remembers what was asked."""

    url: str = ""
    script: list[object] = field(default_factory=list)
    asked: list[web.BaseRequest] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        act = self.script.pop(0) if self.script else 200
        if act == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if act == "hang":
            await asyncio.Event().wait()
        if isinstance(act, web.StreamResponse):
            return act
        assert isinstance(act, int)
        return web.Response(status=act, text="{}")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    script = Server()
    runner = web.ServerRunner(web.Server(script.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    script.url = f"http://127.0.0.1:{runner.addresses[0][1]}/base"
    yield script
    await runner.cleanup()


class Pauses(list[float]):
    """Stands in for sleep: remembers how long, waits not at all."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client(server: Server, pauses: Pauses | None = None, **options: object) -> HttpClient:
    return HttpClient(server.url, sleep=Pauses() if pauses is None else pauses, jitter=lambda: 0.5, **options)  # type: ignore[arg-type]


async def test_a_good_answer_with_query_headers_and_base_path(server: Server) -> None:
    async with client(server, headers={"Host": "meet.rig", "X-One": "1"}) as http:
        answer = await http.call("GET", "/room", params={"room": "a b&c"}, headers={"X-Two": "2"})
    assert answer.status == 200
    assert answer.json() == {}
    assert server.asked[0].path_qs == "/base/room?room=a+b%26c"
    assert server.asked[0].headers["Host"] == "meet.rig"
    assert (server.asked[0].headers["X-One"], server.asked[0].headers["X-Two"]) == ("1", "2")


async def test_a_safe_call_is_repeated_with_growing_pauses(server: Server) -> None:
    server.script = [503, "drop", 500, 200]
    pauses = Pauses()
    async with client(server, pauses) as http:
        assert (await http.call("GET", "/x")).status == 200
    assert pauses == pytest.approx([0.2, 0.4, 0.8])


async def test_an_act_is_not_repeated_unless_it_is_idempotent(server: Server) -> None:
    server.script = [503, 200]
    async with client(server) as http:
        with pytest.raises(Unavailable) as failure:
            await http.call("POST", "/x")
        assert len(server.asked) == 1
        assert failure.value.maybe is False
        assert (await http.call("POST", "/x", idempotent=True)).status == 200


async def test_an_unsure_attempt_is_not_forgotten_by_a_later_sure_one(server: Server) -> None:
    server.script = ["drop", 503, 503, 503]
    async with client(server) as http:
        with pytest.raises(Unavailable) as failure:
            await http.call("POST", "/x", idempotent=True)
    assert failure.value.maybe is True


@pytest.mark.parametrize(("act", "maybe"), [("drop", True), ("hang", True), (500, True), (502, True), (429, False)])
async def test_whether_an_act_may_have_happened(server: Server, act: object, maybe: bool) -> None:
    server.script = [act]
    async with client(server, timeout=0.2) as http:
        with pytest.raises(Unavailable) as failure:
            await http.call("POST", "/x")
    assert failure.value.maybe is maybe


async def test_reading_never_happened(server: Server) -> None:
    server.script = ["drop"]
    async with client(server, retries=0) as http:
        with pytest.raises(Unavailable) as failure:
            await http.call("GET", "/x")
    assert failure.value.maybe is False
    assert failure.value.__cause__ is not None


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with HttpClient(f"http://127.0.0.1:{taken.getsockname()[1]}", sleep=Pauses()) as http:
            with pytest.raises(Unavailable, match="no connection") as failure:
                await http.call("POST", "/x")
    assert failure.value.maybe is False


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409])
async def test_a_no_is_a_no(server: Server, status: int) -> None:
    server.script = [status]
    async with client(server) as http:
        with pytest.raises(Refused) as failure:
            await http.call("GET", "/x")
        assert failure.value.code == status
        assert len(server.asked) == 1


async def test_an_expected_status_is_an_answer(server: Server) -> None:
    server.script = [404]
    async with client(server) as http:
        assert (await http.call("GET", "/x", expect={404})).status == 404


async def test_retry_after_in_seconds_and_as_a_date(server: Server) -> None:
    date = {"Date": "Tue, 24 Nov 2026 01:00:00 GMT", "Retry-After": "Tue, 24 Nov 2026 01:02:00 GMT"}
    server.script = [
        web.Response(status=503, headers={"Retry-After": "2"}),
        200,
        web.Response(status=503, headers=date),
        web.Response(status=503, headers={"Retry-After": "soon"}),
        200,
    ]
    pauses = Pauses()
    async with client(server, pauses) as http:
        await http.call("GET", "/x")
        assert pauses == [2.0]
        with pytest.raises(Unavailable) as failure:
            await http.call("GET", "/x")
        assert failure.value.after == 120.0
        await http.call("GET", "/x")
    assert pauses == [2.0, pytest.approx(0.2)]


async def test_an_endless_answer_is_cut(server: Server) -> None:
    server.script = [web.Response(body=b"x" * 2001)]
    async with client(server, max_bytes=2000) as http:
        with pytest.raises(Refused, match="more than 2000 bytes"):
            await http.call("GET", "/x")


async def test_not_json(server: Server) -> None:
    server.script = [web.Response(text="<html>")]
    async with client(server) as http:
        answer = await http.call("GET", "/x")
        with pytest.raises(Refused, match="not JSON"):
            answer.json()


async def test_secrets_stay_out_of_messages(server: Server) -> None:
    server.script = [403, "drop"]
    async with client(server, headers={"Authorization": "Bearer hush"}) as http:
        for _ in range(2):
            with pytest.raises((Refused, Unavailable)) as failure:
                await http.call("POST", "/x", params={"token": "hush"}, body=b"hush")
            assert "hush" not in str(failure.value) + repr(failure.value) + str(failure.value.__cause__)
    with pytest.raises(ValueError, match="no user"):
        HttpClient("http://me:hush@host")


async def test_only_allowed_addresses_are_called(server: Server) -> None:
    named = server.url.replace("127.0.0.1", "localhost")
    outside = [ipaddress.ip_network("10.0.0.0/8")]
    async with HttpClient(named, allow=outside) as http:
        with pytest.raises(Refused, match="allowed networks"):
            await http.call("GET", "/x")
    assert not server.asked
    async with HttpClient(named, allow=[ipaddress.ip_network("127.0.0.0/8")]) as http:
        assert (await http.call("GET", "/x")).status == 200
    assert server.asked[0].headers["Host"].startswith("localhost:")
