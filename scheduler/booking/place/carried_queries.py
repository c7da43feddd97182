"""What devices reported of their last conferences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from rooms.models import Endpoint
from rooms.prepared import Prepared, listed
from scheduler.booking.place.carried import Carried, carried_of
from scheduler.models import Conference, Fact

REMEMBERED = timedelta(days=30)
_CARRIED = Prepared(
    select(Endpoint.room_id, Conference.starts, Fact.data)
    .join(Fact, Fact.endpoint_id == Endpoint.id)
    .join(Conference, Conference.id == Fact.conference_id)
    .where(
        listed(Endpoint.room_id, "ids"), Fact.at > bindparam("since"), Fact.at < bindparam("until"),
        Fact.kind == bindparam("kind"),
    )
    .order_by(Fact.at.desc(), Fact.id.desc())
)  # fmt: skip


def list_carried(db: Session, room_ids: Sequence[int], before: datetime) -> dict[int, list[Carried]]:
    """What the devices of these rooms reported of conferences of the last weeks before ``before``, newest first, by
    room id."""
    if not room_ids:
        return {}
    found: dict[int, list[Carried]] = {}
    since = before - REMEMBERED
    for room_id, starts, data in _CARRIED.rows(db, ids=room_ids, since=since, until=before, kind="endpoint.quality"):
        report = carried_of(starts, data.get("said") or {})
        if report is not None:
            found.setdefault(room_id, []).append(report)
    return found
