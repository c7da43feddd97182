"""Templates of offices for programs: what is booked again and again, with rooms and offices as they are today."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from aiohttp import hdrs, web
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.web import keys
from confsvc.web.api.fields import Line40, Line100, Line200, Line254, Model, Note, RoomKey, Shown, UnitCode
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.api.wishes import BookingIn, ChairLevel, Form, GuestIn, SeatIn, Title, booking_in, host_id
from confsvc.web.pages.choices import Places, load_places
from confsvc.web.pages.copied import left_out, usable
from confsvc.web.pages.typed import parse_time
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import MOST_GUESTS, MOST_ROOMS, Booking, Rules
from scheduler.booking.templates import (
    LONGEST,
    MOST,
    SHORTEST,
    drop_template,
    rename_template,
    save_template,
    wish_on,
)
from scheduler.booking.templates_queries import list_templates
from scheduler.local_time import instant, local_day
from scheduler.models import BookingTemplate

P = Permission.CONFERENCE_BOOK
SOME_DAYS = timedelta(days=14)
"""A template is checked as on a day that no notice speaks against."""
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class TemplateIn(Model):
    """``starts_at``: the usual time of day in the province; ``minutes``: how long it lasts. ``sites``, ``units``,
    ``seats``, ``guests`` and the chair as in a booking; the first of ``sites`` is the main one."""

    name: Line100 = Field(min_length=1)
    title: Title
    kind: Line40 = Field(min_length=1)
    form: Form
    starts_at: Clock
    minutes: int = Field(ge=SHORTEST, le=LONGEST)
    sites: list[RoomKey] = Field(default=[], max_length=MOST_ROOMS)
    units: list[UnitCode] = Field(default=[], max_length=MOST_ROOMS)
    seats: list[SeatIn] = Field(default=[], max_length=MOST_ROOMS)
    guests: list[GuestIn] = Field(default=[], max_length=MOST_GUESTS)
    chair_name: Line200 = ""
    chair_title: Line200 = ""
    chair_mail: Line254 | None = None
    chair_level: ChairLevel = ""
    contact_name: Line200 = ""
    contact_phone: Line40 = ""
    note: Note = ""
    top_profile: Line40 = ""


class NewTemplateIn(TemplateIn):
    """``host`` left out: the caller's own office. ``replace``: in place of the template that has this name."""

    host: UnitCode | None = None
    replace: bool = Field(default=False, strict=True)


class TemplatesQuery(Model):
    """``host`` left out: the caller's own office."""

    host: UnitCode | None = None


class TemplateSeatOut(Shown):
    unit: str
    site: str


class TemplateGuestOut(Shown):
    name: str
    mail: str
    language: str


class TemplateOut(Shown):
    """``left_out``: names of rooms and offices of the template that are not there today; they are in no list."""

    key: str
    name: str
    host: str
    title: str
    kind: str
    form: str
    starts_at: str
    minutes: int
    sites: list[str]
    units: list[str]
    seats: list[TemplateSeatOut]
    guests: list[TemplateGuestOut]
    chair_name: str
    chair_title: str
    chair_mail: str | None
    chair_level: str
    contact_name: str
    contact_phone: str
    note: str
    top_profile: str
    left_out: list[str]
    saved_at: datetime


class TemplatesOut(Shown):
    items: list[TemplateOut]


class TemplateKeyOut(Shown):
    key: str


@operation("Templates of an office", answer=TemplatesOut)
async def index(request: web.Request, *, query: TemplatesQuery) -> TemplatesOut:
    return await request.app[keys.DATABASE].read(_index, query.host, keys.actor(request), now=keys.now(request))


def _index(db: Session, host: str | None, actor: Actor, *, now: datetime) -> TemplatesOut:
    unit_id = host_id(db, host, actor)
    require(actor, P, unit_id)
    places = load_places(db, actor, P, local_day(now))
    rows = list_templates(db, [unit_id], most=MOST)
    code = places.unit_by_id[unit_id].code if unit_id in places.unit_by_id else host or ""
    return TemplatesOut(items=[_out(db, row, code, places, now) for row in rows])


def _out(db: Session, row: BookingTemplate, host: str, places: Places, now: datetime) -> TemplateOut:
    wish = wish_on(row, local_day(now))
    rooms, units = places.room_by_id, places.unit_by_id
    same = ("title", "kind", "form", "chair_name", "chair_title", "chair_mail", "chair_level", "contact_name",
            "contact_phone", "note", "top_profile")  # fmt: skip
    return TemplateOut(
        key=row.key, name=row.name, host=host, minutes=row.minutes, saved_at=row.saved_at,
        starts_at=f"{row.clock // 60:02}:{row.clock % 60:02}", **{name: getattr(wish, name) for name in same},
        sites=[rooms[one].key for one in wish.room_ids if one in rooms],
        units=[units[one].code for one in wish.unit_ids if one in units],
        seats=[
            TemplateSeatOut(unit=units[unit].code, site=rooms[room].key)
            for unit, room in wish.seats if unit in units and room in rooms
        ],
        guests=[TemplateGuestOut(name=g.name, mail=g.mail, language=g.language) for g in wish.guests],
        left_out=list(left_out(db, wish, places)),
    )  # fmt: skip


@operation("Keep a template", answer=TemplateKeyOut, status=201)
async def add(request: web.Request, *, body: NewTemplateIn) -> Answer:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    key = await request.app[keys.DATABASE].write(_add, body, actor, now=now, rules=rules)
    return Answer(TemplateKeyOut(key=key), headers={hdrs.LOCATION: "/api/v1/templates"})


def _add(db: Session, body: NewTemplateIn, actor: Actor, *, now: datetime, rules: Rules) -> str:
    unit_id = host_id(db, body.host, actor)
    require(actor, P, unit_id)
    booking = _booking(db, body, unit_id, now=now, rules=rules)
    return save_template(db, body.name, booking, replaces=body.replace, actor=actor.text, now=now, rules=rules)


def _booking(db: Session, body: TemplateIn, unit_id: int, *, now: datetime, rules: Rules) -> Booking:
    clock = parse_time(body.starts_at)
    if clock is None:
        raise Invalid([FieldError("starts_at", "time_form")])
    starts = instant(local_day(now + SOME_DAYS), clock)
    names = set(TemplateIn.model_fields) - {"name", "starts_at", "minutes"}
    wish = BookingIn(
        **{name: getattr(body, name) for name in names}, starts=starts, ends=starts + timedelta(minutes=body.minutes),
        no_secrets=True,
    )  # fmt: skip
    return booking_in(db, wish, unit_id, now=now, rules=rules)


@operation("Change a template", answer=TemplateKeyOut)
async def put(request: web.Request, *, path: KeyPath, body: TemplateIn) -> TemplateKeyOut:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    await request.app[keys.DATABASE].write(_put, path.key, body, actor, now=now, rules=rules)
    return TemplateKeyOut(key=path.key)


def _put(db: Session, key: str, body: TemplateIn, actor: Actor, *, now: datetime, rules: Rules) -> None:
    template = usable(db, actor, key)
    booking = _booking(db, body, template.unit_id, now=now, rules=rules)
    if body.name != template.name:
        rename_template(db, template, body.name, actor=actor.text, now=now)
    save_template(db, body.name, booking, replaces=True, actor=actor.text, now=now, rules=rules)


@operation("Delete a template", answer=None, status=204)
async def drop(request: web.Request, *, path: KeyPath) -> Answer:
    actor = keys.actor(request)
    await request.app[keys.DATABASE].write(_drop, path.key, actor, now=keys.now(request))
    return Answer(None)


def _drop(db: Session, key: str, actor: Actor, *, now: datetime) -> None:
    drop_template(db, usable(db, actor, key), actor=actor.text, now=now)
