"""The statements on series: the row, its conferences, the dates that were left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from scheduler.booking.place.capacity import Amount
from scheduler.booking.place.reservations import KEYS, Hold
from scheduler.models import Conference, Delegation, Opening, Reservation, Series, SeriesSkip

_OFF: Any = {"synchronize_session": False}


def find_series(db: Session, key: str) -> Series | None:
    return db.scalar(select(Series).where(Series.key == key))


def find_locked_series(db: Session, key: str) -> Series | None:
    """The series, which nobody else changes until the end of this transaction."""
    query = select(Series).where(Series.key == key).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))


def find_series_by_id(db: Session, series_id: int) -> Series | None:
    return db.get(Series, series_id)


def list_members(db: Session, series_id: int) -> Sequence[Conference]:
    """All conferences of a series, by the date that they are, extra dates by their time."""
    query = select(Conference).where(Conference.series_id == series_id)
    return db.scalars(query.order_by(Conference.starts, Conference.id)).all()


def list_locked_members(db: Session, series_id: int) -> Sequence[Conference]:
    """The same, locked in one order, so that two who change series or their dates do not wait for each other."""
    query = select(Conference).where(Conference.series_id == series_id).order_by(Conference.id)
    rows = db.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    return sorted(rows, key=lambda row: (row.starts, row.id))


def list_skips(db: Session, series_id: int) -> list[datetime]:
    """Original starts of the dates that were left out, rising."""
    query = select(SeriesSkip.original_starts).where(SeriesSkip.series_id == series_id)
    return list(db.scalars(query.order_by(SeriesSkip.original_starts)))


def add_skips(db: Session, series_id: int, originals: Collection[datetime], *, by: str, at: datetime) -> None:
    if originals:
        rows = [{"series_id": series_id, "original_starts": one, "by": by, "at": at} for one in sorted(originals)]
        db.execute(insert(SeriesSkip), rows)


def delete_skips(db: Session, series_id: int, *, since: datetime) -> None:
    """Forget those on or after ``since``."""
    mine = (SeriesSkip.series_id == series_id, SeriesSkip.original_starts >= since)
    db.execute(delete(SeriesSkip).where(*mine).execution_options(**_OFF))


def delete_skip(db: Session, series_id: int, original: datetime) -> bool:
    """Whether there was one."""
    mine = (SeriesSkip.series_id == series_id, SeriesSkip.original_starts == original)
    done = db.execute(delete(SeriesSkip).where(*mine).execution_options(**_OFF))
    return cast(CursorResult[Any], done).rowcount == 1


def set_series(db: Session, series_id: int, values: Mapping[str, Any]) -> None:
    """New columns; the version rises by one."""
    query = update(Series).where(Series.id == series_id).values(**values, version=Series.version + 1)
    db.execute(query.execution_options(**_OFF))


def set_columns_of(db: Session, conference_ids: Collection[int], values: Mapping[str, Any]) -> None:
    """The same columns of several conferences, without a new version: for where they belong, not what they are."""
    query = update(Conference).where(Conference.id.in_(conference_ids)).values(**values)
    db.execute(query.execution_options(**_OFF))


def list_holds_of(db: Session, conference_ids: Collection[int]) -> list[Hold]:
    """What these conferences hold now, without amounts: for the locks around their change."""
    keys = (Reservation.room_id, Reservation.line_id, Reservation.bridge_id)
    query = select(*keys, Reservation.starts, Reservation.ends).where(Reservation.conference_id.in_(conference_ids))
    return [
        Hold(kind, resource_id, starts, ends)
        for *ids, starts, ends in db.execute(query)
        for kind, resource_id in zip(KEYS, ids, strict=True)
        if resource_id is not None
    ]


def delete_reservations_of(db: Session, conference_ids: Collection[int]) -> None:
    """Give back everything that these conferences hold; before any of their new set is written."""
    query = delete(Reservation).where(Reservation.conference_id.in_(conference_ids))
    db.execute(query.execution_options(**_OFF))


def set_bridge_amount(db: Session, conference_id: int, amount: Amount) -> None:
    """What a conference takes of its video host; nothing else of what it holds changes."""
    query = update(Reservation).where(Reservation.conference_id == conference_id, Reservation.bridge_id.is_not(None))
    db.execute(query.values(**amount._asdict()).execution_options(**_OFF))


def list_bridges_of(db: Session, conference_ids: Collection[int]) -> dict[int, int]:
    """The video host of each conference that has an opening."""
    query = select(Opening.conference_id, Opening.bridge_id)
    rows = db.execute(query.where(Opening.conference_id.in_(conference_ids), Opening.until.is_(None)))
    return {row[0]: row[1] for row in rows}


def list_split_off(db: Session, series_id: int) -> Sequence[Series]:
    """Series that were made of this one's later dates."""
    return db.scalars(select(Series).where(Series.split_from_id == series_id).order_by(Series.id)).all()


def list_names_apart(db: Session, conference_ids: Collection[int]) -> dict[int, frozenset[tuple[int, str, str]]]:
    """Units (id, name, short) that are not on all of these dates, or not under one name, by conference; {} when all
    dates have the same."""
    mine = Delegation.conference_id.in_(conference_ids)
    short, name = Delegation.unit_short, Delegation.unit_name
    differs = (func.min(short) != func.max(short), func.min(name) != func.max(name))
    apart = select(Delegation.unit_id).where(mine).group_by(Delegation.unit_id)
    apart = apart.having(or_(func.count() < len(conference_ids), *differs))
    query = select(Delegation.conference_id, Delegation.unit_id, name, short)
    found: dict[int, set[tuple[int, str, str]]] = {}
    for row in db.execute(query.where(mine, Delegation.unit_id.in_(apart))):
        found.setdefault(row[0], set()).add((row[1], row[2], row[3]))
    return {one: frozenset(found.get(one, ())) for one in conference_ids} if found else {}
