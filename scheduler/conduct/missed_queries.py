"""The statements on series to which nobody comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from rooms.models import Change
from scheduler.models import Conference, Site

BEGAN = ("open", "ended", "recorded")


def list_missed(db: Session, series_id: int, *, since: datetime | None, limit: int) -> Sequence[bool]:
    """Of the last ``limit`` conferences of a series that began after ``since``, the newest first: whether every site
    was given back because nobody was there."""
    sites = select(Site.id).where(Site.conference_id == Conference.id)
    kept = Site.given_back_at.is_(None) | (Site.given_back_at < Conference.starts)
    missed = exists(sites) & ~exists(sites.where(kept))
    query = select(missed).where(Conference.series_id == series_id, Conference.state.in_(BEGAN))
    if since is not None:
        query = query.where(Conference.starts > since)
    return [bool(row) for row in db.scalars(query.order_by(Conference.starts.desc()).limit(limit))]


def find_last_change(db: Session, series_id: int, act: str) -> datetime | None:
    """When somebody last did this with the series."""
    query = select(func.max(Change.at)).where(
        Change.subject_kind == "series", Change.subject_id == series_id, Change.act == act
    )
    return db.scalar(query)
