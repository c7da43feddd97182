"""Statements on the mails to one person about what waits for him: what is still owed, and what left last."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from scheduler.models import Effect

_MAILS = Effect.kind == literal_column("'waiting'")  # not a parameter: only then both databases use the partial index


def list_live(db: Session, chain: str) -> Sequence[Effect]:
    """Owed or under way, the oldest first."""
    query = select(Effect).where(Effect.chain == chain, _MAILS, Effect.state.in_(("owed", "leased")))
    return db.scalars(query.order_by(Effect.id)).all()


def find_last_done(db: Session, chain: str) -> Effect | None:
    """The one that left last."""
    query = select(Effect).where(Effect.chain == chain, _MAILS, Effect.state == "done")
    return db.scalar(query.order_by(Effect.id.desc()).limit(1))
