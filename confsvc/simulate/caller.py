"""Prosody's HTTP client: every call on a connection of its own, its headers and no others, its retries, its faults."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from confsvc.simulate.clock import Clock
from confsvc.simulate.config import SimulatorConfig
from confsvc.simulate.faults import Faults

USER_AGENT = "Prosody (0.12.3; posix)"
JOURNAL = 500
AT_ONCE = 100
MAX_ANSWER = 64 * 1024


class _Request(aiohttp.ClientRequest):
    """Prosody sends no ``Content-Length: 0`` with a DELETE."""

    GET_METHODS = {*aiohttp.ClientRequest.GET_METHODS, "DELETE"}


@dataclass(frozen=True)
class Answer:
    """``status`` 0: no connection came about or it broke."""

    status: int
    body: bytes = b""


@dataclass(frozen=True)
class Call:
    """``kind`` and ``room`` are for the faults and the journal; ``url`` goes out as it is, unescaped."""

    kind: str
    room: str
    method: str
    url: str
    body: str | None = None
    content_type: str | None = None


@dataclass(frozen=True)
class Patience:
    timeout: float
    retries: int
    delay: float


class Caller:
    def __init__(self, config: SimulatorConfig, clock: Clock, faults: Faults) -> None:
        self._config = config
        self._clock = clock
        self._faults = faults
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.journal: deque[Mapping[str, object]] = deque(maxlen=JOURNAL)
        self.sent = 0
        self.lost = 0

    async def call(self, call: Call, patience: Patience) -> Answer | None:
        """The last answer; None when nobody answered in time (never repeated) or a fault lost the call.

        A 5xx and a failed connection are repeated ``retries`` times, ``delay`` seconds apart.
        """
        slow = self._faults.take("delay", call.kind, call.room)
        if slow is not None:
            await asyncio.sleep(slow.seconds)
        if self._faults.take("lose", call.kind, call.room) is not None:
            self._note(call, "lost")
            self.lost += 1
            return None
        answer = await self._repeated(call, patience)
        if self._faults.take("duplicate", call.kind, call.room) is not None:
            await self._repeated(call, patience)
        return answer

    async def _repeated(self, call: Call, patience: Patience) -> Answer | None:
        answer = await self._once(call, patience)
        for _ in range(patience.retries):
            if answer is None or 0 < answer.status < 500:
                break
            await asyncio.sleep(patience.delay)
            answer = await self._once(call, patience)
        return answer

    async def _once(self, call: Call, patience: Patience) -> Answer | None:
        async with self._slots:
            try:
                async with asyncio.timeout(patience.timeout):
                    answer = await self._exchange(call)
            except TimeoutError:
                self._note(call, "timeout")
                return None
            except (aiohttp.ClientError, OSError) as error:
                self._note(call, type(error).__name__)
                return Answer(0)
        self._note(call, answer.status)
        return answer

    async def _exchange(self, call: Call) -> Answer:
        headers = {"User-Agent": USER_AGENT}
        if self._config.callback_secret:
            headers["Authorization"] = f"Bearer {self._config.callback_secret}"
        if call.content_type is not None:
            headers["Content-Type"] = call.content_type
        self.sent += 1
        async with (
            aiohttp.ClientSession(
                request_class=_Request, skip_auto_headers=("Accept", "Accept-Encoding"), trust_env=False
            ) as session,
            session.request(
                call.method,
                URL(call.url, encoded=True),
                data=None if call.body is None else call.body.encode(),
                headers=headers,
                allow_redirects=False,
            ) as response,
        ):
            return Answer(response.status, await response.content.read(MAX_ANSWER))

    def _note(self, call: Call, outcome: int | str) -> None:
        self.journal.append({
            "at": self._clock.now().isoformat(), "kind": call.kind, "room": call.room, "method": call.method,
            "outcome": outcome, "body": (call.body or "")[:1000],
        })  # fmt: skip
