"""Statements that make the rows of a changed conference those of its new wish."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from scheduler.models import Delegation, Guest, Opening, Site


def set_site(db: Session, row: Mapping[str, Any]) -> None:
    """Role, position and profile of a site that stays."""
    values = {name: row[name] for name in ("role", "position", "profile")}
    db.execute(update(Site).where(Site.id == row["id"]).values(**values))


def delete_sites(db: Session, site_ids: Collection[int]) -> None:
    db.execute(delete(Site).where(Site.id.in_(site_ids)))


def set_delegation(db: Session, row: Mapping[str, Any]) -> None:
    """Everything of the delegation of this conference and unit."""
    mine = (Delegation.conference_id == row["conference_id"], Delegation.unit_id == row["unit_id"])
    db.execute(update(Delegation).where(*mine).values(**row))


def delete_delegations(db: Session, conference_id: int, unit_ids: Collection[int]) -> None:
    db.execute(delete(Delegation).where(Delegation.conference_id == conference_id, Delegation.unit_id.in_(unit_ids)))


def list_all_guests(db: Session, conference_id: int) -> list[Guest]:
    """Everybody who is invited or ever was."""
    return list(db.scalars(select(Guest).where(Guest.conference_id == conference_id)))


def set_guest(db: Session, guest_id: int, values: Mapping[str, Any]) -> None:
    db.execute(update(Guest).where(Guest.id == guest_id).values(**values))


def last_generation(db: Session, conference_id: int) -> int:
    """Of the conference's openings; 0 without one."""
    return db.scalar(select(func.max(Opening.generation)).where(Opening.conference_id == conference_id)) or 0
