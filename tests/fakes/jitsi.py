"""The simulated Jitsi inside a test, and scripted endpoints that join it without a browser.

async with SimulatedJitsi(callback_url="http://127.0.0.1:…/jitsi", callback_secret="…") as jitsi:
    a = await jitsi.join("room-1", jitsi.token("room-1"), "Huyện A")
    await a.leave()          # or await a.drop(): the line is cut
    await jitsi.advance(61)  # time is moved, not slept
    await jitsi.quiet()      # every callback under way has been answered or given up
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp
from aiohttp import web

from confsvc.simulate.app import build
from confsvc.simulate.clock import Clock, machine_time
from confsvc.simulate.config import SimulatorConfig
from confsvc.simulate.faults import Fault
from confsvc.simulate.host import VideoHost
from confsvc.simulate.state import HOST
from integrations.jitsi.tokens import SigningKey, TokenMint

SECRET = "a secret of the simulated host"
CALLBACK_SECRET = "secret-of-the-callbacks"
PATIENCE = 10.0


async def until(true: Callable[[], bool]) -> None:
    """Waits for something that other tasks bring about; TimeoutError when they do not."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.002)


class NotLetIn(Exception):
    """``stage``: login, conference or join-error; ``message``: the simulator's own."""

    def __init__(self, stage: str, message: Mapping[str, Any]) -> None:
        super().__init__(f"{stage}: {message.get('code') or message.get('condition')} {message.get('text')}")
        self.stage = stage
        self.message = message
        self.code = str(message.get("code") or message.get("condition"))
        self.text = str(message.get("text"))


class Endpoint:
    """One client of the simulator; ``heard`` keeps every message that came."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._session = session
        self._socket = socket
        self._new = asyncio.Event()
        self._reader = asyncio.create_task(self._read())
        self.heard: list[dict[str, Any]] = []
        self.closed = False
        self.room = self.id = self.jid = ""

    @classmethod
    async def connect(cls, url: str) -> Self:
        session = aiohttp.ClientSession()
        try:
            return cls(session, await session.ws_connect(f"{url}/xmpp-websocket", max_msg_size=0))
        except BaseException:
            await session.close()
            raise

    async def send(self, kind: str, **fields: Any) -> None:
        await self._socket.send_json({"t": kind, **fields})

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """The first message not yet taken of one of these kinds; ConnectionError when the link closes before."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for index, message in enumerate(self.heard):
                    if message["t"] in kinds:
                        return self.heard.pop(index)
                if self.closed:
                    raise ConnectionError(f"closed before any of {kinds}")
                self._new.clear()
                await self._new.wait()

    async def login(self, jwt: str | None) -> None:
        await self.send("login", **({} if jwt is None else {"token": jwt}))
        answer = await self.hear("login")
        if not answer["ok"]:
            raise NotLetIn("login", answer)

    async def ask(self, room: str) -> None:
        await self.send("conference", room=room)
        answer = await self.hear("conference")
        if not answer["ok"]:
            raise NotLetIn("conference", answer)

    async def enter(self, room: str, name: str = "", **more: str) -> dict[str, Any]:
        await self.send("join", room=room, name=name, **more)
        answer = await self.hear("joined", "join-error")
        if answer["t"] == "join-error":
            raise NotLetIn("join-error", answer)
        self.room, self.id, self.jid = room, answer["id"], answer["jid"]
        return answer

    async def leave(self) -> None:
        await self.send("leave", room=self.room)
        await self.hear("left")
        await self.close()

    async def drop(self) -> None:
        """Cuts the line without a goodbye."""
        await self._end()

    async def close(self) -> None:
        await self._socket.close()
        await self._end()

    async def _end(self) -> None:
        await self._session.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                self.heard.append(message.json())
                self._new.set()
        finally:
            self.closed = True
            self._new.set()


class SimulatedJitsi:
    """The simulator on a free port of 127.0.0.1; its waits for us are short, its clock may be ours."""

    def __init__(
        self,
        callback_url: str,
        *,
        callback_secret: str = CALLBACK_SECRET,
        now: Callable[[], datetime] = machine_time,
        port: int = 0,
        **settings: Any,
    ) -> None:
        quick = {"reservation_retry_delay": 0.01, "events_retry_delay": 0.01, "reservation_timeout": 5.0}
        secret = {} if "rs256_key_server" in settings else {"hs256_secret": SECRET}
        self.config = SimulatorConfig(
            callback_url=callback_url, callback_secret=callback_secret, port=port, **{**quick, **secret, **settings}
        )
        self._clock = Clock(now)
        self._endpoints: list[Endpoint] = []
        self._runner: web.AppRunner | None = None
        self.host: VideoHost
        self.url = ""
        key = SigningKey.hs256(self.config.hs256_secret) if self.config.hs256_secret else None
        self.mint = TokenMint(key, issuer=self.config.app_id, subject=self.config.domain) if key else None

    async def __aenter__(self) -> Self:
        app = build(self.config, self._clock)
        self.host = app[HOST]
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.config.port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for endpoint in self._endpoints:
            await endpoint.drop()
        assert self._runner is not None
        await self._runner.cleanup()

    def token(
        self,
        room: str,
        *,
        user: Mapping[str, str] | None = None,
        moderator: bool = False,
        nbf: datetime | None = None,
        exp: datetime | None = None,
    ) -> str:
        assert self.mint is not None, "the key is the test's own"
        now = self._clock.now().astimezone(UTC)
        window = {"nbf": nbf or now - timedelta(minutes=5), "exp": exp or now + timedelta(hours=12)}
        return self.mint.room_token(room, user=user or {}, moderator=moderator, **window)

    async def connect(self) -> Endpoint:
        endpoint = await Endpoint.connect(self.url)
        self._endpoints.append(endpoint)
        return endpoint

    async def join(self, room: str, jwt: str | None, name: str = "", **more: str) -> Endpoint:
        """Login, conference request, join; NotLetIn says at which of them it ended."""
        endpoint = await self.connect()
        try:
            await endpoint.login(jwt)
            await endpoint.ask(room)
            await endpoint.enter(room, name, **more)
        except BaseException:
            await endpoint.drop()
            raise
        return endpoint

    async def drop(self, endpoint: Endpoint) -> None:
        """Cuts its line and waits until the host has noticed."""
        before = len(self.host.sessions)
        await endpoint.drop()
        await until(lambda: len(self.host.sessions) < before)

    async def advance(self, seconds: float) -> None:
        """Moves the clock; whatever comes due by then happens now, with its own time."""
        self._clock.offset += timedelta(seconds=seconds)
        self.host.advance()

    async def quiet(self) -> None:
        await self.host.events.quiet()

    def fault(self, kind: Any, **rule: Any) -> int:
        return self.host.faults.add(Fault(kind, **rule))

    def occupants(self, room: str) -> list[str]:
        found = self.host.rooms.get(room)
        return sorted(occupant.name for occupant in found.occupants.values()) if found else []
