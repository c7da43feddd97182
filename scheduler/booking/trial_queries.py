"""The statements on trial runs."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from scheduler.models import Conference


def find_trial(db: Session, conference_id: int) -> Conference | None:
    """The trial run of a conference that has not been called off."""
    query = select(Conference).where(
        Conference.trial_for_id == conference_id, Conference.state.not_in(("cancelled", "postponed"))
    )
    return db.scalar(query.order_by(Conference.id.desc()).limit(1))


def set_trial(db: Session, trial_id: int, conference_id: int) -> None:
    db.execute(update(Conference).where(Conference.id == trial_id).values(trial_for_id=conference_id))
