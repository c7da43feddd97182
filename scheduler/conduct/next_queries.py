"""The statement that tells what each room has next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.conduct.agenda_queries import ALIVE
from scheduler.models import LONGEST_SPAN, Conference, Site


class NextSitting(NamedTuple):
    """A conference in a room, running or to come."""

    room_id: int
    key: str
    title: str
    starts: datetime
    ends: datetime
    state: str


def list_next_sittings(
    db: Session, room_ids: Collection[int], now: datetime, until: datetime
) -> dict[int, NextSitting]:
    """By room the conference that runs, else the next one that begins before ``until``."""
    query = (
        select(Site.room_id, Conference.key, Conference.title, Conference.starts, Conference.ends, Conference.state)
        .join(Conference, Conference.id == Site.conference_id)
        .where(
            Site.room_id.in_(room_ids), Conference.state.in_(ALIVE), Conference.starts < until,
            Conference.starts > now - LONGEST_SPAN, Conference.ends > now,
        )
        .order_by(Conference.starts.desc(), Conference.id.desc())
    )  # fmt: skip
    return {row[0]: NextSitting(*row) for row in db.execute(query)}
