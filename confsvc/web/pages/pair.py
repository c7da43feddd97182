"""Pairing: which room does the device stand in that shows this code? Confirm or deny; wrong codes are limited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, units_for
from confsvc.web import keys
from confsvc.web.endpoint import WRONG_CODES
from confsvc.web.pages.form import read_form
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import NotAllowed, NotFound, Problem
from rooms.fleet_queries import FleetRow, list_fleet
from rooms.models import Pairing
from rooms.names import search_key
from rooms.pairing import WrongCodes, confirm, deny, normal_code, waiting_devices
from scheduler.local_time import local_day

MOST_ROOMS = 40


@dataclass(frozen=True)
class Asked:
    """The device that shows a code (None: nobody does, or no code was given) and the rooms it may stand in."""

    device: Pairing | None
    rooms: Sequence[FleetRow]
    more: int


async def pair(request: web.Request) -> web.Response:
    """The form; ``c`` a code, ``q`` part of a room's or office's name."""
    return await _page(request, request.query.get("c", ""), request.query.get("q", ""), {})


async def decide(request: web.Request) -> web.Response:
    """Confirm for a room, or deny."""
    form, words = await read_form(request), Words(request[keys.LANGUAGE])
    now, actor = keys.now(request), keys.actor(request)
    code, limit = form.text("c", 20), request.app[WRONG_CODES]
    try:
        if form.values.get("act") == "deny":
            await request.app[keys.DATABASE].write(deny, code, limit=limit, actor=actor.text, now=now)
            return redirect(request, "/endpoints", flash=words("The device was refused."), tone="warn")
        room_key = form.text("room", 40)
        if not room_key:
            return await _page(request, code, form.text("q", 100), {"room": words("Choose the room.")})
        await request.app[keys.DATABASE].write(_confirm, actor, code, room_key, limit, now=now)
    except NotFound as problem:
        if problem.data.get("kind") != "pairing":
            raise
        return await _page(request, "", "", {"c": words("No device shows this code now.")})
    said = words("The device is paired. It fetches its agenda within seconds.")
    return redirect(request, f"/endpoints/{room_key}", flash=said, tone="ok")


def _confirm(db: Session, actor: Actor, code: str, room_key: str, limit: WrongCodes, *, now: datetime) -> None:
    rows = list_fleet(db, local_day(now), unit_ids=units_for(actor, Permission.ENDPOINT_PAIR), room_key=room_key)
    if not rows:
        raise NotFound(kind="room")
    if not may(actor, Permission.ENDPOINT_PAIR, rows[0].unit_id):
        raise NotAllowed(permission=str(Permission.ENDPOINT_PAIR))
    confirm(db, code, room_key, limit=limit, actor=actor.text, now=now)


async def _page(request: web.Request, code: str, q: str, errors: dict[str, str]) -> web.Response:
    words, actor, now = Words(request[keys.LANGUAGE]), keys.actor(request), keys.now(request)
    code, limit = normal_code(code), request.app[WRONG_CODES]
    found = Asked(None, (), 0)
    if code:
        try:
            limit.check(actor.text, now)
            found = await request.app[keys.DATABASE].read(_read, actor, code, q, now=now)
        except Problem as problem:
            if problem.code != "too_many_tries":
                raise
            errors = {"c": words("Too many wrong codes. Try again in %(after)s seconds.", **problem.data)}
        if found.device is None and not errors:
            limit.miss(actor.text, now)
            errors = {"c": words("No device shows this code now.")}
    return render(
        request, "pair.html", status=422 if errors else 200, w=words, now=now, code=code, room_q=q[:100], found=found,
        errors=errors,
    )  # fmt: skip


def _read(db: Session, actor: Actor, code: str, q: str, *, now: datetime) -> Asked:
    waiting = next((one for one in waiting_devices(db, now=now) if one.user_code == code), None)
    if waiting is None:
        return Asked(None, (), 0)
    units = units_for(actor, Permission.ENDPOINT_PAIR)
    rows = list_fleet(db, local_day(now), unit_ids=units, search=search_key(q[:100]))
    rows.sort(key=lambda row: row.paired_at is not None)  # rooms that still want a device come first
    return Asked(waiting, rows[:MOST_ROOMS], max(0, len(rows) - MOST_ROOMS))
