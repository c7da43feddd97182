"""The statements of conducting: what is due, openings, facts, and the rooms that a change concerns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Select, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from rooms.once import insert_once
from scheduler.models import Bridge, Conference, Done, Fact, Opening, Reservation, Site

JOINED = ("occupant.joined", "endpoint.joined")


def list_due(db: Session, *, now: datetime, limit: int = 100) -> list[int]:
    """Ids of the conferences to look at, the longest waiting first."""
    query = select(Conference.id).where(Conference.due.is_not(None), Conference.due <= now)
    return list(db.scalars(query.order_by(Conference.due, Conference.id).limit(limit)))


def find_next_due(db: Session) -> datetime | None:
    """When the next conference wants to be looked at."""
    return db.scalar(select(func.min(Conference.due)).where(Conference.due.is_not(None)))


def find_locked(db: Session, conference_id: int) -> Conference | None:
    """The conference, which nobody else changes until the end of this transaction. Facts about it may still come."""
    query = select(Conference).where(Conference.id == conference_id).with_for_update(key_share=True)
    return db.scalar(query.execution_options(populate_existing=True))


def find_locked_by_key(db: Session, key: str) -> Conference | None:
    """As `find_locked`, by public key."""
    query = select(Conference).where(Conference.key == key).with_for_update(key_share=True)
    return db.scalar(query.execution_options(populate_existing=True))


def set_due(db: Session, conference_id: int, due: datetime | None, *, expected: datetime | None) -> bool:
    """Set when to look again, unless somebody else has set it since."""
    row = update(Conference).where(Conference.id == conference_id, Conference.due.is_not_distinct_from(expected))
    done = db.execute(row.values(due=due).execution_options(synchronize_session=False))
    return cast(CursorResult[Any], done).rowcount == 1


def set_due_sooner(db: Session, conference_id: int, due: datetime, *, states: Sequence[str]) -> None:
    """Look at it at ``due`` or before, if it is in one of ``states``."""
    row = update(Conference).where(
        Conference.id == conference_id,
        Conference.state.in_(states),
        or_(Conference.due.is_(None), Conference.due > due),
    )
    db.execute(row.values(due=due).execution_options(synchronize_session=False))


def list_room_ids(db: Session, conference_id: int) -> list[int]:
    return list(db.scalars(select(Site.room_id).where(Site.conference_id == conference_id)))


def is_done(db: Session, conference_id: int, step: str, for_starts: datetime) -> bool:
    """Whether a step that happens once a sitting was taken, for the start that it has now."""
    found = select(Done.step).where(
        Done.conference_id == conference_id, Done.step == step, Done.for_starts == for_starts
    )
    return db.scalar(found) is not None


def list_done(db: Session, conference_id: int, for_starts: datetime) -> dict[str, datetime]:
    """The steps that happen once a sitting and were taken, with when."""
    query = select(Done.step, Done.at).where(Done.conference_id == conference_id, Done.for_starts == for_starts)
    return {row[0]: row[1] for row in db.execute(query)}


def add_done(
    db: Session, conference_id: int, step: str, for_starts: datetime, at: datetime, data: dict[str, Any] | None = None
) -> bool:
    """Whether it was not done before."""
    row = {"conference_id": conference_id, "step": step, "for_starts": for_starts, "at": at, "data": data}
    return insert_once(db, Done, [row]) == 1


def find_first_joined(db: Session, conference_id: int) -> datetime | None:
    """When the first device or person was seen in the video room."""
    return db.scalar(select(func.min(Fact.at)).where(Fact.conference_id == conference_id, Fact.kind.in_(JOINED)))


def find_current_opening(db: Session, conference_id: int) -> Opening | None:
    return db.scalar(select(Opening).where(Opening.conference_id == conference_id, Opening.until.is_(None)))


def set_current_opening_closed(db: Session, conference_id: int, at: datetime) -> None:
    row = update(Opening).where(Opening.conference_id == conference_id, Opening.until.is_(None))
    db.execute(row.values(until=at).execution_options(synchronize_session=False))


class Opened(NamedTuple):
    """A video room that was or may have been opened."""

    opening_id: int
    bridge: str
    jitsi_name: str


def list_opened(db: Session, conference_id: int) -> list[Opened]:
    """All video rooms of a conference; of a demonstration none, since nothing was opened for it."""
    query = (
        select(Opening.id, Bridge.name, Opening.jitsi_name)
        .join(Bridge, Bridge.id == Opening.bridge_id)
        .join(Conference, Conference.id == Opening.conference_id)
        .where(Opening.conference_id == conference_id, Conference.demo.is_(False))
    )
    return [Opened(*row) for row in db.execute(query)]


def find_opening(db: Session, bridge_id: int, jitsi_name: str) -> Opening | None:
    """The opening with this name on this bridge, also a closed one. Names are lower-case everywhere."""
    return db.scalar(select(Opening).where(Opening.bridge_id == bridge_id, Opening.jitsi_name == jitsi_name.lower()))


class Asked(NamedTuple):
    """A conference's opening as the door sees it; ``current`` is False for an earlier generation."""

    opening_id: int
    conference_id: int
    key: str
    generation: int
    jitsi_name: str
    current: bool
    state: str
    form: str
    starts: datetime
    ends: datetime
    booked_ends: datetime
    opens: datetime
    latest_end: datetime


_ASKED_COLUMNS: list[Any] = [
    Opening.id, Conference.id, Conference.key, Opening.generation, Opening.jitsi_name, Opening.until.is_(None),
    Conference.state, Conference.form, Conference.starts, Conference.ends, Conference.booked_ends, Conference.opens,
    Conference.latest_end,
]  # fmt: skip
_ASKED: Select[Any] = select(*_ASKED_COLUMNS).join(Conference, Conference.id == Opening.conference_id)


def find_asked(db: Session, bridge_id: int, jitsi_name: str) -> Asked | None:
    """Which conference a room's name on a bridge belongs to."""
    where = (Opening.bridge_id == bridge_id, Opening.jitsi_name == jitsi_name.lower())
    row = db.execute(_ASKED.where(*where)).first()
    return Asked(*row) if row else None


def find_asked_by_key(db: Session, bridge_id: int, key: str, generation: int) -> Asked | None:
    """The same by the conference's key and the opening's generation, which make the id told to the video host."""
    where = (Opening.bridge_id == bridge_id, Conference.key == key, Opening.generation == generation)
    row = db.execute(_ASKED.where(*where)).first()
    return Asked(*row) if row else None


def find_conference_id(db: Session, key: str) -> int | None:
    return db.scalar(select(Conference.id).where(Conference.key == key))


def add_fact_once(db: Session, row: dict[str, Any]) -> bool:
    """Whether the fact's key was new."""
    return insert_once(db, Fact, [row]) == 1


class LiveOpening(NamedTuple):
    """An opening in which, by the facts, somebody may be."""

    opening_id: int
    jitsi_name: str
    since: datetime


def list_live_openings(db: Session, bridge_id: int) -> list[LiveOpening]:
    """Openings of conferences that are under way on a bridge and whose room was seen to exist.

    ``since``: the newest time at which a fact says that the room existed.
    """
    query = (
        select(Opening.id, Opening.jitsi_name, func.max(Fact.at))
        .join(Conference, Conference.id == Opening.conference_id)
        .join(Fact, Fact.opening_id == Opening.id)
        .where(
            Opening.bridge_id == bridge_id,
            Conference.state.in_(("provisioned", "open", "ended")),
            Fact.kind.in_(("room.created", "occupant.joined")),
        )
        .group_by(Opening.id, Opening.jitsi_name)
    )
    return [LiveOpening(*row) for row in db.execute(query)]


def list_closing_facts(db: Session, opening_id: int) -> list[datetime]:
    """When the opening's room was seen to be gone."""
    query = select(Fact.at).where(Fact.opening_id == opening_id, Fact.kind.in_(("room.destroyed", "room.gone")))
    return list(db.scalars(query))


def shorten_reservations(db: Session, conference_id: int, until: datetime) -> None:
    """Give everything back at ``until``: the set is deleted and written anew, never updated."""
    mine = Reservation.conference_id == conference_id
    columns = [column for column in Reservation.__table__.columns if column.name != "id"]
    rows = db.execute(select(*columns).where(mine)).mappings().all()
    db.execute(delete(Reservation).where(mine).execution_options(synchronize_session=False))
    kept = [{**row, "ends": min(row["ends"], until)} for row in rows if row["starts"] < until]
    if kept:
        db.execute(insert(Reservation), kept)


class Warned(NamedTuple):
    """The last warning of its end that a conference was given: its step, and how many minutes it could go on then."""

    key: str
    step: str
    extension: int


def list_warned(db: Session, keys: Sequence[str], steps: Sequence[str]) -> dict[str, Warned]:
    """The last of ``steps`` that was taken in the present sitting of each conference, by key."""
    query = (
        select(Conference.key, Done.step, Done.data)
        .join(Done, (Done.conference_id == Conference.id) & (Done.for_starts == Conference.starts))
        .where(Conference.key.in_(keys), Done.step.in_(steps), Done.data.is_not(None))
        .order_by(Done.at)
    )
    return {key: Warned(key, step, int((data or {}).get("extension", 0))) for key, step, data in db.execute(query)}
