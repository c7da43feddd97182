"""The rows of the video hosts that are configured: each keeps its id for ever, also when its address changes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from scheduler.models import Bridge


def register_bridges(db: Session, configured: Sequence[tuple[str, str]]) -> list[int]:
    """Make the rows fit (name, base URL) pairs; the ids in that order. Others stay, inactive."""
    there = {row.name: row for row in db.scalars(select(Bridge))}
    ids = []
    for name, base_url in configured:
        row = there.get(name)
        if row is None:
            query = insert(Bridge).values(name=name, base_url=base_url, active=True).returning(Bridge.id)
            ids.append(db.execute(query).scalar_one())
            continue
        if (row.base_url, row.active) != (base_url, True):
            db.execute(update(Bridge).where(Bridge.id == row.id).values(base_url=base_url, active=True))
        ids.append(row.id)
    gone = [row.id for name, row in there.items() if row.active and name not in {name for name, _ in configured}]
    db.execute(update(Bridge).where(Bridge.id.in_(gone)).values(active=False))
    return ids
