"""The statements of extending a running conference: what it holds to its end, and the lines behind that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from rooms.models import Line
from scheduler.booking.place.capacity import LineLimit
from scheduler.models import Done, Reservation


def list_held(db: Session, conference_id: int) -> list[dict[str, Any]]:
    """The conference's reservations as they stand, without their ids."""
    columns = [column for column in Reservation.__table__.columns if column.name != "id"]
    rows = db.execute(select(*columns).where(Reservation.conference_id == conference_id).order_by(Reservation.id))
    return [dict(row) for row in rows.mappings()]


def set_held(db: Session, conference_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Delete the set and write it anew; nothing of it is ever updated. Raises IntegrityError when a room is taken."""
    mine = delete(Reservation).where(Reservation.conference_id == conference_id)
    db.execute(mine.execution_options(synchronize_session=False))
    if rows:
        db.execute(insert(Reservation), [dict(row) for row in rows])


def list_line_limits(db: Session, line_ids: Sequence[int]) -> dict[int, tuple[str, LineLimit]]:
    """Name and limit of each line."""
    query = select(Line.id, Line.name, Line.kbps_up, Line.kbps_down, Line.share).where(Line.id.in_(line_ids))
    return {row[0]: (row[1], LineLimit(*row[2:])) for row in db.execute(query)}


def delete_done(db: Session, conference_id: int, steps: Sequence[str], for_starts: datetime) -> None:
    """These steps are to be taken again in this sitting."""
    query = delete(Done).where(Done.conference_id == conference_id, Done.step.in_(steps), Done.for_starts == for_starts)
    db.execute(query.execution_options(synchronize_session=False))
