"""The row that every change leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from rooms.models import Change


def change_row(
    subject_kind: str,
    subject_id: int,
    act: str,
    *,
    actor: str,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """The values of one ``change`` row, for callers that write many rows in one statement."""
    return {
        "at": now, "actor": actor, "subject_kind": subject_kind, "subject_id": subject_id, "act": act,
        "before": before, "after": after, "reason": reason,
    }  # fmt: skip


def add_change(db: Session, subject_kind: str, subject_id: int, act: str, **kwargs: Any) -> None:
    """Write one ``change`` row in the caller's transaction; arguments as ``change_row``.

    ``actor`` is "account:5", "endpoint:3", "bridge:1", "clock", "cli" or "demo". Values are JSON.
    """
    db.execute(insert(Change).values(**change_row(subject_kind, subject_id, act, **kwargs)))
