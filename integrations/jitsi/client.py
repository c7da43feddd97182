"""A client for a running Jitsi: who is in which room, end a meeting, take somebody out, say something, load.

Usable alone::

    from integrations.jitsi.client import JitsiClient
    from integrations.jitsi.tokens import SigningKey, TokenMint

    mint = TokenMint(SigningKey.hs256("the app secret"), issuer="app id", subject="meet.example")
    async with JitsiClient("http://127.0.0.1:5280", domain="meet.example", mint=mint) as jitsi:
        for room in await jitsi.room_census():
            print(room.jitsi_name, room.participants)
        await jitsi.end_meeting("hop-7k2m9qd")

The calls go to Prosody's HTTP port on the internal network: several of them are not protected at all, and the token of
the others opens every room. Every failure is Unavailable or Refused (``integrations.errors``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from integrations.errors import Refused, Unavailable
from integrations.http import Answer, HttpClient
from integrations.jitsi.answers import (
    BridgeStats,
    CensusRoom,
    Health,
    JicofoStats,
    Occupant,
    PartHealth,
    read_bridge,
    read_census,
    read_jicofo,
    read_occupants,
    read_size,
)
from integrations.jitsi.tokens import TokenMint


class JitsiClient:
    """One deployment.

    ``prosody_url``: Prosody's HTTP, e.g. ``http://127.0.0.1:5280``. ``domain``: the main virtual host, sent as Host.
    ``muc_domain``: default ``conference.<domain>``; docker-jitsi-meet has ``muc.<domain>``. ``jicofo_url`` and
    ``jvb_url``: their private REST ports, where reachable. ``clock``: for the life of server tokens.
    """

    def __init__(
        self,
        prosody_url: str,
        *,
        domain: str,
        mint: TokenMint,
        muc_domain: str | None = None,
        jicofo_url: str | None = None,
        jvb_url: str | None = None,
        timeout: float = 10.0,
        verify: Path | str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        connect: Callable[..., HttpClient] = HttpClient,
    ) -> None:
        self.domain = domain
        self.muc_domain = muc_domain or f"conference.{domain}"
        self._mint = mint
        self._clock = clock
        self._prosody = connect(prosody_url, timeout=timeout, verify=verify, headers={"Host": domain})
        self._jicofo = connect(jicofo_url, timeout=timeout, verify=verify) if jicofo_url else None
        self._jvb = connect(jvb_url, timeout=timeout, verify=verify) if jvb_url else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the kept connections."""
        for part in self._parts().values():
            await part.aclose()

    async def health(self) -> Health:
        """Which parts answer; never raises Unavailable or Refused. One attempt each.

        A 404 counts as up: the health page is a module that may be off, and the answer shows that the part lives.
        """
        return Health({name: await self._part_health(name, part) for name, part in self._parts().items()})

    async def room_census(self) -> tuple[CensusRoom, ...]:
        """All rooms that exist now, Jicofo not counted (mod_muc_census)."""
        return read_census(await self._prosody.call("GET", "/room-census"))

    async def room_size(self, jitsi_name: str) -> int | None:
        """Participants, or None when there is no such room. A room with nobody but Jicofo says 1 (mod_muc_size)."""
        answer = await self._ask_room("/room-size", jitsi_name)
        return None if _no_room(answer) else read_size(answer)

    async def room_occupants(self, jitsi_name: str) -> tuple[Occupant, ...] | None:
        """Who is in, or None when there is no such room (mod_muc_size)."""
        answer = await self._ask_room("/room", jitsi_name)
        return None if _no_room(answer) else read_occupants(answer)

    async def end_meeting(self, jitsi_name: str, *, silent_reconnect: bool = False) -> bool:
        """End it for everybody (global mod_muc_end_meeting); False when there is no such room (any more).

        ``silent_reconnect``: clients come back at once, which asks for the reservation again; not repeated by itself.
        """
        params = {"conference": self.room_jid(jitsi_name)}
        if silent_reconnect:
            params["silent-reconnect"] = "true"
        answer = await self._prosody.call(
            "POST", "/end-meeting", params=params, headers=self._bearer(), idempotent=not silent_reconnect, expect={404}
        )
        return not _no_room(answer)

    async def kick(self, jitsi_name: str, nick: str) -> bool:
        """Take one occupant out, by the nick of :meth:`room_occupants`; False when he or the room is not there.

        Prosody answers 200 to a bad token and to an unknown room too, so the room is looked at afterwards: Refused
        when he is still in. Needs RS256 and a key server; with HS256 the route is absent (Refused).
        """
        if not await self._is_in(jitsi_name, nick):
            return False
        answer = await self._prosody.call(
            "PUT",
            "/kick-participant",
            params={"room": jitsi_name},
            body=json.dumps({"participantId": nick}).encode(),
            headers=self._bearer() | {"Content-Type": "application/json"},
            idempotent=True,
            expect={404},
        )
        if _no_room(answer):
            return False
        if await self._is_in(jitsi_name, nick):
            raise Refused("Prosody answered 200 to a kick and the occupant is still in: it does not take our token")
        return True

    async def send_system_message(self, jitsi_name: str, text: str, to: Sequence[str], *, display_name: str) -> bool:
        """A chat line from the system to real JIDs (``occupant_jid`` of events); False when there is no such room.

        Needs RS256 and a key server, else Refused with code 401.
        """
        body = {
            "room": self.room_jid(jitsi_name),
            "connectionJIDs": list(to),
            "message": text,
            "displayName": display_name,
        }
        answer = await self._prosody.call(
            "POST", "/send-system-chat-message", headers=self._bearer(), body=json.dumps(body).encode(), expect={404}
        )
        return not _no_room(answer)

    async def bridge(self) -> BridgeStats:
        """The videobridge's load; Refused when no address is configured."""
        if self._jvb is None:
            raise Refused("no videobridge address is configured")
        return read_bridge(await self._jvb.call("GET", "/colibri/stats"))

    async def jicofo(self) -> JicofoStats:
        """Jicofo's counts; Refused when no address is configured."""
        if self._jicofo is None:
            raise Refused("no Jicofo address is configured")
        return read_jicofo(await self._jicofo.call("GET", "/stats"))

    def room_jid(self, jitsi_name: str) -> str:
        """The MUC address of a room on this deployment."""
        return f"{jitsi_name}@{self.muc_domain}"

    def _parts(self) -> dict[str, HttpClient]:
        found = {"prosody": self._prosody, "jicofo": self._jicofo, "jvb": self._jvb}
        return {name: part for name, part in found.items() if part is not None}

    async def _part_health(self, name: str, part: HttpClient) -> PartHealth:
        path = "/health" if name == "prosody" else "/about/health"
        try:
            answer = await part.call("GET", path, idempotent=False, expect={404})
        except (Unavailable, Refused) as exc:
            return PartHealth(False, exc.reason)
        return PartHealth(True, f"answered {answer.status}")

    async def _ask_room(self, path: str, jitsi_name: str) -> Answer:
        return await self._prosody.call(
            "GET", path, params={"room": jitsi_name, "domain": self.domain}, headers=self._bearer(), expect={404}
        )

    async def _is_in(self, jitsi_name: str, nick: str) -> bool:
        return any(occupant.nick == nick for occupant in await self.room_occupants(jitsi_name) or ())

    def _bearer(self) -> dict[str, Any]:
        return {"Authorization": f"Bearer {self._mint.server_token(self._clock())}"}


def _no_room(answer: Answer) -> bool:
    """True for the modules' own 404, which has no body; Prosody's page for a route that no module serves is Refused."""
    if answer.status == 404 and b"<html" in answer.body.lower():
        raise Refused(f"{answer.asked}: the module for this call is not loaded in Prosody", code=404)
    return answer.status == 404
