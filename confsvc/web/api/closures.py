"""Maintenance and closures for programs: list, add, lift."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.web import keys
from confsvc.web.api.fields import Instant, Line40, Line200, Model, RoomKey, Shown
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from rooms.errors import FieldError, Invalid
from scheduler.booking.place.closure_queries import Closed, list_closable, list_closures
from scheduler.booking.place.closures import MOST, ClosureWish, add_closure, lift_closure
from scheduler.name_queries import list_room_ids

P = Permission.CLOSURE_EDIT


class ClosureIn(Model):
    """Rooms by key, lines and video hosts by name; ``reason`` is shown to everybody. At most 92 days.
    ``seen``: confirms the conferences that are booked there and stay, as the refusal "still_booked" gave it."""

    kind: Literal["maintenance", "closed"] = "maintenance"
    reason: Line200 = Field(min_length=3)
    starts: Instant
    ends: Instant
    rooms: list[RoomKey] = Field(default=[], max_length=MOST)
    lines: list[Line200] = Field(default=[], max_length=MOST)
    hosts: list[Line200] = Field(default=[], max_length=20)
    seen: Line40 = ""


class ClosureOut(Shown):
    """``closes``: names of rooms, lines and hosts; ``lifted``: when it was ended early, null otherwise."""

    key: str
    kind: str
    reason: str
    starts: datetime
    ends: datetime
    lifted: datetime | None
    closes: list[str]


class ClosuresOut(Shown):
    items: list[ClosureOut]


class MadeOut(Shown):
    key: str


@operation("What is closed now or later", answer=ClosuresOut)
async def closures(request: web.Request) -> ClosuresOut:
    found = await request.app[keys.DATABASE].read(list_closures, keys.now(request))
    return ClosuresOut(items=[_out(one) for one in found])


def _out(one: Closed) -> ClosureOut:
    return ClosureOut(
        key=one.key, kind=one.kind, reason=one.reason, starts=one.starts, ends=one.ends, lifted=one.lifted_at,
        closes=list(one.names),
    )  # fmt: skip


@operation("Close rooms, lines or video hosts for a time", answer=MadeOut, status=201, problems=(409,))
async def close(request: web.Request, *, body: ClosureIn) -> Answer:
    actor = keys.actor(request)
    require(actor, P)
    key = await request.app[keys.DATABASE].write(_close, body, actor, now=keys.now(request))
    return Answer(MadeOut(key=key))


def _close(db: Session, body: ClosureIn, actor: Actor, *, now: datetime) -> str:
    rooms, (lines, hosts) = list_room_ids(db, body.rooms), list_closable(db)
    known = {
        "rooms": rooms, "lines": {name: line_id for line_id, name in lines},
        "hosts": {name: bridge_id for bridge_id, name in hosts},
    }  # fmt: skip
    wrong = [
        FieldError(f"{field}.{n}", "no_such_room" if field == "rooms" else "unknown")
        for field, ids in known.items()
        for n, name in enumerate(getattr(body, field))
        if name not in ids
    ]
    if wrong:
        raise Invalid(wrong)
    things = (tuple(dict.fromkeys(ids[name] for name in getattr(body, field))) for field, ids in known.items())
    wish = ClosureWish(body.kind, body.reason, body.starts, body.ends, *things)
    return add_closure(db, wish, actor=actor.text, now=now, seen=body.seen)


@operation("Lift a closure", answer=MadeOut)
async def lift(request: web.Request, *, path: KeyPath) -> MadeOut:
    actor = keys.actor(request)
    require(actor, P)
    await request.app[keys.DATABASE].write(lift_closure, path.key, actor=actor.text, now=keys.now(request))
    return MadeOut(key=path.key)
