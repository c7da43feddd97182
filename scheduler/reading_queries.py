"""Statements for those who look: lists of conferences, one whole, busy times, what is owed. Nothing writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from rooms.models import Room, Unit, UnitName
from rooms.prepared import Prepared, listed
from scheduler.booking.reading_queries import Sight
from scheduler.models import LONGEST_SPAN, Conference, Delegation, Effect, Reservation, Site


class ListedRow(NamedTuple):
    """One conference in a list."""

    id: int
    key: str
    title: str
    kind: str
    form: str
    origin: str
    state: str
    outcome: str
    host_unit_id: int
    host_code: str
    starts: datetime
    ends: datetime
    version: int


_LISTED = (
    Conference.id, Conference.key, Conference.title, Conference.kind, Conference.form, Conference.origin,
    Conference.state, Conference.outcome, Conference.host_unit_id, Unit.code, Conference.starts, Conference.ends,
    Conference.version,
)  # fmt: skip


def list_conferences(
    db: Session, *, sight: Sight, since: datetime | None = None, until: datetime | None = None,
    host_unit_id: int | None = None, room_id: int | None = None, unit_id: int | None = None,
    states: Collection[str] = (), search: str = "", after: tuple[datetime, int] | None = None, limit: int = 50,
) -> list[ListedRow]:  # fmt: skip
    """Conferences that overlap [since, until), by start; ``after``: start and id of the last one already seen.

    Only those within ``sight``. ``search`` is folded (names.search_key).
    """
    conditions = [sight.condition()]
    if since is not None:
        conditions += [Conference.ends > since, Conference.starts > since - LONGEST_SPAN]
    if until is not None:
        conditions.append(Conference.starts < until)
    if host_unit_id is not None:
        conditions.append(Conference.host_unit_id == host_unit_id)
    if room_id is not None:
        conditions.append(exists().where(Site.conference_id == Conference.id, Site.room_id == room_id))
    if unit_id is not None:
        conditions.append(exists().where(Delegation.conference_id == Conference.id, Delegation.unit_id == unit_id))
    if states:
        conditions.append(Conference.state.in_(states))
    if search:
        conditions.append(Conference.search_key.contains(search, autoescape=True))
    if after is not None:
        starts, last_id = after
        conditions.append(or_(Conference.starts > starts, and_(Conference.starts == starts, Conference.id > last_id)))
    query = select(*_LISTED).join(Unit, Unit.id == Conference.host_unit_id).where(*conditions)
    return [ListedRow._make(row) for row in db.execute(query.order_by(Conference.starts, Conference.id).limit(limit))]


def list_starting(db: Session, since: datetime, until: datetime, *, state: str | None = None) -> list[Conference]:
    """All conferences that start in [since, until), by start; for whoever operates the service."""
    query = select(Conference).where(Conference.starts >= since, Conference.starts < until)
    if state is not None:
        query = query.where(Conference.state == state)
    return list(db.scalars(query.order_by(Conference.starts, Conference.id)))


def find_visible(db: Session, key: str, *, sight: Sight) -> Conference | None:
    """The conference with this key, if the asker may look at it."""
    return db.scalar(select(Conference).where(Conference.key == key, sight.condition()))


class SiteRow(NamedTuple):
    """One room's part: its key and name, and the short name of the unit that sits there."""

    site_id: int
    room_id: int
    room_key: str
    room: str
    role: str
    unit_code: str | None
    unit_short: str | None


def list_site_rows(db: Session, conference_id: int) -> list[SiteRow]:
    """The sites in their order; a site where several units sit is named after the first of them."""
    query = (
        select(Site.id, Site.room_id, Room.key, Room.name, Site.role, Unit.code, Delegation.unit_short)
        .join(Room, Room.id == Site.room_id)
        .outerjoin(Delegation, Delegation.site_id == Site.id)
        .outerjoin(Unit, Unit.id == Delegation.unit_id)
        .where(Site.conference_id == conference_id)
        .order_by(Site.position, Site.id, Delegation.position, Delegation.id)
    )
    found: dict[int, SiteRow] = {}
    for row in db.execute(query):
        found.setdefault(row[0], SiteRow(*row))
    return list(found.values())


class DelegationRow(NamedTuple):
    """One unit's part, named as on the day of the sitting."""

    delegation_id: int
    unit_code: str
    unit_name: str
    unit_short: str
    level: str
    planned_mode: str
    site_id: int | None


def list_delegation_rows(db: Session, conference_id: int) -> list[DelegationRow]:
    query = (
        select(
            Delegation.id, Unit.code, Delegation.unit_name, Delegation.unit_short, Delegation.level,
            Delegation.planned_mode, Delegation.site_id,
        )
        .join(Unit, Unit.id == Delegation.unit_id)
        .where(Delegation.conference_id == conference_id)
        .order_by(Delegation.position, Delegation.id)
    )  # fmt: skip
    return [DelegationRow(*row) for row in db.execute(query)]


class BusyRow(NamedTuple):
    """A room that is held or asked for: by which unit, from when to when; ``seen``: the asker may know for what."""

    room_id: int
    room_key: str
    starts: datetime
    ends: datetime
    holds: bool
    host_unit_id: int
    conference_key: str
    seen: bool


def list_busy(
    db: Session, room_ids: Collection[int], since: datetime, until: datetime, *, sight: Sight
) -> list[BusyRow]:
    """What is reserved in these rooms during [since, until), by room and start."""
    query = (
        select(
            Reservation.room_id, Room.key, Reservation.starts, Reservation.ends, Reservation.holds,
            Conference.host_unit_id, Conference.key, sight.condition(),
        )
        .join(Room, Room.id == Reservation.room_id)
        .join(Conference, Conference.id == Reservation.conference_id)
        .where(
            Reservation.room_id.in_(room_ids), Reservation.starts < until, Reservation.ends > since,
            Reservation.starts > since - LONGEST_SPAN,
        )
        .order_by(Reservation.room_id, Reservation.starts, Reservation.id)
    )  # fmt: skip
    return [BusyRow(*row) for row in db.execute(query)]


def list_short_names(db: Session, wanted: Iterable[tuple[int, date]]) -> dict[tuple[int, date], str]:
    """Short names of units, each as of its own day; without one that day, the nearest before, else the first."""
    pairs = set(wanted)
    query = (
        select(UnitName.unit_id, UnitName.short, UnitName.valid_from)
        .where(UnitName.unit_id.in_({unit for unit, _ in pairs}))
        .order_by(UnitName.valid_from)
    )
    rows = db.execute(query).all()
    names: dict[tuple[int, date], str] = {}
    for unit_id, short, valid_from in rows:
        for pair in pairs:
            if pair[0] == unit_id and (pair not in names or valid_from <= pair[1]):
                names[pair] = short
    return names


def is_demonstration(db: Session) -> bool:
    """Whether the database holds demonstration data, which fills only empty ones: the first row tells."""
    return bool(db.scalar(select(Conference.demo).order_by(Conference.id).limit(1)))


def find_oldest_owed(db: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting effect is due; None when nothing waits."""
    query = select(func.min(Effect.due)).where(Effect.state.in_(("owed", "leased")), Effect.due <= now)
    return db.scalar(query)


def count_live_effects(db: Session) -> dict[tuple[str, str], int]:
    """How many effects are owed or under way, by kind and state."""
    query = select(Effect.kind, Effect.state, func.count()).where(Effect.state.in_(("owed", "leased")))
    return {(kind, state): count for kind, state, count in db.execute(query.group_by(Effect.kind, Effect.state))}


def count_live_conferences(db: Session) -> dict[str, int]:
    """How many conferences the loop still looks at, by state."""
    query = select(Conference.state, func.count()).where(Conference.due.is_not(None)).group_by(Conference.state)
    return dict(db.execute(query).all())


_ROOM_IDS = Prepared(select(Room.key, Room.id).where(listed(Room.key, "wanted")))
_UNIT_IDS = Prepared(select(Unit.code, Unit.id).where(listed(Unit.code, "wanted")))


def list_room_ids(db: Session, keys: Collection[str]) -> dict[str, int]:
    """Ids of rooms by public key, also retired ones: whether they can be booked is not asked here."""
    return dict(_ROOM_IDS.rows(db, wanted=keys)) if keys else {}


def list_unit_ids(db: Session, codes: Collection[str]) -> dict[str, int]:
    """Ids of units by code, whatever the day."""
    return dict(_UNIT_IDS.rows(db, wanted=codes)) if codes else {}


def list_unit_codes(db: Session, ids: Collection[int]) -> dict[int, str]:
    """Codes of units by id."""
    return dict(db.execute(select(Unit.id, Unit.code).where(Unit.id.in_(ids))).all()) if ids else {}
