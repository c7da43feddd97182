"""The statements on the goals of the measure and on whom it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from rooms.queries import dated
from scheduler.models import Goal, KpiScope


def list_goals(db: Session) -> list[Goal]:
    return list(db.scalars(select(Goal).order_by(Goal.year)))


def find_goal(db: Session, year: int) -> Goal | None:
    return db.scalar(select(Goal).where(Goal.year == year))


def add_goals(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.execute(insert(Goal), rows)


def list_scopes(db: Session) -> list[KpiScope]:
    return list(db.scalars(select(KpiScope).order_by(KpiScope.valid_from)))


def find_scope(db: Session, on: date) -> KpiScope | None:
    """Which level of unit makes a meeting count on a day."""
    return db.scalar(select(KpiScope).where(dated(KpiScope, on)))


def add_scopes(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    db.execute(insert(KpiScope), rows)


def close_scopes(db: Session, last_day: date) -> None:
    """End the open-ended scope with ``last_day``."""
    db.execute(update(KpiScope).where(KpiScope.valid_to.is_(None)).values(valid_to=last_day))
