"""The statements of the record: facts in, presence, attendance and tally rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from rooms.models import Endpoint, Unit
from scheduler.models import Attendance, Conference, Delegation, Fact, Presence, Site, Tally, TallyDistrict

_OFF: Any = {"synchronize_session": False}


def list_facts(db: Session, conference_id: int) -> Sequence[Fact]:
    return db.scalars(select(Fact).where(Fact.conference_id == conference_id).order_by(Fact.id)).all()


def list_delegations(db: Session, conference_id: int) -> Sequence[Delegation]:
    query = select(Delegation).where(Delegation.conference_id == conference_id)
    return db.scalars(query.order_by(Delegation.position, Delegation.id)).all()


class Device(NamedTuple):
    """An endpoint, also a revoked one, in a room of the conference."""

    endpoint_id: int
    key: str
    site_id: int


def list_devices(db: Session, conference_id: int) -> list[Device]:
    query = (
        select(Endpoint.id, Endpoint.key, Site.id)
        .join(Site, Site.room_id == Endpoint.room_id)
        .where(Site.conference_id == conference_id)
    )
    return [Device(*row) for row in db.execute(query)]


def list_attendance(db: Session, conference_id: int) -> dict[int, Attendance]:
    """By delegation."""
    rows = db.scalars(select(Attendance).where(Attendance.conference_id == conference_id))
    return {row.delegation_id: row for row in rows}


def set_attendance(db: Session, conference_id: int, rows: Sequence[Mapping[str, Any]], *, only: str | None) -> None:
    """Write these lines anew; with ``only``, lines on other evidence than that are kept and not in ``rows``."""
    gone = delete(Attendance).where(Attendance.conference_id == conference_id)
    if only is not None:
        gone = gone.where(Attendance.evidence == only)
    db.execute(gone.execution_options(**_OFF))
    if rows:
        db.execute(insert(Attendance), [dict(row) for row in rows])


def set_presence(db: Session, conference_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the derived connections anew."""
    db.execute(delete(Presence).where(Presence.conference_id == conference_id).execution_options(**_OFF))
    if rows:
        db.execute(insert(Presence), [dict(row) for row in rows])


def list_presence(db: Session, conference_id: int) -> Sequence[Presence]:
    query = select(Presence).where(Presence.conference_id == conference_id)
    return db.scalars(query.order_by(Presence.joined, Presence.id)).all()


def set_result(db: Session, conference_id: int, values: Mapping[str, Any], *, raise_version: bool) -> None:
    """Columns of the outcome; a person's act raises the version, the machine's does not."""
    version = {"version": Conference.version + 1} if raise_version else {}
    row = update(Conference).where(Conference.id == conference_id).values(**values, **version)
    db.execute(row.execution_options(**_OFF))


def set_head_counts(db: Session, counts: Mapping[int, int | None]) -> None:
    """How many people came, by delegation."""
    for delegation_id, count in counts.items():
        row = update(Delegation).where(Delegation.id == delegation_id).values(head_count=count)
        db.execute(row.execution_options(**_OFF))


def list_sittings(db: Session, leader_id: int) -> Sequence[Conference]:
    """The conferences that are counted with this one; locked, so that two of them are not tallied at once."""
    db.execute(select(Conference.id).where(Conference.id == leader_id).with_for_update(key_share=True))
    query = select(Conference).where(Conference.counted_with == leader_id).order_by(Conference.starts, Conference.id)
    return db.scalars(query.execution_options(populate_existing=True)).all()


def find_unit(db: Session, unit_id: int) -> Unit | None:
    return db.get(Unit, unit_id)


def set_tally(db: Session, row: Mapping[str, Any], districts: Iterable[Mapping[str, Any]]) -> None:
    """Replace the leader's line and the lines of its districts."""
    old = select(Tally.id).where(Tally.leader_id == row["leader_id"]).scalar_subquery()
    db.execute(delete(TallyDistrict).where(TallyDistrict.tally_id == old).execution_options(**_OFF))
    db.execute(delete(Tally).where(Tally.leader_id == row["leader_id"]).execution_options(**_OFF))
    tally_id = db.execute(insert(Tally).values(**row).returning(Tally.id)).scalar_one()
    rows = [{**district, "tally_id": tally_id} for district in districts]
    if rows:
        db.execute(insert(TallyDistrict), rows)
