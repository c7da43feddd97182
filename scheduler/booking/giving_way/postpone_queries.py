"""Statements of postponing together: which conferences a filter names, the batch, and how far it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.orm import Session

from scheduler.booking.giving_way.models import Batch, BatchItem
from scheduler.models import Conference, Guest, Site

POSTPONABLE = ("pending", "planned", "provisioned")


class Concerned(NamedTuple):
    """What a preview says of one conference."""

    id: int
    key: str
    title: str
    host_unit_id: int
    starts: datetime
    ends: datetime
    sites: int
    people: int


def list_concerned(
    db: Session, since: datetime, until: datetime, kinds: Collection[str], host_unit_ids: Collection[int] | None
) -> list[Concerned]:
    """Booked conferences of these kinds that start during [since, until), by start; None: of all hosts."""
    sites = select(func.count()).where(Site.conference_id == Conference.id).scalar_subquery()
    people = select(func.count()).where(Guest.conference_id == Conference.id, Guest.removed_at.is_(None))
    query = select(
        Conference.id, Conference.key, Conference.title, Conference.host_unit_id, Conference.starts, Conference.ends,
        sites, people.scalar_subquery(),
    ).where(
        Conference.state.in_(POSTPONABLE), Conference.origin == "booked", Conference.starts >= since,
        Conference.starts < until, Conference.kind.in_(kinds),
    )  # fmt: skip
    if host_unit_ids is not None:
        query = query.where(Conference.host_unit_id.in_(host_unit_ids))
    return [Concerned(*row) for row in db.execute(query.order_by(Conference.starts, Conference.id))]


def add_batch(db: Session, row: Mapping[str, Any], conference_ids: Sequence[int]) -> int:
    """The batch and one waiting item a conference; its id."""
    batch_id = db.execute(insert(Batch).values(**row).returning(Batch.id)).scalar_one()
    items = [{"batch_id": batch_id, "conference_id": one, "state": "waiting"} for one in conference_ids]
    if items:
        db.execute(insert(BatchItem), items)
    return batch_id


def find_batch(db: Session, key: str) -> Batch | None:
    return db.scalar(select(Batch).where(Batch.key == key))


def find_back(db: Session, batch_id: int) -> Batch | None:
    """The batch that brings the conferences of another back."""
    return db.scalar(select(Batch).where(Batch.of_id == batch_id))


def list_batches(db: Session, made_by: str | None, limit: int) -> Sequence[Batch]:
    """Those that postponed, newest first; None: whoever made them."""
    query = select(Batch).where(Batch.act == "postpone")
    if made_by is not None:
        query = query.where(Batch.made_by == made_by)
    return db.scalars(query.order_by(Batch.id.desc()).limit(limit)).all()


class Waiting(NamedTuple):
    batch_id: int
    conference_id: int


def find_waiting(db: Session) -> Waiting | None:
    """The next conference of the oldest unfinished batch."""
    query = (
        select(BatchItem.batch_id, BatchItem.conference_id)
        .join(Batch, Batch.id == BatchItem.batch_id)
        .where(Batch.finished_at.is_(None), BatchItem.state == "waiting")
        .order_by(BatchItem.batch_id, BatchItem.conference_id)
    )
    row = db.execute(query.limit(1)).first()
    return Waiting(*row) if row else None


def set_item(db: Session, item: Waiting, state: str, *, now: datetime, code: str | None = None) -> bool:
    """Settle an item that waits; False when somebody else did. With the last one the batch is finished."""
    mine = (BatchItem.batch_id == item.batch_id, BatchItem.conference_id == item.conference_id)
    query = update(BatchItem).where(*mine, BatchItem.state == "waiting").values(state=state, at=now, code=code)
    done = cast(CursorResult[Any], db.execute(query.execution_options(synchronize_session=False))).rowcount == 1
    set_finished(db, item.batch_id, now=now)
    return done


def set_finished(db: Session, batch_id: int, *, now: datetime) -> None:
    """Finished when nothing of it waits any more."""
    waits = select(BatchItem.batch_id).where(BatchItem.batch_id == batch_id, BatchItem.state == "waiting")
    query = update(Batch).where(Batch.id == batch_id, Batch.finished_at.is_(None), ~waits.exists())
    db.execute(query.values(finished_at=now).execution_options(synchronize_session=False))


class ItemRow(NamedTuple):
    """One conference of a batch and what became of it."""

    conference_id: int
    key: str
    title: str
    starts: datetime
    state: str
    code: str | None


def list_items(db: Session, batch_id: int) -> list[ItemRow]:
    query = (
        select(
            BatchItem.conference_id, Conference.key, Conference.title, Conference.starts, BatchItem.state,
            BatchItem.code,
        )
        .join(Conference, Conference.id == BatchItem.conference_id)
        .where(BatchItem.batch_id == batch_id)
        .order_by(Conference.starts, Conference.id)
    )  # fmt: skip
    return [ItemRow(*row) for row in db.execute(query)]
