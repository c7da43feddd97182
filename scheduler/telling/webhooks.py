"""Webhooks: other systems are told of conferences. Adding, changing, switching off, trying, telling again; units of
work."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.names import tidy
from rooms.once import poke
from scheduler import outbox
from scheduler.errors import WrongMove
from scheduler.telling import webhook_queries as queries
from scheduler.telling.models import Webhook, WebhookDelivery
from scheduler.telling.news import EVENTS, TEST
from scheduler.telling.news_queries import add_reader, find_last_change_id, set_reader

WEBHOOK = "webhook"
READER = "webhooks"
"""Under which name the changes are read for them."""
LIFE = timedelta(days=3)
"""How long one event is tried."""
GIVES_UP = timedelta(days=7)
"""After so long without any answer that says yes a webhook is switched off."""
MOST = 20
MOST_AGAIN = 2000
FAILURES = "failures"


@dataclass(frozen=True)
class WebhookWish:
    """``events`` of news.EVENTS; ``unit_ids`` empty: of all offices. The address was checked at the edge."""

    name: str
    url: str
    events: tuple[str, ...]
    unit_ids: tuple[int, ...] = ()


def add_webhook(db: Session, wish: WebhookWish, *, actor: str, now: datetime) -> Webhook:
    """A new one; it is told of what happens from now on. Raises Invalid."""
    _check(wish)
    if queries.count_webhooks(db) >= MOST:
        raise Invalid([FieldError("url", "too_many", {"max": MOST})])
    row = {
        "key": secrets.token_hex(8), "salt": secrets.token_hex(16), "since": _from_now_on(db),
        "made_by": actor, "made_at": now, **_columns(wish),
    }  # fmt: skip
    hook = queries.add_webhook(db, row)
    add_change(db, WEBHOOK, hook.id, "added", actor=actor, now=now, after=_shown(hook))
    return hook


def _from_now_on(db: Session) -> int:
    """The last change so far. While there was nobody to tell nobody read; that is skipped."""
    last, idle = find_last_change_id(db), not queries.any_active(db)
    add_reader(db, READER, last)
    if idle:
        set_reader(db, READER, last)
    return last


def change_webhook(db: Session, key: str, wish: WebhookWish, *, actor: str, now: datetime) -> None:
    """Another name, address or choice. Raises NotFound, Invalid."""
    _check(wish)
    hook = locked(db, key)
    before = _shown(hook)
    for name, value in _columns(wish).items():
        setattr(hook, name, value)
    db.flush()
    add_change(db, WEBHOOK, hook.id, "changed", actor=actor, now=now, before=before, after=_shown(hook))


def renew_secret(db: Session, key: str, *, actor: str, now: datetime) -> Webhook:
    """Another secret from now on, also for what is owed. Raises NotFound."""
    hook = locked(db, key)
    hook.salt = secrets.token_hex(16)
    db.flush()
    add_change(db, WEBHOOK, hook.id, "secret_renewed", actor=actor, now=now)
    return hook


def remove_webhook(db: Session, key: str, *, actor: str, now: datetime) -> None:
    """It and its deliveries are gone; the log keeps that it was there. Raises NotFound."""
    hook = locked(db, key)
    queries.set_given_up(db, hook.id, now=now)
    add_change(db, WEBHOOK, hook.id, "removed", actor=actor, now=now, before=_shown(hook))
    queries.remove_webhook(db, hook.id)


def switch_off(db: Session, key: str, *, by: str, now: datetime) -> None:
    """It is told nothing any more; what is owed is given up. Raises NotFound, WrongMove when it is off."""
    hook = locked(db, key)
    if hook.disabled_at is not None:
        raise WrongMove(state="off", to="off")
    hook.disabled_at, hook.disabled_by = now, by
    queries.set_given_up(db, hook.id, now=now)
    db.flush()
    actor = "clock" if by == FAILURES else by
    add_change(db, WEBHOOK, hook.id, "switched_off", actor=actor, now=now, after={"by": by})


def switch_on(db: Session, key: str, *, actor: str, now: datetime) -> None:
    """It is told again of what happens from now on; what was missed can be told again. Raises NotFound, WrongMove."""
    hook = locked(db, key)
    if hook.disabled_at is None:
        raise WrongMove(state="on", to="on")
    hook.since = _from_now_on(db)
    hook.disabled_at = hook.disabled_by = hook.failing_since = None
    db.flush()
    add_change(db, WEBHOOK, hook.id, "switched_on", actor=actor, now=now)


def try_out(db: Session, key: str, *, actor: str, now: datetime) -> int:
    """Owe a trial that says nothing about any conference; the delivery's id. Raises NotFound, WrongMove when it is
    off."""
    hook = _on(db, key)
    event_id = f"test-{secrets.token_hex(8)}"
    body = written({"id": event_id, "event": TEST, "at": now.isoformat(), "conference": None})
    return owe_delivery(db, hook, event=TEST, event_id=event_id, body=body, now=now) or 0


def tell_again(db: Session, key: str, delivery_id: int, *, now: datetime) -> int:
    """The same event, byte for byte, under the same event id. Raises NotFound, WrongMove when it is off."""
    hook = _on(db, key)
    one = queries.find_delivery(db, delivery_id)
    if one is None or one.webhook_id != hook.id:
        raise NotFound(kind="delivery", key=delivery_id)
    return _again(db, hook, [one], now=now)


def tell_all_again(db: Session, key: str, since: datetime, *, now: datetime) -> int:
    """All events since a moment, oldest first, those told several times once; how many (at most MOST_AGAIN).
    Raises NotFound, WrongMove when it is off."""
    hook = _on(db, key)
    return _again(db, hook, queries.list_deliveries_since(db, hook.id, since, MOST_AGAIN), now=now)


def _again(db: Session, hook: Webhook, deliveries: Sequence[WebhookDelivery], *, now: datetime) -> int:
    numbers = queries.list_numbers(db, hook.id, {one.event_id for one in deliveries})
    for one in deliveries:
        owe_delivery(
            db, hook, event=one.event, event_id=one.event_id, body=one.body, now=now, change_id=one.change_id,
            conference_id=one.conference_id, number=numbers[one.event_id] + 1,
        )  # fmt: skip
    return len(deliveries)


def owe_delivery(
    db: Session, hook: Webhook, *, event: str, event_id: str, body: str, now: datetime, change_id: int = 0,
    conference_id: int | None = None, number: int = 0,
) -> int | None:  # fmt: skip
    """Owe one event to one webhook; None when that was done before. What is told of one conference keeps its order."""
    delivery_id = queries.add_delivery(
        db, webhook_id=hook.id, conference_id=conference_id, change_id=change_id, number=number, event=event,
        event_id=event_id, body=body, made_at=now,
    )  # fmt: skip
    if delivery_id is not None:
        row = {
            "kind": WEBHOOK, "key": queries.effect_key(delivery_id),
            "chain": f"{WEBHOOK}:{hook.id}:{conference_id or 0}",
            "conference_id": conference_id, "due": now, "expires": now + LIFE, "created": now,
            "payload": {"delivery": delivery_id, "webhook": hook.id},
        }  # fmt: skip
        outbox.owe(db, [row])
    return delivery_id


def written(said: dict[str, Any]) -> str:
    """A body as it leaves: what is signed is these characters."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def note_answer(
    db: Session, delivery_id: int, *, good: bool, status: int | None, millis: int, now: datetime
) -> None:  # fmt: skip
    """What came of an attempt; a webhook that has failed for GIVES_UP is switched off."""
    delivery = queries.find_delivery(db, delivery_id)
    if delivery is None:
        return
    delivery.status, delivery.millis, delivery.answered_at = status, millis, now
    hook = queries.find_locked(db, webhook_id=delivery.webhook_id)
    if hook is None:
        return
    if good:
        hook.failing_since = None
    elif hook.failing_since is None:
        hook.failing_since = now
    elif now - hook.failing_since >= GIVES_UP and hook.disabled_at is None:
        switch_off(db, hook.key, by=FAILURES, now=now)
    db.flush()
    poke(db, "webhooks")


def locked(db: Session, key: str) -> Webhook:
    hook = queries.find_locked(db, key=key)
    if hook is None:
        raise NotFound(kind=WEBHOOK, key=key)
    return hook


def _on(db: Session, key: str) -> Webhook:
    hook = locked(db, key)
    if hook.disabled_at is not None:
        raise WrongMove(state="off", to="told")
    return hook


def _check(wish: WebhookWish) -> None:
    errors = []
    if not tidy(wish.name):
        errors.append(FieldError("name", "required"))
    if not wish.events:
        errors.append(FieldError("events", "required"))
    elif not set(wish.events) <= set(EVENTS):
        errors.append(FieldError("events", "unknown_value"))
    if errors:
        raise Invalid(errors)


def _columns(wish: WebhookWish) -> dict[str, Any]:
    chosen = [event for event in EVENTS if event in wish.events]
    return {"name": tidy(wish.name), "url": wish.url, "wants": {"events": chosen, "units": sorted(set(wish.unit_ids))}}


def _shown(hook: Webhook) -> dict[str, Any]:
    """For the log: the address without its query, where secrets stand."""
    return {"name": hook.name, "url": hook.url.partition("?")[0], **hook.wants}


def wants(hook: Webhook, event: str, units: Collection[int], *, known: bool) -> bool:
    """Whether a webhook is told of an event of a conference of these offices. ``known``: it was told of that
    conference before, so it also hears when its offices are no longer in it."""
    chosen = hook.wants["units"]
    return event in hook.wants["events"] and (known or not chosen or not set(chosen).isdisjoint(units))
