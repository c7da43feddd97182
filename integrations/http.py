"""The one door to foreign HTTP servers: limits, retries where they are safe, and two kinds of failure.

Only this file imports httpx, so that swapping the library stays one import. Nothing of httpx leaves: an answer is
an :class:`Answer`, a failure is ``Unavailable`` or ``Refused`` with the foreign exception as its cause. Messages name
method, host and path, never the query, a header or a body, where secrets travel.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import random
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from integrations.errors import Refused, Unavailable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LATER = frozenset({408, 425, 429, 503})
#: Failures before a byte of the request left: the act cannot have taken effect.
_BEFORE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
LONGEST_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer within the size limit. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    asked: str

    def json(self) -> Any:
        """The body as JSON; Refused when it is not, since asking again gives the same."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as exc:
            raise Refused(f"{self.asked} answered {self.status} with something that is not JSON") from exc


class HttpClient:
    """Calls one foreign service.

    ``timeout``: seconds for one attempt as a whole, from connecting to the last byte. ``retries``: further attempts of
    an idempotent call. ``allow``: networks that the host may resolve to, or a function that says so of an address; the
    connection goes to the very address that was checked, so a name that changes its mind cannot lead elsewhere.
    ``verify``: a CA file for https.
    Environment variables (proxies, .netrc) are not read. Redirects are not followed: one is a Refused.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = 10.0,
        max_bytes: int = 1_000_000,
        headers: Mapping[str, str] | None = None,
        allow: Collection[Network] | Callable[[Address], bool] | None = None,
        verify: Path | str | None = None,
        retries: int = 3,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._base = httpx.URL(base_url.rstrip("/"))
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise ValueError("a base URL is http://host[:port][/path] or https://…")
        if self._base.userinfo or self._base.query:
            raise ValueError("a base URL holds no user, password or query: give them as headers")
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._allow = allow if allow is None or callable(allow) else _within(tuple(allow))
        self._retries = retries
        self._sleep = sleep
        self._jitter = jitter
        self._client = httpx.AsyncClient(
            headers=dict(headers or {}),
            timeout=httpx.Timeout(timeout, connect=timeout * 0.8),
            verify=ssl.create_default_context(cafile=str(verify) if verify else None),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the kept connections."""
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        expect: Collection[int] = (),
    ) -> Answer:
        """One call; answers 2xx and every status in ``expect``.

        ``idempotent``: whether doing it twice is the same as once; only then it is repeated after an Unavailable
        (default: GET and HEAD are). Raises Unavailable (no answer, 408, 425, 429, 5xx) or Refused (3xx, other 4xx,
        an answer beyond the size limit). ``maybe`` is set when any of the attempts may have taken effect.
        """
        repeat = method in SAFE if idempotent is None else idempotent
        maybe = False
        for attempt in range(self._retries + 1 if repeat else 1):
            try:
                return await self._attempt(method, path, params, body, headers, expect)
            except Unavailable as exc:
                exc.maybe = maybe = maybe or exc.maybe
                pause = max(exc.after or 0.0, 0.2 * 2**attempt * (0.5 + self._jitter()))
                if not repeat or attempt == self._retries or pause > LONGEST_WAIT:
                    raise
                await self._sleep(pause)
        raise AssertionError("the loop answers or raises")

    async def _attempt(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        expect: Collection[int],
    ) -> Answer:
        asked = f"{method} {self._base.scheme}://{self._base.netloc.decode('ascii')}{self._base.path.rstrip('/')}{path}"
        changes = method not in SAFE
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._exchange(method, path, params, body, headers, asked)
        except _BEFORE as exc:
            raise Unavailable(f"{asked}: no connection ({type(exc).__name__})") from exc
        except (httpx.TransportError, TimeoutError) as exc:
            raise Unavailable(f"{asked}: no answer ({type(exc).__name__})", maybe=changes) from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise Refused(f"{asked}: not understood ({type(exc).__name__})") from exc
        if 200 <= answer.status < 300 or answer.status in expect:
            return answer
        if answer.status in LATER or answer.status >= 500:
            acted = changes and answer.status not in LATER
            after = _retry_after(answer.headers)
            raise Unavailable(f"{asked} answered {answer.status}", after=after, maybe=acted, code=answer.status)
        raise Refused(f"{asked} answered {answer.status}", code=answer.status)

    async def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        asked: str,
    ) -> Answer:
        url = self._base.copy_with(raw_path=self._base.raw_path.rstrip(b"/") + path.encode("ascii"))
        if params:
            url = url.copy_merge_params(dict(params))
        sent = dict(headers or {})
        extensions: dict[str, Any] = {}
        if self._allow is not None:
            if not any(name.lower() == "host" for name in (*sent, *self._client.headers)):
                sent["Host"] = url.netloc.decode("ascii")
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host=await self._allowed_address(asked))
        request = self._client.build_request(method, url, content=body, headers=sent, extensions=extensions)
        response = await self._client.send(request, stream=True)
        try:
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > self._max_bytes:
                    raise Refused(f"{asked} answered more than {self._max_bytes} bytes", code=response.status_code)
        finally:
            await response.aclose()
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(content), asked)

    async def _allowed_address(self, asked: str) -> str:
        try:
            port = self._base.port or (443 if self._base.scheme == "https" else 80)
            found = await asyncio.get_running_loop().getaddrinfo(self._base.host, port, type=socket.SOCK_STREAM)
        except OSError as exc:
            raise Unavailable(f"{asked}: the name does not resolve") from exc
        for entry in found:
            address = ipaddress.ip_address(str(entry[4][0]).partition("%")[0])
            if self._allow is None or self._allow(address):
                return str(address)
        raise Refused(f"{asked}: the address is outside the allowed networks")


def _within(networks: tuple[Network, ...]) -> Callable[[Address], bool]:
    return lambda address: any(address in network for network in networks)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; a date counts from the server's own Date, so that no clock of ours is read."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(float(value), 86_400.0)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return min(max(wait.total_seconds(), 0.0), 86_400.0)
