"""The statements that read changes for others, and what others may see of a conference."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from rooms.models import Change, Room, Unit
from rooms.once import insert_once
from rooms.queries import list_names
from scheduler.local_time import local_day
from scheduler.models import Conference, Delegation, Site
from scheduler.telling.models import NewsReader


class News(NamedTuple):
    """One change of a conference."""

    id: int
    at: datetime
    conference_id: int
    act: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def asked(self) -> bool:
        """Whether it was no more than a request before."""
        return (self.before or {}).get("state") == "pending"


def find_last_change_id(db: Session) -> int:
    return db.scalar(select(func.max(Change.id))) or 0


def lock_reader(db: Session, name: str) -> int | None:
    """How far the reader has come; nobody else reads under this name meanwhile. None: it has never read."""
    query = select(NewsReader.upto).where(NewsReader.name == name)
    return db.scalar(query.with_for_update())


def add_reader(db: Session, name: str, upto: int) -> None:
    insert_once(db, NewsReader, [{"name": name, "upto": upto}])


def set_reader(db: Session, name: str, upto: int) -> None:
    db.execute(update(NewsReader).where(NewsReader.name == name).values(upto=upto))


def list_news_ids(db: Session, after: int, limit: int) -> Sequence[int]:
    """Ids of changes behind ``after``, whatever they are about."""
    return db.scalars(select(Change.id).where(Change.id > after).order_by(Change.id).limit(limit)).all()


def list_news(db: Session, ids: Collection[int]) -> list[News]:
    """Those of these changes that are about conferences, oldest first; never about demonstrations."""
    query = (
        select(Change.id, Change.at, Change.subject_id, Change.act, Change.before, Change.after)
        .join(Conference, Conference.id == Change.subject_id)
        .where(Change.id.in_(ids), Change.subject_kind == "conference", Conference.demo.is_(False))
        .order_by(Change.id)
    )
    return [News(*row) for row in db.execute(query)]


def find_conference(db: Session, conference_id: int) -> Conference | None:
    return db.get(Conference, conference_id)


def public_view(db: Session, conference: Conference) -> dict[str, Any]:
    """What other systems may know of a conference: no title, no people, no notes, no way in."""
    day = local_day(conference.starts)
    names = list_names(db, [conference.host_unit_id], day)
    code = db.scalar(select(Unit.code).where(Unit.id == conference.host_unit_id))
    sites = (
        select(Site.id, Room.key, Room.name, Delegation.unit_short)
        .join(Room, Room.id == Site.room_id)
        .outerjoin(Delegation, Delegation.site_id == Site.id)
        .where(Site.conference_id == conference.id)
        .order_by(Site.position, Site.id, Delegation.position)
    )
    shown: dict[int, dict[str, Any]] = {}
    for site_id, key, name, unit in db.execute(sites):
        one = shown.setdefault(site_id, {"room": key, "name": name, "units": []})
        one["units"] += [unit] if unit else []
    host = names.get(conference.host_unit_id)
    state = "planned" if conference.state == "provisioned" else conference.state  # a step of the house
    return {
        "key": conference.key, "version": conference.version, "state": state, "kind": conference.kind,
        "form": conference.form, "starts": conference.starts.isoformat(), "ends": conference.ends.isoformat(),
        "host": {"code": code, "name": host.name if host else ""}, "sites": list(shown.values()),
    }  # fmt: skip


def list_part_units(db: Session, conference: Conference) -> frozenset[int]:
    """The offices that host or take part."""
    query = select(Delegation.unit_id).where(Delegation.conference_id == conference.id)
    return frozenset([*db.scalars(query), conference.host_unit_id])
