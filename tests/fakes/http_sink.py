"""A real HTTP server on 127.0.0.1 that keeps what it is sent and can be told to refuse, stall, answer badly, hugely,
slowly or with a redirect.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web


@dataclass(frozen=True)
class Sent:
    """One call that arrived whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class HttpSink:
    """``status`` is what it answers; ``mode`` one of "answer", "stall" (takes it and never answers), "drop" (takes it
    and closes), "huge", "slow" (a byte now and then), "redirect"."""

    def __init__(self) -> None:
        self.received: list[Sent] = []
        self.status = 204
        self.text = ""
        self.mode = "answer"
        self.headers: dict[str, str] = {}
        self.port = 0
        self._released = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/{rest:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Sent(request.method, request.path, dict(request.query), headers, body))
        if self.mode == "stall":
            await self._released.wait()
        elif self.mode == "drop" and request.transport is not None:
            request.transport.close()
        elif self.mode == "redirect":
            return web.Response(status=307, headers={"Location": f"http://127.0.0.1:{self.port}/elsewhere"})
        elif self.mode in ("huge", "slow"):
            return await self._pour(request, self.mode)
        return web.Response(status=self.status, text=self.text or None, headers=self.headers)

    async def _pour(self, request: web.Request, how: str) -> web.StreamResponse:
        answer = web.StreamResponse(status=self.status)
        await answer.prepare(request)
        for _ in range(200):
            try:
                await answer.write(b"x" * 65536 if how == "huge" else b"x")
            except ConnectionError:  # whoever asked has had enough
                break
            if how == "slow" and self._released.is_set():
                break
            if how == "slow":
                await asyncio.wait([asyncio.ensure_future(self._released.wait())], timeout=0.05)
        return answer
