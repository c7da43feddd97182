"""Whether a conference could be booked, for programs: what stands in the way, and the ways out of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.web import keys
from confsvc.web.api.fields import Shown
from confsvc.web.api.layer import operation
from confsvc.web.api.shown import WarningOut, warnings_out
from confsvc.web.api.ways import WaysOutOut, ways_shown
from confsvc.web.api.wishes import BookingIn, booking_in, host_id
from confsvc.web.errors import field_text, taken_text
from confsvc.web.problem import shown_full
from rooms.errors import FieldError
from scheduler.booking import book as booking_book
from scheduler.booking.booking import Findings, Rules
from scheduler.booking.ways.ways_out import WaysOut, ways_out
from scheduler.name_queries import list_room_ids


class ErrorOut(Shown):
    field: str
    code: str
    detail: str
    data: dict[str, Any] | None = None


class TakenOut(Shown):
    """A room that is held, by which office and until when; never what for."""

    room: str
    unit: str
    starts: datetime
    ends: datetime
    detail: str


class FullOut(Shown):
    """A line or the video host that does not carry this beside what it has promised; ``fits``: how many sites would."""

    what: Literal["line", "bridge"]
    name: str
    measure: Literal["seats", "kbps_up", "kbps_down"]
    needed: int
    free: int
    holders: list[str]
    until: datetime | None
    fits: int | None
    detail: str


class SiteProfileOut(Shown):
    """The picture that a site's line would carry; null when its line does not decide it."""

    room: str
    profile: str


class CheckOut(Shown):
    """``ok``: it could be booked now. ``profiles``: what each site would get, best for its line."""

    ok: bool
    errors: list[ErrorOut]
    taken: list[TakenOut]
    full: list[FullOut]
    profiles: list[SiteProfileOut]
    warnings: list[WarningOut]
    ways_out: WaysOutOut | None


@operation("Whether a conference could be booked", answer=CheckOut)
async def check(request: web.Request, *, body: BookingIn) -> CheckOut:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    database = request.app[keys.DATABASE]
    found, profiles = await database.read(_checked, body, actor, now=now, rules=rules)
    ways = None
    if found.taken or found.full:
        ways = await database.read(_ways, body, actor, found, now=now, rules=rules)
    language = request[keys.LANGUAGE]
    first: dict[str, FieldError] = {}
    for error in found.errors:
        first.setdefault(error.field, error)
    return CheckOut(
        ok=found.ok,
        errors=[
            ErrorOut(field=e.field, code=e.code, detail=field_text(e, language), data=dict(e.data) or None)
            for e in first.values()
        ],
        taken=[
            TakenOut(room=t.room, unit=t.unit, starts=t.starts, ends=t.ends, detail=taken_text(t.as_data(), language))
            for t in found.taken
        ],
        full=[FullOut(**shown_full(one, language)) for one in found.full],
        profiles=[SiteProfileOut(room=room, profile=code) for room, code in profiles],
        warnings=warnings_out(found.warnings, language),
        ways_out=ways_shown(ways) if ways is not None else None,
    )


def _checked(
    db: Session, wish: BookingIn, actor: Actor, *, now: datetime, rules: Rules
) -> tuple[Findings, list[tuple[str, str]]]:
    found, ids = _check(db, wish, actor, now=now, rules=rules), list_room_ids(db, wish.sites)
    return found, [(key, found.profiles[ids[key]]) for key in wish.sites if ids.get(key) in found.profiles]


def _check(db: Session, wish: BookingIn, actor: Actor, *, now: datetime, rules: Rules) -> Findings:
    host = host_id(db, wish.host, actor)
    require(actor, Permission.CONFERENCE_BOOK, host)
    return booking_book.check(db, booking_in(db, wish, host, now=now, rules=rules), now=now, rules=rules)


def _ways(db: Session, wish: BookingIn, actor: Actor, found: Findings, *, now: datetime, rules: Rules) -> WaysOut:
    booking = booking_in(db, wish, host_id(db, wish.host, actor), now=now, rules=rules)
    return ways_out(db, booking, now=now, rules=rules, taken=found.taken, full=found.full)
