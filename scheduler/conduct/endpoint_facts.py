"""What endpoints report, as facts: once per (endpoint, boot, number), whatever is repeated and in whatever order."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.messages import Event
from scheduler.conduct.agenda_queries import list_keys_at, list_known_keys
from scheduler.conduct.facts import NewFact, add_fact

EARLIEST = timedelta(days=7)  # an outbox keeps no older events
LATEST = timedelta(minutes=2)
MOST_DATA = 2_000  # characters of JSON
MOST_ASKED = 2_000  # what a device holds at most


def store_events(db: Session, endpoint_id: int, boot: str, events: Sequence[Event], *, now: datetime) -> int:
    """Write a batch; returns its highest number, for the cumulative acknowledgement: devices send in order.

    An event names a conference by key; it counts for that conference only when the endpoint's room has a site in it.
    A device's clock may be years off: a time outside the last seven days is replaced by ``now`` and kept in the data.
    """
    keys = list_keys_at(db, endpoint_id, {e.conference for e in events if e.conference})
    for event in events:
        add_fact(db, _fact(endpoint_id, boot, event, keys, now), now=now)
    return max(event.seq for event in events)


def _fact(endpoint_id: int, boot: str, event: Event, keys: Collection[str], now: datetime) -> NewFact:
    known = event.conference in keys
    data: dict[str, Any] = {"boot": boot, "seq": event.seq, "mono": event.mono}
    if event.conference and not known:
        data["conference"] = event.conference
    at = event.at
    if not now - EARLIEST <= at <= now + LATEST:
        data["claimed_at"] = at.isoformat()
        at = now
    if event.data:
        small = len(json.dumps(event.data, ensure_ascii=False)) <= MOST_DATA
        data["said"] = dict(event.data) if small else {"dropped": "too_large"}
    return NewFact(
        key=event_key(endpoint_id, boot, event.seq),
        kind=f"endpoint.{event.type}",
        source=f"endpoint:{endpoint_id}",
        at=min(at, now),
        data=data,
        conference_key=event.conference if known else None,
        endpoint_id=endpoint_id,
    )


def event_key(endpoint_id: int, boot: str, seq: int) -> str:
    """The fact's key."""
    return f"ep:{endpoint_id}:{boot}:{seq}"


def stored_until(db: Session, endpoint_id: int, boot: str, first: int, last: int) -> int:
    """Of the numbers ``first`` to ``last`` that a device still holds: up to which one all are stored (0: none)."""
    last = min(last, first + MOST_ASKED - 1)
    keys = {event_key(endpoint_id, boot, seq): seq for seq in range(first, last + 1)}
    known = {keys[key] for key in list_known_keys(db, list(keys))}
    seq = first
    while seq in known:
        seq += 1
    return seq - 1
