"""The endpoints' WebSocket: moves messages and decides nothing.

A device says who it is in its first message (a token in an address would land in logs), is told whether its agenda
changed, and from then on reports events and beats. What it reported is acknowledged when it is committed.
"""

from __future__ import annotations

import asyncio
from collections import deque

import structlog
from aiohttp import WSMsgType, web

from confsvc.web import keys
from confsvc.web.endpoint import AGENDA, HUB, find_holder
from confsvc.web.security import check_origin
from confsvc.web.talk import Talk
from rooms.hub import Connection
from rooms.messages import (
    CLOSE_BAD_TOKEN,
    CLOSE_REVOKED,
    CLOSE_SLOW,
    CLOSE_TOO_MANY,
    CLOSE_TRY_LATER,
    SUBPROTOCOL,
    AgendaState,
    Beat,
    Bye,
    Events,
    FromService,
    Hello,
    Welcome,
)
from rooms.protocol import ProtocolError, encode, from_endpoint
from rooms.tokens import Holder, Refused
from scheduler.conduct.endpoint_facts import stored_until

LARGEST_MESSAGE = 64 * 1024
HELLO_TIMEOUT: web.AppKey[float] = web.AppKey("hello_timeout", float)
"""Seconds a connection may stay without saying who it is; 10 when not set."""
SEND_TIMEOUT = 10.0
MOST_MESSAGES, WINDOW = 20, 10.0  # that many in so many seconds
NOT_UNDERSTOOD = 1008
log = structlog.get_logger()


async def channel(request: web.Request) -> web.StreamResponse:
    """GET ws, subprotocol confsvc.v1. A browser's page must be ours; programs send no Origin."""
    check_origin(request)
    ws = web.WebSocketResponse(protocols=(SUBPROTOCOL,), max_msg_size=LARGEST_MESSAGE, timeout=5.0)
    await ws.prepare(request)
    if ws.ws_protocol != SUBPROTOCOL:
        await _bye(ws, NOT_UNDERSTOOD, "subprotocol")
        return ws
    hello = await _hello(ws, request.app.get(HELLO_TIMEOUT, 10.0))
    holder = await _admit(request, ws, hello) if hello else None
    if hello is None or holder is None:
        return ws
    hub = request.app[HUB]
    connection = hub.connect(holder.endpoint_id, holder.room_id, app=hello.app, now=keys.now(request))
    talk = Talk(request.app[keys.DATABASE], request.app[AGENDA], request.app[keys.NOW], hub, connection)
    try:
        await _welcome(ws, talk, hello)
        await _converse(ws, talk)
    except Exception:  # the answer is a WebSocket already: nobody above could make a page of it
        log.exception("endpoint_channel_failed", endpoint=holder.endpoint_id)
        connection.close(CLOSE_TRY_LATER)
    finally:
        hub.disconnect(connection)
        if not ws.closed:
            await _bye(ws, connection.close_code or 1000, "")
    return ws


async def _hello(ws: web.WebSocketResponse, patience: float) -> Hello | None:
    """The first message, or None after saying goodbye: it must come soon and be a hello."""
    reason = "hello_expected"
    try:
        async with asyncio.timeout(patience):
            message = await ws.receive()
        found = from_endpoint(message.data) if message.type is WSMsgType.TEXT else None
        if isinstance(found, Hello):
            return found
    except TimeoutError:
        reason = "hello_timeout"
    except ProtocolError as problem:
        reason = str(problem)[:100]
    await _bye(ws, NOT_UNDERSTOOD, reason)
    return None


async def _admit(request: web.Request, ws: web.WebSocketResponse, hello: Hello) -> Holder | None:
    """Who says hello, or None after saying goodbye."""
    holder = await find_holder(request.app[keys.DATABASE], hello.token, keys.now(request))
    if isinstance(holder, Refused) and holder.code == "revoked":
        await _bye(ws, CLOSE_REVOKED, "revoked")
        return None
    if isinstance(holder, Refused) or holder.key != hello.endpoint_id:
        await _bye(ws, CLOSE_BAD_TOKEN, "token")
        return None
    return holder


async def _welcome(ws: web.WebSocketResponse, talk: Talk, hello: Hello) -> None:
    stored = 0
    if hello.ev is not None:
        first, last = hello.ev.first, hello.ev.last
        stored = await talk.database.read(stored_until, talk.connection.endpoint_id, hello.boot, first, last)
    await talk.look(tell=False)
    if talk.connection.close_code is not None:
        return
    agenda = AgendaState(talk.etag, talk.etag != hello.agenda_etag)
    await _say(ws, talk.connection, Welcome(talk.clock(), agenda, stored, spread=talk.spread()))
    if talk.want_rev:
        talk.connection.put(talk.want())


async def _converse(ws: web.WebSocketResponse, talk: Talk) -> None:
    """Hear and say until either ends; what went wrong in one of them is raised."""
    tasks = {asyncio.create_task(_read(ws, talk)), asyncio.create_task(_write(ws, talk))}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _read(ws: web.WebSocketResponse, talk: Talk) -> None:
    heard: deque[float] = deque(maxlen=MOST_MESSAGES)
    loop, connection = asyncio.get_running_loop(), talk.connection
    async for message in ws:
        moment = loop.time()
        if len(heard) == MOST_MESSAGES and moment - heard[0] < WINDOW:
            connection.close(CLOSE_TOO_MANY)
            return
        heard.append(moment)
        try:
            found = from_endpoint(message.data)  # binary frames are read as text: they must be the same JSON
        except ProtocolError as problem:
            log.info("endpoint_message_refused", endpoint=connection.endpoint_id, problem=str(problem))
            connection.close(NOT_UNDERSTOOD)
            return
        if isinstance(found, Events):
            await talk.store(found)
        elif isinstance(found, Beat):
            talk.hear(found)


async def _write(ws: web.WebSocketResponse, talk: Talk) -> None:
    connection = talk.connection
    while connection.close_code is None:
        if connection.stale:
            await talk.look(tell=True)
        for message in connection.take():
            await _say(ws, connection, message)
        await connection.wait()


async def _say(ws: web.WebSocketResponse, connection: Connection, message: FromService) -> None:
    try:
        async with asyncio.timeout(SEND_TIMEOUT):
            await ws.send_str(encode(message))
    except TimeoutError:
        connection.close(CLOSE_SLOW)
    except ConnectionError:
        connection.close(1001)  # it has gone; the reader sees the same


async def _bye(ws: web.WebSocketResponse, code: int, reason: str) -> None:
    try:
        async with asyncio.timeout(SEND_TIMEOUT):
            await ws.send_str(encode(Bye(code, reason)))
    except (TimeoutError, ConnectionError) as gone:
        log.debug("endpoint_gone_before_bye", problem=type(gone).__name__)
    await ws.close(code=code, message=reason.encode())
