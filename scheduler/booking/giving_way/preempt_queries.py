"""Statements of giving way: who holds what a wish needs, what was displaced and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from rooms.models import Unit
from scheduler.booking.giving_way.models import Displacement
from scheduler.models import LONGEST_SPAN, Conference, Guest, Reservation, Site


class Held(NamedTuple):
    """A room that somebody holds then; ``conference_id`` None: it is closed."""

    room_id: int
    conference_id: int | None


def list_holding(db: Session, room_ids: Collection[int], since: datetime, until: datetime) -> list[Held]:
    """Who holds which of these rooms during [since, until)."""
    query = select(Reservation.room_id, Reservation.conference_id).where(
        Reservation.room_id.in_(room_ids), or_(Reservation.holds.is_(True), Reservation.closure_id.is_not(None)),
        Reservation.starts < until, Reservation.starts > since - LONGEST_SPAN, Reservation.ends > since,
    )  # fmt: skip
    return [Held(room_id or 0, conference_id) for room_id, conference_id in db.execute(query.distinct())]


def list_holders(
    db: Session, what: str, resource_id: int, since: datetime, until: datetime, *, except_ids: Collection[int]
) -> list[int]:
    """The conferences that take some of a line or host ("line", "bridge") during [since, until)."""
    column = Reservation.line_id if what == "line" else Reservation.bridge_id
    query = select(Reservation.conference_id).where(
        column == resource_id, Reservation.holds.is_(True), Reservation.starts < until,
        Reservation.starts > since - LONGEST_SPAN, Reservation.ends > since, Reservation.conference_id.is_not(None),
        Reservation.conference_id.not_in(except_ids),
    )  # fmt: skip
    return sorted(found for found in db.scalars(query.distinct()) if found is not None)


class Standing(NamedTuple):
    """A conference that stands in the way, with what its rank depends on."""

    conference: Conference
    host_level: str
    sites: int
    people: int


def list_standing(db: Session, ids: Collection[int], *, locked: bool) -> list[Standing]:
    """By id. ``locked``: nobody else changes them until the end of this transaction."""
    if not ids:
        return []
    query = select(Conference).where(Conference.id.in_(ids)).order_by(Conference.id)
    if locked:
        query = query.with_for_update(key_share=True)
    found = list(db.scalars(query.execution_options(populate_existing=True)))
    hosts = select(Unit.id, Unit.level).where(Unit.id.in_([c.host_unit_id for c in found]))
    levels = {row[0]: row[1] for row in db.execute(hosts)}
    sites = _counts(db, Site.conference_id, ids)
    people = _counts(db, Guest.conference_id, ids, Guest.removed_at.is_(None))
    return [Standing(c, levels[c.host_unit_id], sites.get(c.id, 0), people.get(c.id, 0)) for c in found]


def _counts(db: Session, column: Any, ids: Collection[int], *where: Any) -> dict[int, int]:
    query = select(column, func.count()).where(column.in_(ids), *where).group_by(column)
    return {row[0]: row[1] for row in db.execute(query)}


def find_level(db: Session, unit_id: int) -> str:
    return db.scalars(select(Unit.level).where(Unit.id == unit_id)).one()


def delete_holds(db: Session, conference_id: int, room_ids: Collection[int]) -> None:
    """Give back these rooms and everything that goes through a line or host; its other rooms stay held."""
    mine = (Reservation.conference_id == conference_id,)
    gone = or_(Reservation.room_id.is_(None), Reservation.room_id.in_(room_ids))
    db.execute(delete(Reservation).where(*mine, gone).execution_options(synchronize_session=False))


def delete_overlapping(
    db: Session, conference_id: int, room_ids: Collection[int], since: datetime, until: datetime
) -> None:
    """Give back what it holds of these rooms during [since, until), before it holds them for another time."""
    query = delete(Reservation).where(
        Reservation.conference_id == conference_id, Reservation.room_id.in_(room_ids), Reservation.starts < until,
        Reservation.ends > since,
    )  # fmt: skip
    db.execute(query.execution_options(synchronize_session=False))


def add_displacement(db: Session, row: Mapping[str, Any]) -> None:
    db.add(Displacement(**row))
    db.flush()


def find_open_displacement(db: Session, conference_id: int) -> Displacement | None:
    """The question that its host has not answered."""
    query = select(Displacement).where(Displacement.displaced_id == conference_id, Displacement.decided.is_(None))
    return db.scalar(query)


def set_displacement(db: Session, conference_id: int, outcome: str, *, by: str, now: datetime) -> bool:
    """Answer the open question of a conference; False when there is none."""
    query = (
        update(Displacement)
        .where(Displacement.displaced_id == conference_id, Displacement.decided.is_(None))
        .values(outcome=outcome, decided=now, decided_by=by)
    )
    found = db.execute(query.execution_options(synchronize_session="fetch").returning(Displacement.id)).all()
    return bool(found)


class Lost(NamedTuple):
    """A displacement with the two conferences in it."""

    displacement: Displacement
    displaced: Conference
    by: Conference


def list_displacements(db: Session, conference_id: int) -> list[Lost]:
    """Where a conference gave way, and where others gave way to it, oldest first."""
    return _lost(db, or_(Displacement.displaced_id == conference_id, Displacement.by_id == conference_id))


def list_open_displacements(db: Session, host_unit_ids: Collection[int] | None) -> list[Lost]:
    """What waits for its host's answer, the most urgent first; None: of all hosts."""
    where = [Displacement.decided.is_(None)]
    found = _lost(db, *where)
    return sorted(
        (one for one in found if host_unit_ids is None or one.displaced.host_unit_id in host_unit_ids),
        key=lambda one: (one.displacement.answer_until is None, one.displacement.answer_until, one.displacement.id),
    )


def _lost(db: Session, *where: Any) -> list[Lost]:
    query = select(Displacement).where(*where).order_by(Displacement.id)
    rows: Sequence[Displacement] = db.scalars(query).all()
    ids = {row.displaced_id for row in rows} | {row.by_id for row in rows}
    known = {c.id: c for c in db.scalars(select(Conference).where(Conference.id.in_(ids)))} if ids else {}
    return [Lost(row, known[row.displaced_id], known[row.by_id]) for row in rows]
