"""A service that records what Prosody would ask of it, byte for byte, and answers as the test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs

from aiohttp import web


@dataclass
class Asked:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: str
    connection: int

    @property
    def names(self) -> list[str]:
        return sorted(name for name, _ in self.headers)

    @property
    def form(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.body, strict_parsing=True).items()}

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    def header(self, name: str) -> str:
        return dict(self.headers)[name]


Answerer = Callable[[Asked], Awaitable[web.Response]]


def grant(asked: Asked, **more: Any) -> web.Response:
    """A good answer to a reservation question."""
    name = asked.form["name"]
    answer = {
        "id": f"c-{name}", "name": name, "mail_owner": "booker@example.vn",
        "start_time": asked.form["start_time"], "duration": 3600, **more,
    }  # fmt: skip
    return web.json_response({key: value for key, value in answer.items() if value is not ...})


async def willing(asked: Asked) -> web.Response:
    if asked.target.endswith("/conference") and asked.method == "POST":
        return grant(asked)
    return web.json_response({})


@dataclass
class RecordingService:
    answer: Answerer = willing
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    _transports: list[Any] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._record)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/jitsi"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _record(self, request: web.Request) -> web.Response:
        self._transports.append(request.transport)
        headers = [(name.decode(), value.decode()) for name, value in request.raw_headers]
        body = (await request.read()).decode()
        asked = Asked(request.method, request.raw_path, headers, body, self._transports.index(request.transport))
        self.asked.append(asked)
        return await self.answer(asked)

    def of(self, method: str, ending: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == method and asked.target.endswith(ending)]

    def events(self) -> list[str]:
        return [asked.target.split("/events/")[1] for asked in self.asked if "/events/" in asked.target]

    def answering(self, *statuses: int, then: Answerer = willing, message: str = "later") -> None:
        """Answers these codes first, in their order."""
        left = list(statuses)

        async def answer(asked: Asked) -> web.Response:
            return web.json_response({"message": message}, status=left.pop(0)) if left else await then(asked)

        self.answer = answer

    def never(self) -> None:
        async def answer(_: Asked) -> web.Response:
            await asyncio.Event().wait()
            raise AssertionError

        self.answer = answer
