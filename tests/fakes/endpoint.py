"""An endpoint without a browser: pairs, keeps its agenda, joins and leaves by it, reports over the lasting channel.

Time is the caller's: ``clock`` says what it is, ``act`` does what is due now. How a video room is joined is, too
(``join`` gets the agenda's item and answers a function that leaves), so stories use the simulated Jitsi.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import aiohttp

from rooms.messages import (
    CLOSE_BAD_TOKEN,
    SUBPROTOCOL,
    Ack,
    AgendaHint,
    Beat,
    BeatAck,
    Bye,
    Clock,
    Event,
    Events,
    FromEndpoint,
    FromService,
    Hello,
    Unsent,
    Want,
    Welcome,
)
from rooms.protocol import encode, from_service

Leave = Callable[[], Awaitable[None]]
Join = Callable[[dict[str, Any]], Awaitable[Leave]]


async def join_nothing(item: dict[str, Any]) -> Leave:
    """Joins no video room at all; for tests of the channel alone."""

    async def leave() -> None:
        return None

    return leave


class ScriptedEndpoint:
    """One device. ``base`` is the service's URL; what was heard is kept in ``heard``."""

    def __init__(
        self, session: aiohttp.ClientSession, base: str, clock: Callable[[], datetime], *, join: Join = join_nothing
    ) -> None:
        self.session, self.base, self.clock, self.join = session, f"{base}/api/v1/endpoint", clock, join
        self.key = self.refresh_token = self.access = ""
        self.boot, self.seq, self.beats = str(uuid.uuid4()), 0, 0
        self.agenda: dict[str, Any] | None = None
        self.etag: str | None = None
        self.inside: str | None = None
        self.outbox: list[Event] = []
        self.heard: list[FromService] = []
        self.bye: Bye | None = None
        self.wanted_rev, self.wanted_out = 0, set[str]()
        self._leave: Leave | None = None
        self._ws: aiohttp.ClientWebSocketResponse | None = None

    # Pairing and tokens

    async def start(self) -> str:
        """Ask for a code; answers what the screen shows."""
        self._begun = await self._post("pair/start", {"model": "scripted", "app_version": "1.0"})
        return str(self._begun["user_code"])

    async def poll(self) -> str:
        """Ask once whether somebody confirmed the code; keeps the tokens when so."""
        answer = await self._post("pair/poll", {"device_code": self._begun["device_code"]})
        if answer["status"] == "paired":
            self.key, self.refresh_token, self.access = answer["endpoint"]["key"], answer["refresh"], answer["access"]
        return str(answer["status"])

    async def pair(self, confirm: Callable[[str], Awaitable[object]]) -> None:
        """Show a code, let ``confirm`` name the room, take the tokens."""
        await confirm(await self.start())
        status = await self.poll()
        if status != "paired":
            raise AssertionError(f"not paired: {status}")

    async def rotate(self, *, lose_answer: bool = False) -> None:
        """Buy a new pair of tokens; ``lose_answer``: the line broke before it arrived."""
        answer = await self._post("token", {"refresh": self.refresh_token})
        if not lose_answer:
            self.refresh_token, self.access = answer["refresh"], answer["access"]

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.session.post(f"{self.base}/{path}", json=body) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer

    # Agenda

    async def fetch(self) -> int:
        """Get the agenda if it changed; the status."""
        headers = {"Authorization": f"Bearer {self.access}", **({"If-None-Match": self.etag} if self.etag else {})}
        async with self.session.get(f"{self.base}/agenda", headers=headers) as response:
            if response.status == 200:
                self.agenda, self.etag = await response.json(), response.headers["ETag"]
            return response.status

    def due(self) -> dict[str, Any] | None:
        """Where the agenda wants it now; a cached agenda is enough."""
        now = self.clock()
        for item in (self.agenda or {"conferences": []})["conferences"]:
            joins, leaves = (datetime.fromisoformat(item[name]) for name in ("join_at", "leave_at"))
            if joins <= now < leaves and item["ticket"] and item["key"] not in self.wanted_out:
                return dict(item)
        return None

    async def act(self) -> None:
        """Join or leave what is due now, and report it."""
        item = self.due()
        target = item["key"] if item else None
        if target == self.inside:
            return
        if self._leave is not None:
            await self._leave()
            self._leave, left, self.inside = None, self.inside, None
            await self.report("left", left)
        if item is not None:
            self._leave = await self.join(item)
            self.inside = target
            await self.report("joined", target)

    # The channel

    async def connect(self) -> Welcome | Bye:
        """Open the channel and say hello; refreshes once when the token has run out."""
        answer = await self._hello()
        if isinstance(answer, Bye) and answer.code == CLOSE_BAD_TOKEN:
            await self.rotate()
            answer = await self._hello()
        if isinstance(answer, Welcome):
            if answer.agenda.changed:
                await self.fetch()
            self.outbox = [event for event in self.outbox if event.seq > answer.ev_ack]
            if self.outbox:
                await self._say(Events(self.boot, tuple(self.outbox)))
        return answer

    async def _hello(self) -> Welcome | Bye:
        await self.drop()
        self.bye = None
        self._ws = await self.session.ws_connect(f"{self.base}/ws", protocols=(SUBPROTOCOL,))
        unsent = Unsent(self.outbox[0].seq, self.outbox[-1].seq) if self.outbox else None
        await self._say(
            Hello(
                token=self.access, endpoint_id=self.key, boot=self.boot, app="1.0",
                state="in_meeting" if self.inside else "idle", clock=Clock(self.clock(), 0), conference=self.inside,
                agenda_etag=self.etag, ev=unsent,
            )
        )  # fmt: skip
        message = await self.hear(patience=30)  # a service with hundreds of letters at hand is slow to greet
        if not isinstance(message, Welcome | Bye):
            raise AssertionError(f"neither welcome nor bye: {message}")
        return message

    async def hear(self, patience: float = 5.0) -> FromService | None:
        """The next message, already taken to heart; None when the service closed. TimeoutError after ``patience``."""
        if self._ws is None:
            return None
        async with asyncio.timeout(patience):
            frame = await self._ws.receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            self._ws = None
            return None
        message = from_service(frame.data)
        if message is not None:
            self.heard.append(message)
            await self._take(message)
        return message

    async def hear_until(self, kind: type[FromService], patience: float = 5.0) -> FromService:
        """Listen until a message of ``kind`` came."""
        while True:
            message = await self.hear(patience)
            if message is None:
                raise AssertionError(f"closed ({self.bye}) before {kind.__name__}")
            if isinstance(message, kind):
                return message

    async def _take(self, message: FromService) -> None:
        if isinstance(message, Ack) and message.boot == self.boot:
            self.outbox = [event for event in self.outbox if event.seq > message.seq]
        elif isinstance(message, AgendaHint) and message.etag != self.etag:
            await self.fetch()
        elif isinstance(message, Want) and message.rev > self.wanted_rev:
            self.wanted_rev = message.rev
            if message.conference is None and self.inside:
                self.wanted_out.add(self.inside)
            elif message.conference:
                self.wanted_out.discard(message.conference)
        elif isinstance(message, Bye):
            self.bye = message

    async def report(self, kind: str, conference: str | None = None, **data: Any) -> None:
        """Note an event and, when the channel is up, send it."""
        self.seq += 1
        event = Event(self.seq, self.clock(), self.seq * 1000, kind, conference, data)
        self.outbox.append(event)
        if self._ws is not None:
            await self._say(Events(self.boot, (event,)))

    async def flush(self) -> None:
        """Wait until everything that was reported is acknowledged."""
        while self.outbox:
            await self.hear_until(Ack)

    async def beat(self) -> BeatAck:
        """Say that it lives; the answer, or what came before it, is taken."""
        self.beats += 1
        await self._say(Beat(self.beats, "in_meeting" if self.inside else "idle", self.inside))
        answer = await self.hear_until(BeatAck)
        if not isinstance(answer, BeatAck):
            raise AssertionError(answer)
        return answer

    async def _say(self, message: FromEndpoint) -> None:
        if self._ws is None:
            raise AssertionError("the channel is down")
        await self._ws.send_str(encode(message))

    async def drop(self) -> None:
        """The line is gone."""
        if self._ws is not None:
            await self._ws.close()
            self._ws = None

    async def restart(self) -> None:
        """Power off and on: a new boot, no video room; agenda, tokens and unsent events were on the disk."""
        await self.drop()
        if self._leave is not None:
            await self._leave()
        self._leave = self.inside = None
        self.boot, self.seq, self.outbox = str(uuid.uuid4()), 0, []
