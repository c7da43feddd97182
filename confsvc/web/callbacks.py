"""The door in: what the video hosts ask and tell. A question is answered from a read; an event is kept before "ok".

A video host calls ``/jitsi/<its name>/…`` with its secret as a bearer token, or ``/jitsi/<its name>/s/<secret>/…``
where it can set nothing but an address. Every error is ``{"message": "<string>"}``: anything else can silence a room
until Prosody restarts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from datetime import datetime
from typing import Any

import structlog
from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc.faults import passing
from confsvc.i18n import DEFAULT, text
from confsvc.translate import fact_of
from confsvc.video import Video
from confsvc.web import keys
from integrations.jitsi.events import MAX_BODY as MOST_EVENT
from integrations.jitsi.events import JunkEvent, read_event
from integrations.jitsi.reservation import MAX_BODY as MOST_QUESTION
from integrations.jitsi.reservation import JunkCall, RoomQuestion, error_body, read_question, success_body
from rooms.errors import NotFound, Problem
from scheduler.conduct.admission import Admit, Deny, decide
from scheduler.conduct.facts import NewFact, add_fact
from scheduler.conduct.queries import Asked, find_asked, find_asked_by_key
from scheduler.local_time import LOCAL
from scheduler.timing import Timing

log = structlog.get_logger("confsvc.callbacks")

VIDEOS: web.AppKey[Mapping[int, Video]] = web.AppKey("videos", Mapping)
"""The opened video hosts by id."""
ANSWER_WITHIN = 4.0
"""Seconds; Prosody is advised to wait five and asks again after a 5xx, but not after its own timeout."""

TEXTS = {
    "not_booked": "No meeting is booked in this room.",
    "too_early": "This meeting's room opens at %(opens)s.",
    "too_late": "This meeting is over.",
    "cancelled": "This meeting has been cancelled.",
    "not_online": "This meeting is held in person.",
}
BUSY = "The booking system is busy. Try again in a minute."


class Spawned:
    """Work that an answer did not wait for. It is awaited before the process ends, and its failure is said aloud."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def finish(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("a fact was not written", exc_info=problem)


SPAWNED: web.AppKey[Spawned] = web.AppKey("spawned", Spawned)


async def finish_spawned(app: web.Application) -> AsyncIterator[None]:
    """For ``app.cleanup_ctx``: what was spawned is written before the database is closed."""
    app[SPAWNED] = Spawned()
    yield
    await app[SPAWNED].finish()


async def bridge_door(request: web.Request) -> None:
    """Let in the video host that the path names when it shows its secret; its id goes to BRIDGE_ID."""
    name = request.match_info.get("bridge", "")
    shown = request.match_info.get("secret") or _bearer(request)
    for video in request.app[VIDEOS].values():
        if video.name == name and video.is_shown_by(shown):
            request[keys.BRIDGE_ID] = video.id
            return
    raise Problem("not_signed_in")


async def ask_room(request: web.Request) -> web.Response:
    """POST …/conference: may this room open? Answered from a read; what was asked is written after."""
    try:
        question = read_question(await _body(request, MOST_QUESTION))
    except JunkCall as problem:
        return refusal(400, str(problem))
    bridge_id, now = request[keys.BRIDGE_ID], keys.now(request)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            asked = await request.app[keys.DATABASE].read(find_asked, bridge_id, question.jitsi_name)
    except TimeoutError:
        return refusal(503, text(BUSY, DEFAULT))
    decision = decide(asked, now, _timing(request))
    request.app[SPAWNED].spawn(_keep(request, _asked_fact(question, decision, bridge_id, now), now))
    if isinstance(decision, Deny):
        return refusal(403, deny_text(decision))
    return _yes(decision, question.name, question.mail_owner)


async def find_room(request: web.Request) -> web.Response:
    """GET …/conference/{id}: the same answer by the id that we gave."""
    asked = await request.app[keys.DATABASE].read(_by_reservation, request[keys.BRIDGE_ID], request.match_info["id"])
    decision = decide(asked, keys.now(request), _timing(request))
    if isinstance(decision, Deny) or asked is None:
        raise NotFound()
    return _yes(decision, asked.jitsi_name, "confsvc")


async def release_room(request: web.Request) -> web.Response:
    """DELETE …/conference/{id}: the video host's room ended. People may come back; the booking stands."""
    bridge_id, now, given = request[keys.BRIDGE_ID], keys.now(request), request.match_info["id"][:128]
    asked = await request.app[keys.DATABASE].read(_by_reservation, bridge_id, given)
    fact = NewFact(
        key=f"b{bridge_id}|released|{given}|{now.isoformat()}", kind="room.released", source=f"bridge:{bridge_id}",
        at=now, data={"id": given}, bridge_id=bridge_id, jitsi_name=asked.jitsi_name if asked else None,
    )  # fmt: skip
    request.app[SPAWNED].spawn(_keep(request, fact, now))
    return web.json_response({})


async def tell_event(request: web.Request) -> web.Response:
    """POST …/events/…: kept before it is acknowledged; a repeat is acknowledged and changes nothing."""
    try:
        event = read_event(await _body(request, MOST_EVENT))
    except JunkEvent as problem:
        return refusal(400, str(problem))
    await _keep(request, fact_of(event, request[keys.BRIDGE_ID]), keys.now(request))
    return web.json_response({})


async def public_key(request: web.Request) -> web.Response:
    """GET /jitsi/{bridge}/keys/{name}.pem: the key server that Prosody asks with RS256; public by nature."""
    for video in request.app[VIDEOS].values():
        key = video.mint.key
        if video.name != request.match_info["bridge"] or key.algorithm != "RS256":
            continue
        if request.match_info["name"] == key.public_name():
            return web.Response(body=key.public_pem(), content_type="application/x-pem-file")
    raise NotFound()


def refusal(status: int, message: str) -> web.Response:
    """An error as Prosody reads it; the text reaches the person in front of the screen."""
    return web.json_response(error_body(message), status=status)


def deny_text(deny: Deny) -> str:
    """What the person at the closed door reads; times in the province's zone."""
    opens = deny.opens.astimezone(LOCAL).strftime("%H:%M %d/%m/%Y") if deny.opens else ""
    return text(TEXTS[deny.code], DEFAULT, {"opens": opens} if opens else None)


def _yes(admit: Admit, name: str, mail_owner: str) -> web.Response:
    body = success_body(
        reservation_id=admit.reservation_id, name=name, mail_owner=mail_owner, starts=admit.starts,
        duration=admit.duration,
    )  # fmt: skip
    return web.json_response(body)


def _asked_fact(question: RoomQuestion, decision: Admit | Deny, bridge_id: int, now: datetime) -> NewFact:
    """Retries repeat the time of the first attempt, so they are one fact."""
    code = decision.code if isinstance(decision, Deny) else "admitted"
    return NewFact(
        key=f"b{bridge_id}|asked|{question.name}|{question.asked_at.isoformat()}|{code}", kind="room.asked",
        source=f"bridge:{bridge_id}", at=now, data={"answer": code}, bridge_id=bridge_id,
        jitsi_name=question.jitsi_name.lower(),
    )  # fmt: skip


async def _keep(request: web.Request, fact: NewFact, now: datetime) -> None:
    passing("before_fact")
    await request.app[keys.DATABASE].write_first(add_fact, fact, now=now)
    passing("after_fact")


def _by_reservation(db: Session, bridge_id: int, reservation_id: str) -> Asked | None:
    key, _, generation = reservation_id.rpartition("-")
    if not generation.isdecimal() or len(generation) > 6:
        return None
    return find_asked_by_key(db, bridge_id, key, int(generation))


def _timing(request: web.Request) -> Timing:
    return keys.rules(request).timing


def _bearer(request: web.Request) -> str:
    return request.headers.get(hdrs.AUTHORIZATION, "").removeprefix("Bearer ")


async def _body(request: web.Request, limit: int) -> bytes:
    """The body, at most ``limit`` bytes and one more."""
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > limit:
            raise Problem("too_large")
    return bytes(body)
