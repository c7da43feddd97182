"""Calls to addresses that people typed: what may be called at all, and what came of a call."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from integrations.errors import Refused, Unavailable
from integrations.http import HttpClient
from integrations.outside import Address, Allowed, WrongUrl

TIMEOUT = 10.0
MOST_BYTES = 64 * 1024
"""Nobody needs to answer more; what is longer is not read to its end."""
KEPT = 20


@dataclass(frozen=True)
class Called:
    """``good``: answered 2xx. ``status`` None: no answer. ``maybe``: it may have been taken though no yes came.
    ``after``: seconds that the other side asked us to wait. ``body``: of a good answer."""

    good: bool
    status: int | None
    millis: int
    error: str = ""
    maybe: bool = False
    after: float | None = None
    body: bytes = b""


class Calls:
    """Calls out; the addresses that names resolve to are looked at each time, and redirects are not followed."""

    def __init__(
        self, allowed: Allowed, *, timeout: float = TIMEOUT, ca_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.allowed = allowed
        self._timeout = timeout
        self._ca_file = ca_file
        self._clock = clock
        self._clients: OrderedDict[str, HttpClient] = OrderedDict()

    async def call(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> Called:  # fmt: skip
        """One call, not repeated; never raises for what the other side does."""
        began = self._clock()
        try:
            self.allowed.check(url)
            parts = urlsplit(url)
            client = await self._client(f"{parts.scheme}://{parts.netloc}", parts.hostname or "")
            params = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(query or {})
            answer = await client.call(method, parts.path, params=params, body=body, headers=headers, idempotent=False)
        except WrongUrl as problem:
            return Called(False, None, 0, f"the address is not allowed ({problem.code})")
        except Unavailable as problem:
            return Called(False, problem.code, self._since(began), problem.reason, problem.maybe, problem.after)
        except Refused as problem:
            good = problem.code is not None and 200 <= problem.code < 300  # said yes, and more than anybody reads
            return Called(good, problem.code, self._since(began), "" if good else problem.reason)
        return Called(True, answer.status, self._since(began), body=answer.body)

    def _since(self, began: float) -> int:
        return round((self._clock() - began) * 1000)

    async def _client(self, origin: str, host: str) -> HttpClient:
        if origin in self._clients:
            self._clients.move_to_end(origin)
            return self._clients[origin]

        def may_call(address: Address) -> bool:
            return self.allowed.may_call(host, address)

        client = HttpClient(
            origin, timeout=self._timeout, max_bytes=MOST_BYTES, allow=may_call, verify=self._ca_file, retries=0
        )
        self._clients[origin] = client
        if len(self._clients) > KEPT:
            _, old = self._clients.popitem(last=False)
            await old.aclose()
        return client

    async def aclose(self) -> None:
        """Close the kept connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()
