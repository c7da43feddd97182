"""What feeds read of conferences: first, cheaply, what would change them; then what they say of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from confsvc.feeds.scope import Scope, Window
from rooms.models import Change, Room, RoomUnit, UnitName
from scheduler.models import (
    LONGEST_SPAN,
    CalendarItem,
    Closure,
    Conference,
    Delegation,
    Edition,
    Guest,
    Reservation,
    Site,
)
from scheduler.models import Series as SeriesRow

SHOWN = ("planned", "provisioned", "open", "ended", "recorded")
OFF = ("cancelled", "postponed")
_ITS_COURSE = (
    "provision", "open", "end", "record", "trouble", "result", "checked_in", "given_back", "nobody_seen",
    "approved_part", "displaced_others", "letter_purged",
)  # fmt: skip
"""Changes of a conference that no calendar shows."""
_MANY = 400


class Known(NamedTuple):
    """Enough of one conference to see whether a feed would say something else of it than before."""

    id: int
    version: int
    state: str
    uid: str
    recurrence_id: datetime | None
    starts: datetime
    sequence: int
    series_id: int | None
    series_version: int | None
    last_change: int | None
    changed: datetime | None


def list_known(db: Session, scope: Scope, span: Window) -> list[Known]:
    """The conferences of a feed, by start: those in its window, and of a series that has a date in it all dates, since
    its one entry names them all. Requests and drafts are nobody's calendar's, unless people were told of them before;
    what was cancelled stays only when they were."""
    shared = (
        select(Conference.uid)
        .where(Conference.recurrence_id.is_not(None), *_within(span), _of(scope))
        .correlate(None)
        .distinct()
    )
    told = exists().where(Edition.uid == Conference.uid, Edition.method == "REQUEST")
    shown = or_(Conference.state.in_(SHOWN), and_(Conference.state.in_((*OFF, "pending")), told))
    query = (
        select(
            Conference.id, Conference.version, Conference.state, Conference.uid, Conference.recurrence_id,
            Conference.starts, CalendarItem.sequence, Conference.series_id, SeriesRow.version, func.max(Change.id),
            func.max(case((Change.act.not_in(_ITS_COURSE), Change.at))),
        )
        .join(CalendarItem, CalendarItem.uid == Conference.uid)
        .outerjoin(SeriesRow, SeriesRow.id == Conference.series_id)
        .outerjoin(Change, and_(Change.subject_kind == "conference", Change.subject_id == Conference.id))
        .where(_of(scope), shown, or_(and_(*_within(span)), Conference.uid.in_(shared)))
        .group_by(Conference.id, CalendarItem.sequence, SeriesRow.version)
        .order_by(Conference.starts, Conference.id)
    )  # fmt: skip
    return [Known._make(row) for row in db.execute(query)]


def _within(span: Window) -> tuple[ColumnElement[bool], ...]:
    return (Conference.starts >= span.since, Conference.starts < span.until)


def _of(scope: Scope) -> ColumnElement[bool]:
    if scope.kind == "room":
        return exists().where(Site.conference_id == Conference.id, Site.room_id == scope.subject_id)
    if scope.kind == "public":
        return Conference.host_unit_id == scope.subject_id
    if scope.kind == "unit":
        there = exists().where(Delegation.conference_id == Conference.id, Delegation.unit_id == scope.subject_id)
        return or_(Conference.host_unit_id == scope.subject_id, there)
    invited = exists().where(Guest.conference_id == Conference.id, Guest.mail == scope.mail, Guest.removed_at.is_(None))
    booked = Conference.booked_by == f"account:{scope.subject_id}"
    return or_(booked, invited) if scope.mail else booked


def places_stamp(db: Session) -> tuple[int, int]:
    """Changes with every act on offices and rooms, whose names feeds tell. The number of acts counts too: of two that
    ran side by side the one with the smaller id may be seen last."""
    query = select(func.coalesce(func.max(Change.id), 0), func.count())
    row = db.execute(query.where(Change.subject_kind.in_(("unit", "room")))).one()
    return (row[0], row[1])


class Told(NamedTuple):
    """What a feed says of one conference. Names are those of its day, added by ``content``."""

    id: int
    key: str
    title: str
    form: str
    starts: datetime
    ends: datetime
    host_unit_id: int
    chair_name: str
    chair_title: str
    contact_name: str
    contact_phone: str
    note: str
    letter_number: str


def list_told(db: Session, ids: Collection[int]) -> dict[int, Told]:
    columns = [getattr(Conference, name) for name in Told._fields]
    return {
        row[0]: Told._make(row)
        for some in _parts(ids)
        for row in db.execute(select(*columns).where(Conference.id.in_(some)))
    }


def list_places(db: Session, ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """Room id and name of the sites of each conference, the main one first."""
    found: dict[int, list[tuple[int, str]]] = {}
    query = select(Site.conference_id, Room.id, Room.name).join(Room, Room.id == Site.room_id)
    for some in _parts(ids):
        for row in db.execute(query.where(Site.conference_id.in_(some)).order_by(Site.conference_id, Site.position)):
            found.setdefault(row[0], []).append((row[1], row[2]))
    return found


def list_holders(db: Session) -> Sequence[Any]:
    """Who held which room from when on, the oldest first."""
    query = select(RoomUnit.room_id, RoomUnit.unit_id, RoomUnit.valid_from).order_by(RoomUnit.valid_from)
    return db.execute(query).all()


def list_unit_names(db: Session) -> Sequence[Any]:
    """What units were called from when on, the oldest first."""
    query = select(UnitName.unit_id, UnitName.valid_from, UnitName.name, UnitName.short).order_by(UnitName.valid_from)
    return db.execute(query).all()


def list_rules(db: Session, ids: Collection[int]) -> dict[int, SeriesRow]:
    return {row.id: row for row in db.scalars(select(SeriesRow).where(SeriesRow.id.in_(ids)))} if ids else {}


def list_sequences(db: Session, uids: Collection[str]) -> dict[tuple[str, str | None], int]:
    """The SEQUENCE last told of each entry, and of each date of it that was told by itself. That somebody need not
    come any more is told to that person alone, so it does not count."""
    part = Edition.content["recurrence_id"].as_string()
    query = select(Edition.uid, part, func.max(Edition.sequence)).group_by(Edition.uid, part)
    query = query.where(Edition.content["what"].as_string() != "removed")
    return {(row[0], row[1]): row[2] for some in _parts(uids) for row in db.execute(query.where(Edition.uid.in_(some)))}


class Busy(NamedTuple):
    """A time for which a room is held, buffers included, and when that was last decided on."""

    starts: datetime
    ends: datetime
    at: datetime | None


def list_busy(db: Session, room_id: int, span: Window) -> list[Busy]:
    """Whatever holds the room: conferences and closures."""
    query = (
        select(Reservation.starts, Reservation.ends, func.coalesce(Closure.made_at, func.max(Change.at)))
        .outerjoin(Closure, Closure.id == Reservation.closure_id)
        .outerjoin(
            Change, and_(Change.subject_kind == "conference", Change.subject_id == Reservation.conference_id)
        )
        .where(Reservation.room_id == room_id, Reservation.holds, Reservation.ends > span.since)
        .where(Reservation.starts < span.until, Reservation.starts > span.since - LONGEST_SPAN)
        .group_by(Reservation.id, Closure.made_at)
        .order_by(Reservation.starts, Reservation.id)
    )  # fmt: skip
    return [Busy._make(row) for row in db.execute(query)]


def _parts(wanted: Collection[Any]) -> Iterator[list[Any]]:
    remaining = iter(wanted)
    while part := list(islice(remaining, _MANY)):
        yield part


def list_parties(db: Session, ids: Collection[int]) -> dict[int, list[str]]:
    """Short names of the units that take part in each conference, in their order."""
    found: dict[int, list[str]] = {}
    query = select(Delegation.conference_id, Delegation.unit_short)
    for some in _parts(ids):
        mine = query.where(Delegation.conference_id.in_(some))
        for row in db.execute(mine.order_by(Delegation.conference_id, Delegation.position, Delegation.id)):
            found.setdefault(row[0], []).append(row[1])
    return found
