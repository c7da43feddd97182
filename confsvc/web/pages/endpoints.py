"""Endpoints: is the fleet healthy? Per room its device, link, version and what comes next; what waits to be paired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, may_somewhere, units_for
from confsvc.web import keys
from confsvc.web.endpoint import HUB
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.fleet import Device, device
from confsvc.web.pages.form import read_form
from confsvc.web.pages.host_load import HostLoad, host_loads
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.change_queries import ChangeFilter, list_changes
from rooms.errors import NotAllowed, NotFound
from rooms.fleet_queries import list_fleet
from rooms.health import Link
from rooms.hub import Hub
from rooms.models import Change, Pairing
from rooms.names import search_key
from rooms.pairing import revoke, waiting_devices
from scheduler.booking.booking import Rules
from scheduler.conduct.next_queries import list_next_sittings
from scheduler.local_time import instant, local_day

PAGE = 60


@dataclass(frozen=True)
class Board:
    """Everything of the page of endpoints."""

    devices: Sequence[Device]
    waiting: Sequence[Pairing]
    hosts: Sequence[HostLoad]


@dataclass(frozen=True)
class Asked:
    """What the address asks for: ``link`` one word of the link, ``problems`` only devices in trouble."""

    q: str
    link: str
    problems: bool

    def address(self, **changes: Any) -> str:
        values = {"q": self.q, "link": self.link, "problems": "1" if self.problems else "", **changes}
        kept = {name: value for name, value in values.items() if value}
        return f"/endpoints?{urlencode(kept)}" if kept else "/endpoints"

    def page(self, number: int) -> str:
        return self.address(page=number if number > 1 else "")


async def endpoints(request: web.Request) -> web.Response:
    """The board, with the devices that wait to be paired."""
    now, actor, query = keys.now(request), keys.actor(request), request.query
    wanted = Asked(query.get("q", "")[:100], query.get("link", ""), query.get("problems") == "1")
    if wanted.link and wanted.link not in set(Link):
        raise NotFound
    rules = keys.rules(request)
    board = await request.app[keys.DATABASE].read(_read, actor, request.app[HUB], wanted.q, now=now, rules=rules)
    devices = [d for d in board.devices if (not wanted.problems or d.trouble) and wanted.link in ("", d.link)]
    pages = max(1, -(-len(devices) // PAGE))
    typed = query.get("page", "")
    page = min(max(int(typed), 1), pages) if typed.isdecimal() and len(typed) < 6 else 1
    return render(
        request, "endpoints.html", w=Words(request[keys.LANGUAGE]), now=now, asked=wanted, waiting=board.waiting,
        devices=devices[(page - 1) * PAGE : page * PAGE], total=len(devices), page=page, pages=pages,
        counts=Counter(str(d.link) for d in board.devices), trouble=sum(d.trouble for d in board.devices),
        pairs=may_somewhere(actor, Permission.ENDPOINT_PAIR), hosts=board.hosts,
    )  # fmt: skip


def _read(db: Session, actor: Actor, hub: Hub, search: str, *, now: datetime, rules: Rules) -> Board:
    units = units_for(actor, Permission.ENDPOINT_READ)
    rows = list_fleet(db, local_day(now), unit_ids=units, search=search_key(search))
    midnight = instant(local_day(now) + timedelta(days=1))
    coming = list_next_sittings(db, [row.room_id for row in rows], now, midnight)
    waiting = waiting_devices(db, now=now) if may_somewhere(actor, Permission.ENDPOINT_PAIR) else []
    hosts = host_loads(db, actor, rules, now=now) if may_somewhere(actor, Permission.CONFERENCE_CONDUCT) else []
    return Board([device(row, hub, coming.get(row.room_id), now=now) for row in rows], waiting, hosts)


async def endpoint(request: web.Request) -> web.Response:
    """One room's device, what was done with it, and the way to put it out of service."""
    now, actor = keys.now(request), keys.actor(request)
    words = Words(request[keys.LANGUAGE])
    found, changes, names = await request.app[keys.DATABASE].read(
        _read_one, actor, request.app[HUB], request.match_info["key"], words, now=now
    )
    return render(
        request, "endpoint.html", w=words, now=now, d=found, changes=changes, names=names,
        pairs=may(actor, Permission.ENDPOINT_PAIR, found.row.unit_id),
    )  # fmt: skip


def _read_one(
    db: Session, actor: Actor, hub: Hub, key: str, words: Words, *, now: datetime
) -> tuple[Device, list[Change], dict[str, str]]:
    units = units_for(actor, Permission.ENDPOINT_READ)
    rows = list_fleet(db, local_day(now), unit_ids=units, room_key=key)
    if not rows:
        raise NotFound
    row = rows[0]
    coming = list_next_sittings(db, [row.room_id], now, now + timedelta(days=7))
    about = ChangeFilter("endpoint", row.endpoint_id)
    changes = list_changes(db, about, limit=20) if row.endpoint_id is not None else []
    names = list_actor_names(db, {change.actor for change in changes}, words)
    return device(row, hub, coming.get(row.room_id), now=now), changes, names


async def revoke_endpoint(request: web.Request) -> web.Response:
    """Put a paired device out of service; its room can be paired anew."""
    now, actor, form = keys.now(request), keys.actor(request), await read_form(request)
    reason = form.text("reason", 200)
    form.done()
    key = request.match_info["key"]
    await request.app[keys.DATABASE].write(_revoke, actor, key, reason or None, now=now)
    words = Words(request[keys.LANGUAGE])
    said = words("The device is out of service; the room can be paired anew.")
    return redirect(request, f"/endpoints/{key}", flash=said, tone="warn")


def _revoke(db: Session, actor: Actor, key: str, reason: str | None, *, now: datetime) -> None:
    rows = list_fleet(db, local_day(now), unit_ids=units_for(actor, Permission.ENDPOINT_READ), room_key=key)
    if not rows or rows[0].endpoint_key is None:
        raise NotFound
    if not may(actor, Permission.ENDPOINT_PAIR, rows[0].unit_id):
        raise NotAllowed(permission=str(Permission.ENDPOINT_PAIR))
    revoke(db, rows[0].endpoint_key, actor=actor.text, now=now, reason=reason)
