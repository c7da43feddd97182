"""A hall with a device and nobody who touches it: a scripted endpoint that joins the simulated Jitsi by its agenda.

It does what the room screen does: keeps its agenda, comes back by itself after the video host, the service or its own
line were away, and keeps what it has to report until that is acknowledged. ``act`` does what is due at ``clock()``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from rooms.messages import Bye, Welcome
from tests.fakes.endpoint import Leave, ScriptedEndpoint
from tests.fakes.jitsi import Endpoint as VideoLink
from tests.fakes.jitsi import NotLetIn, SimulatedJitsi, until

PATIENCE = timedelta(seconds=30)
"""Before another attempt to join: a refusal sticks at the video host for at least that long."""
AWAY = (aiohttp.ClientError, OSError, TimeoutError)


class Hall(ScriptedEndpoint):
    """``unit``: code of the office; ``refused``: when and why it was not let into a video room."""

    def __init__(
        self, session: aiohttp.ClientSession, base: str, clock: Callable[[], datetime], jitsi: SimulatedJitsi, unit: str
    ) -> None:
        super().__init__(session, base, clock, join=self._enter)
        self.unit, self.jitsi = unit, jitsi
        self.video: VideoLink | None = None
        self.line = True
        self.refused: list[tuple[datetime, Exception]] = []
        self.joined_at: list[datetime] = []
        self.again: datetime | None = None
        self._reader: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    # What it does by itself

    async def act(self) -> None:
        """Do what is due: connect again, get a new agenda, come back, join, leave."""
        async with self._turn:
            if self.line:
                await self._act()

    async def _act(self) -> None:
        if self._ws is None:
            with suppress(*AWAY):
                await self.connect()
        if self.agenda is not None and self.clock() >= datetime.fromisoformat(self.agenda["refresh_after"]):
            with suppress(*AWAY):
                await self.fetch()
        await self._notice()
        if self.again is not None and self.clock() < self.again:
            return
        try:
            await super().act()
        except (NotLetIn, ConnectionError, *AWAY) as problem:
            self.refused.append((self.clock(), problem))
            self.again = self.clock() + PATIENCE
            due = self.due()
            await self.report("error", due["key"] if due else None, code="E_REFUSED")

    def moments(self) -> list[datetime]:
        """When it will want to act next."""
        now = self.clock()
        found = [datetime.fromisoformat(self.agenda["refresh_after"])] if self.agenda else []
        for item in (self.agenda or {"conferences": []})["conferences"]:
            found += [datetime.fromisoformat(item[name]) for name in ("join_at", "leave_at")]
        if self.again is not None:
            found.append(self.again)
        return [moment for moment in found if moment > now]

    async def _enter(self, item: dict[str, Any]) -> Leave:
        video = await self.jitsi.join(item["jitsi_name"], item["ticket"])
        self.video, self.again = video, None
        self.joined_at.append(self.clock())

        async def leave() -> None:
            self.video = None
            with suppress(*AWAY):
                await video.send("leave", room=video.room)
                await video.hear("left", "destroyed", "kicked")  # we may end the room in that very moment
            await video.close()

        return leave

    async def _notice(self) -> None:
        """Out of the video room without having left: the room was ended, or the video host is gone."""
        video = self.video
        ended = video is not None and any(message["t"] in ("destroyed", "kicked") for message in video.heard)
        if video is None or not (video.closed or ended):
            return
        await video.close()
        self._leave = self.video = None
        self.inside, left = None, self.inside
        await self.report("left", left, why="dropped")
        self.again = self.clock() + PATIENCE

    # Its line

    async def cut(self) -> None:
        """Its line is gone: the channel, and the video without a goodbye."""
        async with self._turn:
            await self._cut()

    async def _cut(self) -> None:
        self.line = False
        await self.drop()
        video, self.video, self._leave = self.video, None, None
        if video is not None:
            await self.jitsi.drop(video)
            self.inside, left = None, self.inside
            await self.report("left", left, why="dropped")

    async def mend(self) -> None:
        """Its line is back."""
        self.line = True
        await self.act()

    # The channel, with somebody always listening

    async def connect(self) -> Welcome | Bye:
        answer = await super().connect()
        if isinstance(answer, Welcome):
            self._reader = asyncio.create_task(self._listen())
        return answer

    async def drop(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        await super().drop()

    async def _listen(self) -> None:
        with suppress(*AWAY):
            while await self.hear(patience=3600) is not None:
                pass
        self._ws = None

    async def report(self, kind: str, conference: str | None = None, **data: Any) -> None:
        try:
            await super().report(kind, conference, **data)
        except ConnectionError:  # it stays in the outbox
            self._ws = None

    async def flush(self) -> None:
        """Wait until everything is acknowledged, or the channel is gone."""
        await until(lambda: self._ws is None or not self.outbox)

    async def fetch(self) -> int:
        """As a device: an access token that ran out is exchanged once."""
        status = await super().fetch()
        if status == 401:
            await self.rotate()
            status = await super().fetch()
        return status

    async def close(self) -> None:
        """The end of the story."""
        await self.drop()
        if self.video is not None:
            await self.video.close()

    def has(self, key: str) -> dict[str, Any] | None:
        """The agenda's item for a conference."""
        items = (self.agenda or {"conferences": []})["conferences"]
        return next((item for item in items if item["key"] == key), None)
