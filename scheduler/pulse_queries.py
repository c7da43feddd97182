"""How the whole is doing: what waits, since when, and whether it is a demonstration."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.models import Conference, Effect


def is_demonstration(db: Session) -> bool:
    """Whether the database holds demonstration data, which fills only empty ones: the first row tells."""
    return bool(db.scalar(select(Conference.demo).order_by(Conference.id).limit(1)))


def find_oldest_owed(db: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting effect is due; None when nothing waits."""
    query = select(func.min(Effect.due)).where(Effect.state.in_(("owed", "leased")), Effect.due <= now)
    return db.scalar(query)


def count_live_effects(db: Session) -> dict[tuple[str, str], int]:
    """How many effects are owed or under way, by kind and state."""
    query = select(Effect.kind, Effect.state, func.count()).where(Effect.state.in_(("owed", "leased")))
    return {(kind, state): count for kind, state, count in db.execute(query.group_by(Effect.kind, Effect.state))}


def count_live_conferences(db: Session) -> dict[str, int]:
    """How many conferences the loop still looks at, by state."""
    query = select(Conference.state, func.count()).where(Conference.due.is_not(None)).group_by(Conference.state)
    return dict(db.execute(query).all())
