"""The inbox of whoever approves: may it happen? And the two answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.approving import deciders, scope_of
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.errors import field_text, text_of
from confsvc.web.pages.edit import read_version
from confsvc.web.pages.requests import RequestView, request_view
from confsvc.web.pages.sight import find_seen
from confsvc.web.pages.typed import text_field
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import Invalid, Problem
from scheduler.booking.approving.approval import LONGEST_REASON, approve, return_
from scheduler.booking.approving.queries import count_waiting, list_open_approvals, list_waiting
from scheduler.booking.booking import Booked, Rules
from scheduler.errors import NoCapacity, NotAsked, OwnRequest, RoomTaken, Stale, WrongMove

MOST = 20
_LONGEST_FLASH = 800  # a cookie carries it
_EXPLAINED = (RoomTaken, NoCapacity, NotAsked, OwnRequest, Stale, WrongMove, Invalid)


async def show(request: web.Request) -> web.Response:
    """GET /approvals."""
    words, now = Words(request[keys.LANGUAGE]), keys.now(request)
    found, waiting = await request.app[keys.DATABASE].read(
        _inbox, keys.actor(request), words, now=now, rules=keys.rules(request)
    )
    return render(
        request, "approvals.html", w=words, now=now, requests=found, waiting=waiting, longest=LONGEST_REASON,
        back="/approvals",
    )  # fmt: skip


def _inbox(db: Session, actor: Actor, words: Words, *, now: datetime, rules: Rules) -> tuple[list[RequestView], int]:
    scope = scope_of(actor)
    waiting = list_waiting(db, scope, MOST)
    views = [request_view(db, one, actor, words, now=now, rules=rules) for one in waiting]
    return views, count_waiting(db, scope)


async def agree(request: web.Request) -> web.Response:
    """POST /conferences/{key}/approve: yes to whatever this person is asked about it."""
    fields = await request.post()
    return await _decide(
        request, "Approved.", approve_as, version=read_version(fields),
        note=text_field(fields, "note")[:LONGEST_REASON], rules=keys.rules(request),
    )  # fmt: skip


async def send_back(request: web.Request) -> web.Response:
    """POST /conferences/{key}/return: no, with reasons."""
    fields = await request.post()
    return await _decide(
        request, "Returned. The host is told.", return_as, version=read_version(fields),
        reason=text_field(fields, "reason"),
    )  # fmt: skip


async def _decide(request: web.Request, said: str, work: Callable[..., Booked], **values: Any) -> web.Response:
    """Do it and go back to where it was decided; what stands in the way is said there."""
    key, language = request.match_info["key"], request[keys.LANGUAGE]
    inbox = (await request.post()).get("back") == "/approvals"
    back = "/approvals" if inbox else f"/conferences/{key}"
    try:
        done = await request.app[keys.DATABASE].write(work, keys.actor(request), key, now=keys.now(request), **values)
    except _EXPLAINED as problem:
        return redirect(request, back, flash=_explained(problem, language), tone="bad")
    if done.state == "pending":
        said = "Agreed to. Others are still asked."
    return redirect(request, back, flash=text(said, language), tone="ok")


def _explained(problem: Problem, language: str) -> str:
    said = text_of(problem, language)
    if isinstance(problem, Invalid):
        said = " ".join([said, *(field_text(error, language) for error in problem.errors[:3])])
    return said[:_LONGEST_FLASH]


def approve_as(db: Session, actor: Actor, key: str, *, version: int, note: str, now: datetime, rules: Rules) -> Booked:
    """Say yes to what ``actor`` is asked. Raises NotFound when he may not look at it, and as ``approve``."""
    mine = deciders(actor, list_open_approvals(db, find_seen(db, actor, key).id))
    return approve(db, key, version=version, deciders=mine, actor=actor.text, now=now, rules=rules, note=note)


def return_as(db: Session, actor: Actor, key: str, *, version: int, reason: str, now: datetime) -> Booked:
    """Say no to what ``actor`` is asked. Raises NotFound when he may not look at it, and as ``return_``."""
    mine = deciders(actor, list_open_approvals(db, find_seen(db, actor, key).id))
    return return_(db, key, version=version, deciders=mine, reason=reason, actor=actor.text, now=now)
