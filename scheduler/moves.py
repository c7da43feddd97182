"""The table of moves, and the only place that writes a conference's state."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from rooms.changes import add_change
from scheduler.booking.giving_way.preempt_queries import set_displacement
from scheduler.errors import Stale, WrongMove
from scheduler.models import Conference

MOVES: dict[str, frozenset[str]] = {
    "draft": frozenset({"pending", "planned", "cancelled", "postponed"}),
    "pending": frozenset({"planned", "draft", "cancelled", "postponed"}),
    "planned": frozenset({"provisioned", "ended", "cancelled", "postponed", "pending"}),
    "provisioned": frozenset({"open", "ended", "cancelled", "postponed", "pending"}),
    "open": frozenset({"ended", "cancelled", "postponed"}),
    "ended": frozenset({"recorded"}),
    "recorded": frozenset(),
    "cancelled": frozenset({"pending", "planned"}),
    "postponed": frozenset({"pending", "planned", "cancelled"}),
}
"""From each state, where a conference may go. A missed tick may skip ``provisioned`` or ``open`` before the end."""


def move(
    db: Session,
    conference_id: int,
    to: str,
    *,
    expected: str,
    act: str,
    actor: str,
    now: datetime,
    reason: str | None = None,
    values: dict[str, Any] | None = None,
) -> None:
    """Move a conference from ``expected`` to ``to`` and leave its ``change`` row; ``values`` are columns set with it.

    Raises WrongMove when the table has no such move, Stale when the row is no longer in ``expected``.
    """
    if to not in MOVES[expected]:
        raise WrongMove(state=expected, to=to)
    values = values or {}
    row = (
        update(Conference)
        .where(Conference.id == conference_id, Conference.state == expected)
        .values(state=to, version=Conference.version + 1, **values)
    )
    if cast(CursorResult[Any], db.execute(row)).rowcount != 1:
        raise Stale(state=expected)
    if expected == "pending":  # whatever else becomes of it, nobody waits for an answer about another time
        set_displacement(db, conference_id, "cancelled" if to == "cancelled" else "changed", by=actor, now=now)
    after = {"state": to, **{k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}}
    add_change(
        db,
        "conference",
        conference_id,
        act,
        actor=actor,
        now=now,
        before={"state": expected},
        after=after,
        reason=reason,
    )
