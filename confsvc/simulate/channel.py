"""The WebSocket that stands for XMPP: ``/xmpp-websocket``, JSON texts of at most 32 KB, ``t`` is the type.

The room page speaks it, and so may a script (``tests/fakes/jitsi.py``)::

    C>S login      {token?}                     S>C login   {ok:true, jid} | {ok:false, condition, text}, then closed
    C>S conference {room}                       S>C conference {ok:true, room, jid} | {ok:false, room, code, text}
    C>S join       {room, name?, email?, password?}
                                                S>C joined  {room, id, jid, affiliation, role, participants:[…]}
                                                  | join-error {room, condition, text, extra}
    C>S presence   {room, name?, email?, audio_muted?, video_muted?}      S>C presence {participant} to everybody else
    C>S say        {room, text}                 S>C said    {id, name, text} to everybody else
    C>S leave      {room}                       S>C left    {room}
    C>S end        {room}                       a moderator ends the conference for all; ignored from others
    C>S kick       {room, id}                   likewise
    C>S ping       {}                           S>C pong    {}
    S>C participant-joined {participant} · participant-left {id} · kicked {id} · destroyed {room, reason, jid?}

``code`` is a text, as in Jitsi's reservation-error. A ``destroyed`` with ``jid`` asks for coming back at once.
A participant is ``{id, name, email, role, audio_muted, video_muted, user_id}``. Unknown types are ignored.
Where Prosody runs into a Lua error, **no answer comes**. A link that closes without ``leave`` stays in its room until
the hibernation is over; nothing is resumed: a new login is a new occupant.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMsgType, web

from confsvc.simulate.gate import NeverAnswered
from confsvc.simulate.host import Session, VideoHost
from confsvc.simulate.muc import JoinRefused, Occupant
from confsvc.simulate.reservation import NotReserved
from confsvc.simulate.state import HOST
from integrations.jitsi.gate import TokenRefused

MAX_MESSAGE = 32 * 1024
MAX_QUEUE = 2000
MAX_TEXT = 500
MAX_REQUESTS = 8


class WebSocketLink:
    """Messages to one client; a client that does not read is cut, not waited for."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MAX_QUEUE)
        self._cut = False

    def tell(self, message: dict[str, Any]) -> None:
        if self._cut:
            return
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.cut()

    def cut(self) -> None:
        self._cut = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    def finish(self) -> None:
        """Closes after what is queued has been sent."""
        if not self._cut:
            self._cut = True
            self._queue.put_nowait(None)

    async def write(self) -> None:
        while (message := await self._queue.get()) is not None:
            await self._socket.send_str(json.dumps(message, ensure_ascii=False))
        await self._socket.close()


async def connect(request: web.Request) -> web.WebSocketResponse:
    host = request.app[HOST]
    socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE, heartbeat=30)
    await socket.prepare(request)
    link = WebSocketLink(socket)
    client = _Client(host, link)
    writer = asyncio.create_task(link.write())
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                client.hear(message.data)
    finally:
        client.close()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
    return socket


class _Client:
    """Reads one client's messages; requests that wait for the service run beside the reading."""

    def __init__(self, host: VideoHost, link: WebSocketLink) -> None:
        self._host = host
        self._link = link
        self._session: Session | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            self._link.finish()
            return
        if not isinstance(message, dict):
            self._link.finish()
            return
        kind = message.get("t")
        if kind in ("login", "conference"):
            self._beside(self._login(message) if kind == "login" else self._conference(message))
        elif kind == "ping":
            self._link.tell({"t": "pong"})
        elif self._session is not None:
            self._act(self._session, str(kind), message)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._session is not None:
            self._host.close(self._session, hidden=True)

    def _beside(self, work: Any) -> None:
        if len(self._tasks) >= MAX_REQUESTS:
            work.close()
            self._link.finish()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _login(self, message: Mapping[str, Any]) -> None:
        token = message.get("token")
        try:
            if self._session is not None or not (token is None or isinstance(token, str)):
                raise TokenRefused("Invalid token")
            self._session = await self._host.login(token, self._link)
        except TokenRefused as error:
            self._link.tell({"t": "login", "ok": False, "condition": "not-allowed", "text": error.text})
            self._link.finish()
        except NeverAnswered:
            self._host.unanswered += 1
        else:
            self._link.tell({"t": "login", "ok": True, "jid": self._session.jid})

    async def _conference(self, message: Mapping[str, Any]) -> None:
        node = _text(message, "room")
        if self._session is None or not node:
            self._link.finish()
            return
        try:
            room = await self._host.conference(self._session, node)
        except NotReserved as error:
            self._link.tell({"t": "conference", "ok": False, "room": node, "code": error.code, "text": error.text})
        else:
            self._link.tell({"t": "conference", "ok": True, "room": node, "jid": room.jid})

    def _act(self, session: Session, kind: str, message: Mapping[str, Any]) -> None:
        node = _text(message, "room")
        if kind == "join":
            self._join(session, node, message)
            return
        occupant = session.occupants.get(node)
        if occupant is None or occupant.nick not in occupant.room.occupants:
            return
        if kind == "leave":
            self._host.leave(occupant)
            self._link.tell({"t": "left", "room": node})
        elif kind == "presence":
            _change(occupant, message)
        elif kind == "say":
            said = {"t": "said", "id": occupant.nick, "name": occupant.name, "text": _text(message, "text")}
            occupant.room.tell_others(occupant.nick, said)
        elif kind == "end" and occupant.moderator:
            self._host.destroy(occupant.room, "The meeting has been terminated")
        elif kind == "kick" and occupant.moderator:
            target = occupant.room.occupants.get(_text(message, "id"))
            if target is not None:
                self._host.kick(target)

    def _join(self, session: Session, node: str, message: Mapping[str, Any]) -> None:
        texts = {name: _text(message, name) for name in ("name", "email", "password")}
        try:
            occupant = self._host.join(session, node, **texts)
        except JoinRefused as error:
            self._link.tell({
                "t": "join-error", "room": node, "condition": error.condition, "text": error.text, "extra": error.extra
            })  # fmt: skip
        except NeverAnswered:
            self._host.unanswered += 1
        else:
            self._link.tell({
                "t": "joined", "room": node, "id": occupant.nick, "jid": occupant.jid,
                "affiliation": "owner" if occupant.moderator else "member", "role": occupant.role,
                "participants": [other.seen() for other in occupant.room.others(occupant.nick)],
            })  # fmt: skip


def _change(occupant: Occupant, message: Mapping[str, Any]) -> None:
    for name in ("name", "email"):
        if name in message:
            setattr(occupant, name, _text(message, name))
    for name in ("audio_muted", "video_muted"):
        if isinstance(message.get(name), bool):
            setattr(occupant, name, message[name])
    occupant.room.tell_others(occupant.nick, {"t": "presence", "participant": occupant.seen()})


def _text(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name, "")
    return value[:MAX_TEXT] if isinstance(value, str) else ""
