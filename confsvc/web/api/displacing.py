"""Emergencies for programs: what taking rooms from others would do, the act with its consent, and the host's answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from aiohttp import hdrs, web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.displacing import rehearsal, require_displace
from confsvc.web import keys
from confsvc.web.api import shown
from confsvc.web.api.conferences import read_version
from confsvc.web.api.fields import Line40, Line500, Model, Shown
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.api.wishes import BookingIn, Version, booking_in, host_id
from confsvc.web.pages.displacing import changed_of
from confsvc.web.pages.gave_way import answer
from confsvc.web.pages.sight import find_hosted
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.giving_way.preempt import Changed, Preempted, preempt
from scheduler.booking.giving_way.rivals import Consent, Preview

MOST = 300


class ChoiceIn(Model):
    """For a meeting that runs or begins soon: end it, or take only the sites in question out of it."""

    key: Line40
    choice: Literal["end", "sites_out"]


class DisplaceIn(BookingIn):
    """A conference that takes rooms from others of lower rank. ``confirmed``: the keys that the preview showed;
    ``many``: it is known that there are many."""

    confirmed: list[Line40] = Field(default=[], max_length=MOST)
    choices: list[ChoiceIn] = Field(default=[], max_length=MOST)
    many: bool = Field(default=False, strict=True)


class ChangeDisplaceIn(DisplaceIn):
    """A conference changed into this; ``version`` as last seen, or an If-Match header. The host stays."""

    version: Version | None = None


class TimeIn(Model):
    """``reason``: stands in the letters when the time is refused."""

    version: Version | None = None
    reason: Line500 = ""


class GaveWayOut(Shown):
    """``outcome``: "asked" (another time is held and its host is asked until ``answer_until``), "no_alternative" (it is
    postponed), "ended" or "sites_out". ``choices``: what is to be chosen from first."""

    key: str
    unit: str
    starts: datetime
    ends: datetime
    rooms: list[str]
    sites: int
    people: int
    choices: list[str]
    outcome: str
    alternative_starts: datetime | None
    alternative_ends: datetime | None
    answer_until: datetime | None


class PreviewOut(Shown):
    """``many``: more than usual, which is to be confirmed too."""

    displaced: list[GaveWayOut]
    sites: int
    people: int
    many: bool


class DisplacedOut(PreviewOut):
    key: str
    version: int


@operation("What taking rooms from others would do to whom", answer=PreviewOut, problems=(409,))
async def preview(request: web.Request, *, body: BookingIn) -> PreviewOut:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    database = request.app[keys.DATABASE]
    booking = await database.read(_wished, body, actor, now=now, rules=rules)
    found = await rehearsal(database, booking, actor=actor, now=now, rules=rules)
    return PreviewOut.model_validate(found.as_data())


def _wished(db: Session, body: BookingIn, actor: Actor, *, now: datetime, rules: Rules) -> Booking:
    host = host_id(db, body.host, actor)
    require(actor, Permission.CONFERENCE_BOOK, host)
    booking = booking_in(db, body, host, now=now, rules=rules)
    require_displace(actor, booking, rules)
    return booking


@operation("Book a conference that takes rooms from others", answer=DisplacedOut, status=201, problems=(409,))
async def displace(request: web.Request, *, body: DisplaceIn) -> Answer:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    made = await request.app[keys.DATABASE].write(_displace, body, actor, now=now, rules=rules)
    data = _data(made.preview) | {"key": made.booked.key, "version": made.booked.version}
    return Answer(
        DisplacedOut.model_validate(data), headers={hdrs.LOCATION: f"/api/v1/conferences/{made.booked.key}"}
    )  # fmt: skip


def _displace(db: Session, body: DisplaceIn, actor: Actor, *, now: datetime, rules: Rules) -> Preempted:
    booking = _wished(db, body, actor, now=now, rules=rules)
    return preempt(db, booking, _consent(body), actor=actor.text, now=now, rules=rules)


@operation("What changing a conference so would take from whom", answer=PreviewOut, problems=(409,))
async def preview_change(request: web.Request, *, path: KeyPath, body: BookingIn) -> PreviewOut:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    database = request.app[keys.DATABASE]
    booking, changed = await database.read(_changed, path.key, body, None, actor, now=now, rules=rules)
    found = await rehearsal(database, booking, actor=actor, now=now, rules=rules, changed=changed)
    return PreviewOut.model_validate(found.as_data())


def _changed(
    db: Session, key: str, body: BookingIn, version: int | None, actor: Actor, *, now: datetime, rules: Rules
) -> tuple[Booking, Changed]:
    """``version`` None: as it is now."""
    conference = find_hosted(db, actor, key, Permission.CONFERENCE_CHANGE)
    if body.host is not None and host_id(db, body.host, actor) != conference.host_unit_id:
        raise Invalid([FieldError("host", "fixed")])
    booking = booking_in(db, body, conference.host_unit_id, now=now, rules=rules)
    require_displace(actor, booking, rules)
    return booking, changed_of(conference, version)


@operation(
    "Change a conference so that it takes rooms from others", answer=DisplacedOut, problems=(409, 412),
    headers={"If-Match": "ETag"},
)  # fmt: skip
async def displace_change(request: web.Request, *, path: KeyPath, body: ChangeDisplaceIn) -> Answer:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    version = read_version(request, body.version)
    made = await request.app[keys.DATABASE].write(
        _displace_change, path.key, body, version, actor, now=now, rules=rules
    )
    data = _data(made.preview) | {"key": made.booked.key, "version": made.booked.version}
    return Answer(DisplacedOut.model_validate(data), None, {hdrs.ETAG: f'"v{made.booked.version}"'})


def _displace_change(
    db: Session, key: str, body: ChangeDisplaceIn, version: int, actor: Actor, *, now: datetime, rules: Rules
) -> Preempted:
    booking, changed = _changed(db, key, body, version, actor, now=now, rules=rules)
    return preempt(db, booking, _consent(body), actor=actor.text, now=now, rules=rules, changed=changed)


def _consent(body: DisplaceIn) -> Consent:
    return Consent(frozenset(body.confirmed), {one.key: one.choice for one in body.choices}, body.many)


def _data(found: Preview) -> dict[str, object]:
    return dict(found.as_data())


@operation(
    "Accept the time that is held for a conference that gave way", answer=shown.BookedOut, problems=(409, 412),
    headers={"If-Match": "ETag"},
)  # fmt: skip
async def accept_time(request: web.Request, *, path: KeyPath, body: TimeIn) -> Answer:
    return await _answer(request, path.key, "accept", body)


@operation(
    "Refuse the time that is held for a conference that gave way", answer=shown.BookedOut, problems=(409, 412),
    headers={"If-Match": "ETag"},
)  # fmt: skip
async def refuse_time(request: web.Request, *, path: KeyPath, body: TimeIn) -> Answer:
    return await _answer(request, path.key, "refuse", body)


async def _answer(request: web.Request, key: str, act: str, body: TimeIn) -> Answer:
    made: Booked = await request.app[keys.DATABASE].write(
        answer, keys.actor(request), key, act, version=read_version(request, body.version), reason=body.reason,
        now=keys.now(request), rules=keys.rules(request),
    )  # fmt: skip
    booked = shown.BookedOut(key=made.key, version=made.version, url=f"/conferences/{made.key}")
    return Answer(booked, None, {hdrs.ETAG: f'"v{made.version}"'})
