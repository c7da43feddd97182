"""Templates of the offices that one books for: the list, and saving, renaming, deleting one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require, units_for
from confsvc.web import keys
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.booking_form import Asked, ask, form_page
from confsvc.web.pages.choices import load_places
from confsvc.web.pages.copied import left_out, usable
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import find_hosted
from confsvc.web.pages.typed import parse_day, text_field
from confsvc.web.pages.wish import Typed, form_errors, read_typed
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from rooms.queries import list_names
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.templates import LONGEST_NAME, MOST, drop_template, rename_template, save_template, wish_on
from scheduler.booking.templates_queries import list_templates
from scheduler.local_time import local_day
from scheduler.models import Conference

P = Permission.CONFERENCE_BOOK
PAGE = "/templates"
MOST_LISTED = 500
NAME, REPLACE = "template_name", "template_replace"


@dataclass(frozen=True)
class TemplateView:
    """A line of the list. ``times``: usual start and end; ``missing``: what is not there today."""

    key: str
    name: str
    unit: str
    title: str
    kind: str
    form: str
    times: str
    sites: int
    guests: int
    missing: tuple[str, ...]
    by: str
    at: datetime


async def show(request: web.Request) -> web.Response:
    """GET /templates."""
    words, now = Phrases(request[keys.LANGUAGE]), keys.now(request)
    found = await request.app[keys.DATABASE].read(_list, keys.actor(request), words, now=now)
    return render(
        request, "templates.html", w=words, templates=found, most=MOST, longest=LONGEST_NAME,
        more=len(found) >= MOST_LISTED,
    )  # fmt: skip


def _list(db: Session, actor: Actor, words: Phrases, *, now: datetime) -> list[TemplateView]:
    rows = list_templates(db, units_for(actor, P), first=actor.unit_id, most=MOST_LISTED)
    today = local_day(now)
    places = load_places(db, actor, P, today)
    names = list_actor_names(db, {row.saved_by for row in rows}, words)
    units = list_names(db, {row.unit_id for row in rows}, today)
    views = []
    for row in rows:
        wish = wish_on(row, today)
        views.append(TemplateView(
            row.key, row.name, units[row.unit_id].short, wish.title, words.kind(wish.kind), words.form(wish.form),
            f"{words.clock(wish.starts)}–{words.clock(wish.ends)}", len(wish.room_ids), len(wish.guests),
            left_out(db, wish, places), names[row.saved_by], row.saved_at,
        ))  # fmt: skip
    return views


async def new(request: web.Request) -> web.Response:
    """GET /templates/new: under which name to keep the conference ``like``."""
    conference = await request.app[keys.DATABASE].read(
        find_hosted, keys.actor(request), request.query.get("like", ""), P
    )
    return _name_page(request, conference, conference.title[:LONGEST_NAME])


async def save(request: web.Request) -> web.Response:
    """POST /templates: keep the conference ``like`` under that name."""
    fields, actor, database = await request.post(), keys.actor(request), request.app[keys.DATABASE]
    like, name, replaces = text_field(fields, "like"), text_field(fields, NAME), bool(fields.get(REPLACE))
    try:
        await database.write(
            _save_like, actor, like, name, replaces, now=keys.now(request), rules=keys.rules(request)
        )  # fmt: skip
    except Invalid as problem:
        conference = await database.read(find_hosted, actor, like, P)
        return _name_page(request, conference, name, errors=_named(problem), replaces=replaces)
    said = Phrases(request[keys.LANGUAGE]).say("The template is saved.")
    return redirect(request, PAGE, flash=said, tone="ok")


def _save_like(db: Session, actor: Actor, like: str, name: str, replaces: bool, *, now: datetime, rules: Rules) -> None:
    booking = booking_of(db, find_hosted(db, actor, like, P))
    save_template(db, name, booking, replaces=replaces, actor=actor.text, now=now, rules=rules)


def _name_page(
    request: web.Request, conference: Conference, name: str, *, errors: tuple[FieldError, ...] = (),
    replaces: bool = False,
) -> web.Response:  # fmt: skip
    words = Phrases(request[keys.LANGUAGE])
    return render(
        request, "template_new.html", status=422 if errors else 200, w=words, conference=conference,
        template_name=name, template_replace=replaces, longest=LONGEST_NAME, errors=error_texts(errors, words),
    )  # fmt: skip


def _named(problem: Invalid) -> tuple[FieldError, ...]:
    """The name stands under its own name on pages, where other fields have names too."""
    return tuple(FieldError(NAME, e.code, e.data) if e.field == "name" else e for e in problem.errors)


async def save_typed(request: web.Request) -> web.Response:
    """POST /book/template: keep what stands in the booking form under that name; the form stays as it is."""
    fields, actor, database = await request.post(), keys.actor(request), request.app[keys.DATABASE]
    typed, name, replaces = read_typed(fields), text_field(fields, NAME), bool(fields.get(REPLACE))
    now, rules = keys.now(request), keys.rules(request)
    errors: tuple[FieldError, ...] = ()
    try:
        await database.write(_save_typed, actor, typed, name, replaces, now=now, rules=rules)
    except Invalid as problem:
        errors = _named(problem)
    asked = await database.read(ask, actor, typed, now=now, rules=rules, permission=P)
    saved: Mapping[str, Any] = {"template_saved": name} if not errors else {NAME: name, REPLACE: replaces}
    return form_page(request, asked, errors=errors, status=422 if errors else 200, templates=saved)


def _save_typed(
    db: Session, actor: Actor, typed: Typed, name: str, replaces: bool, *, now: datetime, rules: Rules
) -> None:
    asked = ask(db, actor, _some_day(typed, now), now=now, rules=rules, permission=P)
    booking = _host_checked(actor, asked)
    try:
        save_template(db, name, booking, replaces=replaces, actor=actor.text, now=now, rules=rules)
    except Invalid as problem:
        own = [e for e in problem.errors if e.field == "name"]
        others = form_errors(asked.wish, [e for e in problem.errors if e.field != "name"])
        raise Invalid([*others, *own]) from problem


def _some_day(typed: Typed, now: datetime) -> Typed:
    """A template has no day, so none need be typed; its times are read as on any other."""
    return typed if parse_day(typed.date) else replace(typed, date=f"{local_day(now) + timedelta(days=1):%d/%m/%Y}")


def _host_checked(actor: Actor, asked: Asked) -> Booking:
    """Raises Invalid for what cannot be read, NotAllowed for another's office."""
    if asked.wish.errors:
        raise Invalid(asked.wish.errors)
    require(actor, P, asked.wish.booking.host_unit_id)
    return asked.wish.booking


async def rename(request: web.Request) -> web.Response:
    """POST /templates/{key}/rename."""
    name, words = text_field(await request.post(), NAME), Phrases(request[keys.LANGUAGE])
    try:
        await request.app[keys.DATABASE].write(
            _rename, keys.actor(request), request.match_info["key"], name, now=keys.now(request)
        )  # fmt: skip
    except Invalid as problem:
        said = next(iter(error_texts(_named(problem), words).values()))
        return redirect(request, PAGE, flash=said, tone="bad")
    return redirect(request, PAGE, flash=words.say("The template has its new name."), tone="ok")


def _rename(db: Session, actor: Actor, key: str, name: str, *, now: datetime) -> None:
    rename_template(db, usable(db, actor, key), name, actor=actor.text, now=now)


async def drop(request: web.Request) -> web.Response:
    """POST /templates/{key}/delete."""
    words = Phrases(request[keys.LANGUAGE])
    await request.app[keys.DATABASE].write(
        _drop, keys.actor(request), request.match_info["key"], now=keys.now(request)
    )  # fmt: skip
    said = words.say("The template is deleted. What was booked with it stays.")
    return redirect(request, PAGE, flash=said, tone="ok")


def _drop(db: Session, actor: Actor, key: str, *, now: datetime) -> None:
    drop_template(db, usable(db, actor, key), actor=actor.text, now=now)
