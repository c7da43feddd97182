"""The rows of the video hosts that are configured: each keeps its id for ever, also when its address changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from scheduler.models import Bridge


class Configured(NamedTuple):
    """A video host as configured; ``seats`` and ``kbps``: what it carries at once, None where nobody said."""

    name: str
    base_url: str
    seats: int | None = None
    kbps: int | None = None


def register_bridges(db: Session, configured: Sequence[Configured]) -> list[int]:
    """Make the rows fit the configuration; the ids in its order. Others stay, inactive."""
    there = {row.name: row for row in db.scalars(select(Bridge))}
    ids = []
    for one in configured:
        row, values = there.get(one.name), {**one._asdict(), "active": True}
        if row is None:
            ids.append(db.execute(insert(Bridge).values(**values).returning(Bridge.id)).scalar_one())
            continue
        if any(getattr(row, name) != value for name, value in values.items()):
            db.execute(update(Bridge).where(Bridge.id == row.id).values(**values))
        ids.append(row.id)
    names = {one.name for one in configured}
    gone = [row.id for name, row in there.items() if row.active and name not in names]
    db.execute(update(Bridge).where(Bridge.id.in_(gone)).values(active=False))
    return ids
