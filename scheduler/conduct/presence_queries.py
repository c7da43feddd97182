"""The statements behind who is there: check-ins of sites, and who sits at one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rooms.models import Room
from scheduler.models import Delegation, Site


def set_site(db: Session, site_id: int, values: Mapping[str, Any]) -> None:
    db.execute(update(Site).where(Site.id == site_id).values(**values).execution_options(synchronize_session="fetch"))


def find_line_id(db: Session, room_id: int) -> int | None:
    """The line that the room's video goes through."""
    return db.scalar(select(Room.line_id).where(Room.id == room_id))


def has_given_back(db: Session, conference_id: int) -> bool:
    """Whether some site of it holds nothing any more."""
    query = select(Site.id).where(Site.conference_id == conference_id, Site.given_back_at.is_not(None)).limit(1)
    return db.scalar(query) is not None


def list_unit_ids_at(db: Session, site_id: int) -> list[int]:
    """The offices whose people sit at a site."""
    return list(db.scalars(select(Delegation.unit_id).where(Delegation.site_id == site_id)))
