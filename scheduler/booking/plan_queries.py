"""Statements of a plan's import and export: is it there already, and what stands in a period."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import Bridge, Conference

GONE = ("cancelled",)


def find_same(db: Session, host_unit_id: int, starts: datetime, search_key: str) -> str | None:
    """The key of a conference of this host at this start with this title, folded, that is not cancelled."""
    query = select(Conference.key).where(
        Conference.host_unit_id == host_unit_id, Conference.starts == starts, Conference.search_key == search_key,
        Conference.state.not_in(GONE),
    )  # fmt: skip
    return db.scalar(query.order_by(Conference.id).limit(1))


def list_planned(
    db: Session, since: datetime, until: datetime, hosts: Collection[int] | None, *, limit: int
) -> list[Conference]:
    """Booked and drafted conferences of these hosts (None: all) that start in [since, until), cancelled ones left out,
    by start."""
    query = select(Conference).where(
        Conference.starts >= since, Conference.starts < until, Conference.state.not_in(GONE),
        Conference.origin == "booked",
    )  # fmt: skip
    if hosts is not None:
        query = query.where(Conference.host_unit_id.in_(hosts))
    return list(db.scalars(query.order_by(Conference.starts, Conference.id).limit(limit)))


def list_active_hosts(db: Session) -> list[int]:
    """Ids of the video hosts that the service has entered, in the order of its configuration as far as that is kept."""
    return list(db.scalars(select(Bridge.id).where(Bridge.active.is_(True)).order_by(Bridge.id)))
