"""Other systems that are told of conferences, for programs of administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from confsvc.access import Permission, require
from confsvc.web import keys
from confsvc.web.api.fields import Instant, Line100, Line500, Model, Shown, UnitCode
from confsvc.web.api.layer import Answer, operation
from confsvc.webhooks import checked_url, secret_of
from rooms.errors import FieldError, Invalid, NotFound
from scheduler.name_queries import list_unit_codes, list_unit_ids
from scheduler.telling import webhooks as acts
from scheduler.telling.models import Webhook
from scheduler.telling.webhook_queries import Delivered, find_webhook, list_deliveries, list_webhooks
from scheduler.telling.webhooks import WebhookWish

P = Permission.ACCOUNT_ADMIN
Event = Literal["booked", "changed", "cancelled", "started", "ended", "recorded"]


class HookPath(Model):
    key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class DeliveriesQuery(Model):
    """``before``: the id of the last one already seen."""

    before: int | None = Field(default=None, ge=1, le=10**15)
    limit: int = Field(default=50, ge=1, le=200)


class WebhookIn(Model):
    """``units``: only conferences that these offices host or take part in; empty: all."""

    name: Line100 = Field(min_length=1)
    url: Line500
    events: list[Event] = Field(min_length=1, max_length=6)
    units: list[UnitCode] = Field(default=[], max_length=300)


class AgainIn(Model):
    """Either ``delivery`` or ``since``: all events since then."""

    delivery: int | None = Field(default=None, ge=1, le=10**15)
    since: Instant | None = None


class WebhookOut(Shown):
    """``failing_since``: nothing has arrived since then; ``disabled``: it is told nothing since then."""

    key: str
    name: str
    url: str
    events: list[str]
    units: list[str]
    failing_since: datetime | None
    disabled: datetime | None


class WebhooksOut(Shown):
    items: list[WebhookOut]


class MadeWebhookOut(Shown):
    """``secret`` is shown here only."""

    key: str
    secret: str


class DeliveryOut(Shown):
    """``state``: owed, leased, done, expired or dead; ``status``: of the last answer, null without one; ``millis``: how
    long it took; ``number``: how often the event was told again before."""

    id: int
    event: str
    event_id: str
    number: int
    made: datetime
    state: str
    attempts: int
    status: int | None
    millis: int | None
    answered: datetime | None
    error: str | None
    conference: str | None


class DeliveriesOut(Shown):
    items: list[DeliveryOut]


class CountOut(Shown):
    count: int


class DoneOut(Shown):
    key: str


@operation("The systems that are told", answer=WebhooksOut)
async def webhooks(request: web.Request) -> WebhooksOut:
    require(keys.actor(request), P)
    return WebhooksOut(items=await request.app[keys.DATABASE].read(_all))


def _all(db: Session) -> list[WebhookOut]:
    hooks = list_webhooks(db)
    codes = list_unit_codes(db, {unit for hook in hooks for unit in hook.wants["units"]})
    return [_out(hook, codes) for hook in hooks]


def _out(hook: Webhook, codes: dict[int, str]) -> WebhookOut:
    units = [codes[unit] for unit in hook.wants["units"] if unit in codes]
    return WebhookOut(
        key=hook.key, name=hook.name, url=hook.url, events=hook.wants["events"], units=units,
        failing_since=hook.failing_since, disabled=hook.disabled_at,
    )  # fmt: skip


@operation("Add a system that is told", answer=MadeWebhookOut, status=201)
async def add(request: web.Request, *, body: WebhookIn) -> Answer:
    actor = keys.actor(request)
    require(actor, P)
    wish = await request.app[keys.DATABASE].read(_wish, request, body)
    hook = await request.app[keys.DATABASE].write(acts.add_webhook, wish, actor=actor.text, now=keys.now(request))
    secret = secret_of(request.app[keys.SETTINGS].service_key, hook.salt)
    return Answer(MadeWebhookOut(key=hook.key, secret=secret))


def _wish(db: Session, request: web.Request, body: WebhookIn) -> WebhookWish:
    url = checked_url(request.app[keys.SETTINGS].outside.allowed, body.url)
    ids = list_unit_ids(db, body.units)
    wrong = [FieldError(f"units.{n}", "no_such_unit") for n, code in enumerate(body.units) if code not in ids]
    if wrong:
        raise Invalid(wrong)
    return WebhookWish(body.name, url, tuple(body.events), tuple(ids.values()))


@operation("Change a system that is told", answer=DoneOut, problems=(404,))
async def change(request: web.Request, *, path: HookPath, body: WebhookIn) -> DoneOut:
    actor = keys.actor(request)
    require(actor, P)
    wish = await request.app[keys.DATABASE].read(_wish, request, body)
    await request.app[keys.DATABASE].write(
        acts.change_webhook, path.key, wish, actor=actor.text, now=keys.now(request)
    )  # fmt: skip
    return DoneOut(key=path.key)


@operation("Remove a system that is told", answer=DoneOut, problems=(404,))
async def remove(request: web.Request, *, path: HookPath) -> DoneOut:
    actor = keys.actor(request)
    require(actor, P)
    await request.app[keys.DATABASE].write(acts.remove_webhook, path.key, actor=actor.text, now=keys.now(request))
    return DoneOut(key=path.key)


@operation("What a system was told", answer=DeliveriesOut, problems=(404,))
async def deliveries(request: web.Request, *, path: HookPath, query: DeliveriesQuery) -> DeliveriesOut:
    require(keys.actor(request), P)
    return DeliveriesOut(items=await request.app[keys.DATABASE].read(_deliveries, path.key, query))


def _deliveries(db: Session, key: str, query: DeliveriesQuery) -> list[DeliveryOut]:
    hook = find_webhook(db, key)
    if hook is None:
        raise NotFound(kind="webhook", key=key)
    return [_delivered(one) for one in list_deliveries(db, hook.id, before=query.before, limit=query.limit)]


def _delivered(one: Delivered) -> DeliveryOut:
    return DeliveryOut(
        id=one.id, event=one.event, event_id=one.event_id, number=one.number, made=one.made_at, state=one.state,
        attempts=one.attempts, status=one.status, millis=one.millis, answered=one.answered_at, error=one.error,
        conference=one.conference_key,
    )  # fmt: skip


@operation("Send a system a trial", answer=DoneOut, problems=(404, 409))
async def trial(request: web.Request, *, path: HookPath) -> DoneOut:
    actor = keys.actor(request)
    require(actor, P)
    await request.app[keys.DATABASE].write(acts.try_out, path.key, actor=actor.text, now=keys.now(request))
    return DoneOut(key=path.key)


@operation("Tell a system again", answer=CountOut, problems=(404, 409))
async def again(request: web.Request, *, path: HookPath, body: AgainIn) -> CountOut:
    require(keys.actor(request), P)
    database, now = request.app[keys.DATABASE], keys.now(request)
    if (body.delivery is None) == (body.since is None):
        raise Invalid([FieldError("delivery", "required")])
    if body.since is not None:
        return CountOut(count=await database.write(acts.tell_all_again, path.key, body.since, now=now))
    return CountOut(count=await database.write(acts.tell_again, path.key, body.delivery or 0, now=now))
