"""Whether a video host is closed: asked for every booking on a host whose amounts are not checked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from rooms.prepared import Prepared
from scheduler.models import Closure, Reservation

_CLOSED = Prepared(
    select(Closure.id)
    .join(Reservation, Reservation.closure_id == Closure.id)
    .where(
        Closure.starts < bindparam("until"), Closure.ends > bindparam("since"), Closure.lifted_at.is_(None),
        Reservation.bridge_id == bindparam("bridge_id"),
    )
    .limit(1)
)  # fmt: skip


def find_closed(db: Session, bridge_id: int, since: datetime, until: datetime) -> bool:
    """For some of [since, until). The few closures are searched, not the many reservations of the host."""
    return bool(_CLOSED.rows(db, bridge_id=bridge_id, since=since, until=until))
