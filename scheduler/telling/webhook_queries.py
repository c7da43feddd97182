"""The statements on webhooks and what is delivered to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, cast, delete, exists, func, literal, literal_column, or_, select, update
from sqlalchemy.orm import Session

from rooms.once import insert_once
from scheduler.models import Conference, Effect
from scheduler.telling.models import Webhook, WebhookDelivery

_EFFECT_KEY = literal("webhook:") + cast(WebhookDelivery.id, String)


class Delivered(NamedTuple):
    """One delivery with its effect's state. ``due``: the next attempt, while it is owed."""

    id: int
    event: str
    event_id: str
    number: int
    made_at: datetime
    status: int | None
    millis: int | None
    answered_at: datetime | None
    state: str
    attempts: int
    due: datetime
    error: str | None
    conference_key: str | None


def effect_key(delivery_id: int) -> str:
    return f"webhook:{delivery_id}"


def any_active(db: Session) -> bool:
    """Whether anybody is to be told at all."""
    return bool(db.scalar(select(exists().where(Webhook.disabled_at.is_(None)))))


def list_webhooks(db: Session, *, active: bool = False) -> Sequence[Webhook]:
    """In the order in which they were added."""
    query = select(Webhook).order_by(Webhook.id)
    return db.scalars(query.where(Webhook.disabled_at.is_(None)) if active else query).all()


def count_webhooks(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Webhook)) or 0


def find_webhook(db: Session, key: str) -> Webhook | None:
    return db.scalar(select(Webhook).where(Webhook.key == key))


def find_webhook_by_id(db: Session, webhook_id: int) -> Webhook | None:
    return db.get(Webhook, webhook_id)


def find_locked(db: Session, *, key: str = "", webhook_id: int = 0) -> Webhook | None:
    query = select(Webhook).where(or_(Webhook.key == key, Webhook.id == webhook_id))
    return db.scalar(query.with_for_update().execution_options(populate_existing=True))


def add_webhook(db: Session, values: dict[str, Any]) -> Webhook:
    hook = Webhook(**values)
    db.add(hook)
    db.flush()
    return hook


def remove_webhook(db: Session, webhook_id: int) -> None:
    db.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id))
    db.execute(delete(Webhook).where(Webhook.id == webhook_id))


def add_delivery(db: Session, **values: Any) -> int | None:
    """The new row's id; None when this event was owed to this webhook under this number before."""
    if insert_once(db, WebhookDelivery, [values]) == 0:
        return None
    query = select(WebhookDelivery.id).where(
        WebhookDelivery.webhook_id == values["webhook_id"], WebhookDelivery.event_id == values["event_id"],
        WebhookDelivery.number == values["number"],
    )  # fmt: skip
    return db.scalars(query).one()


def find_delivery(db: Session, delivery_id: int) -> WebhookDelivery | None:
    return db.get(WebhookDelivery, delivery_id)


def find_last_body(db: Session, webhook_id: int, conference_id: int) -> str | None:
    """What a webhook was told last about a conference."""
    query = select(WebhookDelivery.body).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.conference_id == conference_id
    )
    return db.scalar(query.order_by(WebhookDelivery.change_id.desc(), WebhookDelivery.id.desc()).limit(1))


def list_deliveries(db: Session, webhook_id: int, *, before: int | None, limit: int) -> list[Delivered]:
    """The newest first; ``before``: the id of the last one already seen."""
    d = WebhookDelivery
    columns: tuple[Any, ...] = (
        d.id, d.event, d.event_id, d.number, d.made_at, d.status, d.millis, d.answered_at, Effect.state,
        Effect.attempts, Effect.due, Effect.last_error, Conference.key,
    )  # fmt: skip
    query = (
        select(*columns)
        .join(Effect, Effect.key == _EFFECT_KEY)
        .outerjoin(Conference, Conference.id == d.conference_id)
        .where(d.webhook_id == webhook_id)
    )
    if before is not None:
        query = query.where(d.id < before)
    return [Delivered(*row) for row in db.execute(query.order_by(d.id.desc()).limit(limit))]


def list_deliveries_since(db: Session, webhook_id: int, since: datetime, limit: int) -> Sequence[WebhookDelivery]:
    """The first telling of every event since then, oldest first; no trials."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.made_at >= since, WebhookDelivery.number == 0,
        WebhookDelivery.change_id > 0,
    )  # fmt: skip
    return db.scalars(query.order_by(WebhookDelivery.id).limit(limit)).all()


def list_numbers(db: Session, webhook_id: int, event_ids: Collection[str]) -> dict[str, int]:
    """How often each event was told again."""
    d = WebhookDelivery
    query = select(d.event_id, func.max(d.number)).where(d.webhook_id == webhook_id, d.event_id.in_(event_ids))
    return {row[0]: row[1] for row in db.execute(query.group_by(d.event_id))}


def set_given_up(db: Session, webhook_id: int, *, now: datetime) -> None:
    """Nothing is tried for this webhook any more."""
    keys = select(_EFFECT_KEY).where(WebhookDelivery.webhook_id == webhook_id)
    given_up = (
        update(Effect)
        .where(Effect.kind == "webhook", Effect.state == literal_column("'owed'"), Effect.key.in_(keys))
        .values(state="dead", settled=now, last_error="switched off")
        .execution_options(synchronize_session=False)
    )
    db.execute(given_up)
