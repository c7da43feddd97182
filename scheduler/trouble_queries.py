"""The statements on what is wrong with conferences."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from scheduler.models import Conference, Opening


def find_trouble(db: Session, conference_id: int) -> str | None:
    return db.scalar(select(Conference.trouble).where(Conference.id == conference_id))


def set_trouble(db: Session, conference_id: int, trouble: str | None, *, expected: str | None) -> bool:
    """Whether it was ``expected`` until now."""
    row = update(Conference).where(Conference.id == conference_id, Conference.trouble.is_not_distinct_from(expected))
    done = db.execute(row.values(trouble=trouble).execution_options(synchronize_session=False))
    return cast(CursorResult[Any], done).rowcount == 1


def list_on_bridge(db: Session, bridge_id: int, *, trouble: str | None) -> list[int]:
    """Conferences about to begin or running that are open on a video host, or were when this trouble was noted."""
    query = (
        select(Conference.id)
        .join(Opening, Opening.conference_id == Conference.id)
        .where(Opening.bridge_id == bridge_id, Conference.trouble.is_not_distinct_from(trouble))
    )
    if trouble is None:
        query = query.where(Conference.state.in_(("provisioned", "open")), Opening.until.is_(None))
    return list(db.scalars(query.distinct().order_by(Conference.id)))
