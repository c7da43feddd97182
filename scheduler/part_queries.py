"""Who takes part in one conference: its rooms and its units."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from rooms.models import Room, Unit
from scheduler.models import Delegation, Site


class SiteRow(NamedTuple):
    """One room's part: its key and name, the short name of the unit that sits there, and its picture's profile."""

    site_id: int
    room_id: int
    room_key: str
    room: str
    role: str
    unit_code: str | None
    unit_short: str | None
    profile: str | None


def list_site_rows(db: Session, conference_id: int) -> list[SiteRow]:
    """The sites in their order; a site where several units sit is named after the first of them."""
    query = (
        select(Site.id, Site.room_id, Room.key, Room.name, Site.role, Unit.code, Delegation.unit_short, Site.profile)
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
