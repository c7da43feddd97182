"""What fits at once, for programs; nothing is booked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.web import keys
from confsvc.web.api.checking import FullOut
from confsvc.web.api.fields import Instant, Line40, Model, Shown, UnitCode
from confsvc.web.api.layer import operation
from confsvc.web.api.wishes import host_id
from confsvc.web.pages.choices import GROUPS
from confsvc.web.problem import shown_full
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Rules
from scheduler.booking.ways.what_if import Look, Question, WhatIf, what_if

LONGEST = timedelta(hours=12)


class WhatIfQuery(Model):
    """``groups`` of offices; ``host`` left out: the caller's own office, whose first room is the main site."""

    groups: list[Literal["district", "agency", "commune"]] = Field(min_length=1, max_length=3)
    starts: Instant
    ends: Instant
    host: UnitCode | None = None
    top_profile: Line40 = ""


class LookOut(Shown):
    """Some sites at one time. ``taken``: rooms that are held; ``full``: lines and hosts; ``pictures``: how many sites
    get which profile."""

    ok: bool
    starts: datetime
    ends: datetime
    sites: list[str]
    taken: list[str]
    full: list[FullOut]
    pictures: dict[str, int]
    seats: int
    kbps: int


class WhatIfOut(Shown):
    """``whole``: all at once; ``sittings``: the fewest that the video host carries; ``roomless``: offices without a
    room; ``unmeasured``: sites whose line nobody entered or measured."""

    offices: int
    roomless: list[str]
    unmeasured: list[str]
    seats: int | None
    kbps: int | None
    whole: LookOut
    sittings: list[LookOut]


@operation("Whether all offices of some groups could sit at once", answer=WhatIfOut)
async def look(request: web.Request, *, query: WhatIfQuery) -> WhatIfOut:
    if not timedelta(0) < query.ends - query.starts <= LONGEST:
        raise Invalid([FieldError("ends", "before_start")])
    rules, language = keys.rules(request), request[keys.LANGUAGE]
    horizon = timedelta(days=rules.horizon_days)
    if abs(query.starts - keys.now(request)) > horizon:
        raise Invalid([FieldError("starts", "too_far_ahead", {"days": horizon.days})])
    found = await request.app[keys.DATABASE].read(_look, query, keys.actor(request), rules=rules)
    return WhatIfOut(
        offices=found.units, roomless=[unit.code for unit in found.roomless],
        unmeasured=[room.key for room in found.lineless], seats=found.limit.seats, kbps=found.limit.kbps,
        whole=_out(found.whole, language), sittings=[_out(sitting, language) for sitting in found.sittings],
    )  # fmt: skip


def _look(db: Session, query: WhatIfQuery, actor: Actor, *, rules: Rules) -> WhatIf:
    host = host_id(db, query.host, actor)
    levels = tuple(level for code, _, levels in GROUPS for level in levels if code in query.groups)
    return what_if(db, Question(levels, host, query.starts, query.ends, query.top_profile), rules=rules)


def _out(look: Look, language: str) -> LookOut:
    key_of = {room.id: room.key for room in look.rooms}
    codes = list(look.profiles.values())
    return LookOut(
        ok=look.ok, starts=look.starts, ends=look.ends, sites=[room.key for room in look.rooms],
        taken=sorted({key_of[taken.room_id] for taken in look.taken if taken.room_id in key_of}),
        full=[FullOut(**shown_full(full, language)) for full in look.full],
        pictures={code: codes.count(code) for code in dict.fromkeys(codes)}, seats=look.wanted.seats,
        kbps=look.wanted.kbps_up,
    )  # fmt: skip
