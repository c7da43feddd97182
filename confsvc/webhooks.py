"""Webhooks at the edge: their secrets, the signed call, and the reading of changes that owes them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from confsvc.calls import Called, Calls
from confsvc.database import Database
from integrations.outside import Allowed, WrongUrl
from integrations.signing import signed_headers
from rooms.errors import FieldError, Invalid
from scheduler.drain import Handler
from scheduler.outcomes import Claimed, Done, Later, Needless, Outcome
from scheduler.telling.feed import AT_ONCE, Feed, tell_webhooks
from scheduler.telling.webhook_queries import any_active, find_delivery, find_webhook_by_id
from scheduler.telling.webhooks import READER, note_answer

QUIET = timedelta(seconds=30)
"""After a call without an answer nothing else is tried at that webhook for so long: others wait behind it."""


class Ready(NamedTuple):
    """One delivery, ready to leave."""

    webhook_id: int
    url: str
    salt: str
    event: str
    event_id: str
    body: str


def secret_of(key: bytes, salt: str) -> str:
    """A webhook's secret, made from the service's own key: it is stored nowhere and shown when it is made."""
    made = hmac.new(key, f"webhook\n{salt}".encode(), hashlib.sha256).hexdigest()
    return f"whsec_{made[:48]}"


def checked_url(allowed: Allowed, url: str) -> str:
    """The address of a webhook as typed. Raises Invalid for one that is never called."""
    try:
        return allowed.check(url)
    except WrongUrl as problem:
        raise Invalid([FieldError("url", problem.code)]) from problem


def delivering(database: Database, calls: Calls, key: bytes, *, now: Callable[[], datetime]) -> Handler:
    """The door of the effect "webhook". Whatever is not a yes is tried again until its three days are over."""
    quiet: dict[int, datetime] = {}

    async def webhook(claimed: Claimed) -> Outcome:
        ready = await database.read(_ready, int(claimed.payload["delivery"]))
        if ready is None:
            return Needless()
        until = quiet.get(ready.webhook_id)
        if until is not None and now() < until:
            return Later((until - now()).total_seconds(), False, "the address did not answer a moment ago")
        body = ready.body.encode()
        headers = signed_headers(
            secret_of(key, ready.salt), int(now().timestamp()), body, event=ready.event, event_id=ready.event_id
        )
        called = await calls.call("POST", ready.url, body, headers)
        if called.status is None:
            quiet[ready.webhook_id] = now() + QUIET
        else:
            quiet.pop(ready.webhook_id, None)
        await database.write(
            note_answer, int(claimed.payload["delivery"]), good=called.good, status=called.status,
            millis=called.millis, now=now(),
        )  # fmt: skip
        return _outcome(called)

    return webhook


def _outcome(called: Called) -> Outcome:
    if called.good:
        return Done({"status": called.status})
    return Later(called.after, called.maybe, called.error)


def _ready(db: Session, delivery_id: int) -> Ready | None:
    """None: the webhook is gone or off."""
    one = find_delivery(db, delivery_id)
    hook = find_webhook_by_id(db, one.webhook_id) if one is not None else None
    if one is None or hook is None or hook.disabled_at is not None:
        return None
    return Ready(hook.id, hook.url, hook.salt, one.event, one.event_id, one.body)


def webhook_feed(database: Database) -> Callable[[datetime], Awaitable[None]]:
    """Reads what happened since the last time and owes it; nothing is read while nobody wants to be told."""
    feed = Feed(READER, tell_webhooks)

    async def read(now: datetime) -> None:
        if await database.read(any_active):
            await read_all(database, feed, now)

    return read


async def read_all(database: Database, feed: Feed, now: datetime) -> None:
    """Every new change, in small units of work."""
    while ids := await database.write(feed.read, now=now):
        feed.remember(ids)
        if len(ids) < AT_ONCE:
            return
