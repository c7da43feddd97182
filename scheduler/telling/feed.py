"""What happened to conferences becomes what webhooks are owed and what is urgent.

The ``change`` rows are the list of what happened: each was written in the transaction of its act. They are read a
moment later, so a booking costs nothing more when there are webhooks, and nothing at all when there are none.

On PostgreSQL a change may be committed after one with a greater id. So the last ids are looked at again each time, and
what was told is not told again (a unique key). On SQLite writers come one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.telling import news_queries as queries
from scheduler.telling.models import Webhook
from scheduler.telling.news import event_of, public_part
from scheduler.telling.news_queries import News, public_view
from scheduler.telling.webhook_queries import find_last_body, list_webhooks
from scheduler.telling.webhooks import owe_delivery, wants, written

AT_ONCE = 200
LOOKED_BACK = 3000
"""Ids that are looked at again: more than are given out while one transaction runs."""


class Feed:
    """One reader of the changes. ``name``: how far it has come is a row under this name; ``use`` is given new changes
    of conferences inside the transaction that remembers them."""

    def __init__(self, name: str, use: Callable[[Session, Sequence[News], datetime], None]) -> None:
        self.name = name
        self.use = use
        self._seen: set[int] = set()

    def read(self, db: Session, *, now: datetime) -> list[int]:
        """A unit of work: the ids of the changes that it read, to be given to ``remember`` after its commit; AT_ONCE of
        them when there may be more. The first time ever nothing is told: who is new hears of what happens from then
        on."""
        upto = queries.lock_reader(db, self.name)
        if upto is None:
            queries.add_reader(db, self.name, queries.find_last_change_id(db))
            return []
        back = LOOKED_BACK if db.connection().dialect.name == "postgresql" else 0
        ids = [one for one in queries.list_news_ids(db, max(upto - back, 0), back + AT_ONCE) if one not in self._seen]
        if not ids:
            return []
        ids = ids[:AT_ONCE]
        self.use(db, queries.list_news(db, ids), now)
        queries.set_reader(db, self.name, max(upto, ids[-1]))
        return ids

    def remember(self, ids: Sequence[int]) -> None:
        """What was read and committed."""
        self._seen.update(ids)
        if len(self._seen) > 3 * LOOKED_BACK:
            kept = sorted(self._seen)[-2 * LOOKED_BACK :]
            self._seen = set(kept)


def tell_webhooks(db: Session, news: Sequence[News], now: datetime) -> None:
    """Owe each webhook what it wants to hear of these changes."""
    hooks = list_webhooks(db, active=True)
    for one in news if hooks else ():
        event = event_of(one.before, one.after)
        if event is not None:
            _tell(db, [hook for hook in hooks if one.id > hook.since], one, event, now)


def _tell(db: Session, hooks: Sequence[Webhook], one: News, event: str, now: datetime) -> None:
    conference = queries.find_conference(db, one.conference_id) if hooks else None
    if conference is None or (event == "changed" and conference.state == "draft"):
        return
    shown, units = public_view(db, conference), queries.list_part_units(db, conference)
    event_id = f"change-{one.id}"
    body = written({"id": event_id, "event": event, "at": one.at.isoformat(), "conference": shown})
    for hook in hooks:
        last = find_last_body(db, hook.id, conference.id)
        if not wants(hook, event, units, known=last is not None) or (event == "cancelled" and one.asked and not last):
            continue
        if event == "changed" and last is not None and _said(last) == public_part(shown):
            continue
        owe_delivery(
            db, hook, event=event, event_id=event_id, body=body, now=now, change_id=one.id,
            conference_id=conference.id,
        )  # fmt: skip


def _said(body: str) -> dict[str, object]:
    return public_part(json.loads(body)["conference"])
