"""What happened outside, written down once per key, in any order.

A fact writes no state. It may only ring: somebody joined, so look at the conference now; something arrived late, so
derive the record again. That a room was destroyed is a fact like others and never ends a conference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.once import poke
from scheduler.conduct import queries
from scheduler.conduct.presence_queries import has_given_back

LATE_WAIT = timedelta(minutes=1)  # late facts come in bunches: the record is derived once for all of them

ATTENDING = frozenset({
    "occupant.joined", "occupant.left", "room.destroyed", "room.gone", "endpoint.joined", "endpoint.left",
    "endpoint.kicked", "endpoint.crash",
})  # fmt: skip
"""The kinds from which attendance is derived."""


@dataclass(frozen=True)
class NewFact:
    """``key`` makes it unique for ever. ``kind``: room.asked, room.released, room.created, room.destroyed, room.gone,
    occupant.joined, occupant.left. What endpoints report is in `endpoint_facts`.

    Either (``bridge_id``, ``jitsi_name``) says where, also for a name that was never ours, or ``conference_key``.
    ``data`` holds JSON values: of an occupant {"connection", "device", "name", "joined", "left"} with ISO times, of
    room.destroyed {"occupants": [the same]}.
    """

    key: str
    kind: str
    source: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    bridge_id: int | None = None
    jitsi_name: str | None = None
    conference_key: str | None = None
    endpoint_id: int | None = None


def add_fact(db: Session, fact: NewFact, *, now: datetime) -> bool:
    """Write it down; False when its key is known already."""
    opening_id, conference_id = _where(db, fact)
    data = dict(fact.data)
    if fact.jitsi_name is not None:
        data["room"] = fact.jitsi_name
    row = {
        "key": fact.key, "kind": fact.kind, "source": fact.source, "conference_id": conference_id,
        "opening_id": opening_id, "endpoint_id": fact.endpoint_id, "at": fact.at, "received": now, "data": data,
    }  # fmt: skip
    if not queries.add_fact_once(db, row):
        return False
    if conference_id is not None:
        ring(db, conference_id, fact.kind, now=now)
    return True


def _where(db: Session, fact: NewFact) -> tuple[int | None, int | None]:
    if fact.bridge_id is not None and fact.jitsi_name is not None:
        opening = queries.find_opening(db, fact.bridge_id, fact.jitsi_name)
        return (opening.id, opening.conference_id) if opening else (None, None)
    if fact.conference_key is not None:
        return None, queries.find_conference_id(db, fact.conference_key)
    return None, None


def ring(db: Session, conference_id: int, kind: str, *, now: datetime) -> None:
    """Have the conference looked at because of a new fact of this kind."""
    if kind in queries.JOINED:
        queries.set_due_sooner(db, conference_id, now, states=("provisioned",))
        if has_given_back(db, conference_id):
            queries.set_due_sooner(db, conference_id, now, states=("open",))
    if kind in ATTENDING:
        queries.set_due_sooner(db, conference_id, now + LATE_WAIT, states=("recorded",))
    poke(db, f"conference:{conference_id}", "due")
