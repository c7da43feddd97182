"""Other systems that are told of conferences: who they are, what they were told, whether it arrived; administrators
only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission, require
from confsvc.web import keys
from confsvc.web.pages.form import Form, read_form, told
from confsvc.web.pages.webhook_acts import act_on
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from confsvc.webhooks import checked_url, secret_of
from rooms.errors import FieldError, Invalid, NotFound
from scheduler.name_queries import list_unit_codes, list_unit_ids
from scheduler.telling import webhooks as acts
from scheduler.telling.models import Webhook
from scheduler.telling.news import EVENTS
from scheduler.telling.webhook_queries import Delivered, find_webhook, list_deliveries, list_webhooks
from scheduler.telling.webhooks import WebhookWish

P = Permission.ACCOUNT_ADMIN
PAGE = "/webhooks"
MOST_SHOWN = 50
NAMES = {
    "booked": "Booked", "changed": "Changed", "cancelled": "Cancelled", "started": "Started", "ended": "Ended",
    "recorded": "Recorded", "test": "Trial",
}  # fmt: skip
STATES = {
    "owed": ("waiting", "Will be tried"), "leased": ("waiting", "On its way"), "done": ("confirmed", "Taken by it"),
    "expired": ("lost", "Given up after three days"), "dead": ("cancelled", "Given up"),
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """The form as typed."""

    name: str = ""
    url: str = ""
    events: tuple[str, ...] = EVENTS
    units: str = ""


@dataclass(frozen=True)
class Looked:
    """One webhook with the codes of its offices and its last deliveries."""

    hook: Webhook
    units: str
    deliveries: list[Delivered]


async def show(request: web.Request) -> web.Response:
    """GET /webhooks."""
    require(keys.actor(request), P)
    return await _list(request, Typed(), {})


async def add(request: web.Request) -> web.Response:
    """POST /webhooks: the answer is the new one's page, the only one that shows its secret."""
    actor = keys.actor(request)
    require(actor, P)
    form = await read_form(request)
    typed = _typed(form)
    try:
        wish = await request.app[keys.DATABASE].read(wish_of, request, typed)
        hook = await request.app[keys.DATABASE].write(
            acts.add_webhook, wish, actor=actor.text, now=keys.now(request)
        )  # fmt: skip
    except Invalid as problem:
        return await _list(request, typed, told(request, problem))
    return await one_page(request, hook.key, secret=shown_secret(request, hook))


async def one(request: web.Request) -> web.Response:
    """GET /webhooks/{key}."""
    require(keys.actor(request), P)
    return await one_page(request, request.match_info["key"])


async def change(request: web.Request) -> web.Response:
    """POST /webhooks/{key}."""
    actor, key, words = keys.actor(request), request.match_info["key"], Words(request[keys.LANGUAGE])
    require(actor, P)
    typed = _typed(await read_form(request))
    try:
        wish = await request.app[keys.DATABASE].read(wish_of, request, typed)
        await request.app[keys.DATABASE].write(
            acts.change_webhook, key, wish, actor=actor.text, now=keys.now(request)
        )  # fmt: skip
    except Invalid as problem:
        return await one_page(request, key, typed=typed, errors=told(request, problem))
    return redirect(request, f"{PAGE}/{key}", flash=words("It is changed."), tone="ok")


async def act(request: web.Request) -> web.Response:
    """POST /webhooks/{key}/act: try it, tell again, another secret, off, on, remove."""
    actor, key, words = keys.actor(request), request.match_info["key"], Words(request[keys.LANGUAGE])
    require(actor, P)
    form = await read_form(request)
    try:
        done = await act_on(request, form, key, actor=actor.text)
    except Invalid as problem:
        return await one_page(request, key, errors=told(request, problem))
    if done.hook is not None:
        return await one_page(request, key, secret=shown_secret(request, done.hook))
    where = PAGE if done.gone else f"{PAGE}/{key}#deliveries"
    return redirect(request, where, flash=words(done.said, count=done.count), tone="ok")


def shown_secret(request: web.Request, hook: Webhook) -> str:
    return secret_of(request.app[keys.SETTINGS].service_key, hook.salt)


def wish_of(db: Session, request: web.Request, typed: Typed) -> WebhookWish:
    """What was typed, with the offices' ids. Raises Invalid."""
    errors: list[FieldError] = []
    url = typed.url
    try:
        url = checked_url(request.app[keys.SETTINGS].outside.allowed, typed.url)
    except Invalid as problem:
        errors += problem.errors
    codes = [code for part in typed.units.replace(";", ",").split(",") if (code := part.strip())]
    ids = list_unit_ids(db, codes)
    if set(codes) - set(ids):
        errors.append(FieldError("units", "no_such_unit"))
    if errors:
        raise Invalid(errors)
    return WebhookWish(typed.name, url, typed.events, tuple(ids.values()))


def _typed(form: Form) -> Typed:
    return Typed(
        form.text("name", 100), form.text("url", 500), tuple(form.listed("events"))[: len(EVENTS)],
        form.text("units", 1000),
    )  # fmt: skip


async def _list(request: web.Request, typed: Typed, errors: Mapping[str, str]) -> web.Response:
    words = Words(request[keys.LANGUAGE])
    hooks = await request.app[keys.DATABASE].read(list_webhooks)
    return render(
        request, "webhooks.html", status=422 if errors else 200, w=words, hooks=hooks, typed=typed, errors=errors,
        names=NAMES, events=_options(typed, words), now=keys.now(request), failures=acts.FAILURES,
    )  # fmt: skip


async def one_page(
    request: web.Request, key: str, *, typed: Typed | None = None, errors: Mapping[str, str] | None = None,
    secret: str = "",
) -> web.Response:  # fmt: skip
    words, before = Words(request[keys.LANGUAGE]), request.query.get("before", "")
    number = int(before[:18]) if before.isascii() and before.isdecimal() else None
    looked = await request.app[keys.DATABASE].read(_look, key, number)
    hook, wants = looked.hook, looked.hook.wants
    typed = typed or Typed(hook.name, hook.url, tuple(wants["events"]), looked.units)
    more = looked.deliveries[MOST_SHOWN - 1].id if len(looked.deliveries) > MOST_SHOWN else None
    return render(
        request, "webhook.html", status=422 if errors else 200, w=words, hook=hook, typed=typed, errors=errors or {},
        secret=secret, deliveries=looked.deliveries[:MOST_SHOWN], more=more, names=NAMES, states=STATES,
        events=_options(typed, words), now=keys.now(request), failures=acts.FAILURES,
    )  # fmt: skip


def _look(db: Session, key: str, before: int | None) -> Looked:
    hook = find_webhook(db, key)
    if hook is None:
        raise NotFound(kind="webhook", key=key)
    codes = list_unit_codes(db, hook.wants["units"])
    return Looked(hook, ", ".join(codes.values()), list_deliveries(db, hook.id, before=before, limit=MOST_SHOWN + 1))


def _options(typed: Typed, words: Words) -> list[dict[str, object]]:
    return [{"value": name, "label": words(NAMES[name]), "checked": name in typed.events} for name in EVENTS]
