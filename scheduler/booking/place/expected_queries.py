"""How many came to the recorded dates of a series, and the correction that its clerk accepted."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.booking.place.expected import ShowRate, rate_of
from scheduler.models import Conference, Guest, Presence, Series, Site


def list_shown(db: Session, series_id: int) -> list[tuple[int, int]]:
    """Planned and actual entry points (sites and guests; devices seen) of each recorded date with video, by time."""
    over = (Conference.form != "in_person", Conference.state == "recorded")
    sites = select(func.count()).where(Site.conference_id == Conference.id).scalar_subquery()
    links = select(func.count()).where(
        Guest.conference_id == Conference.id, Guest.role != "contact", Guest.removed_at.is_(None)
    )
    came = select(func.count(Presence.device.distinct())).where(Presence.conference_id == Conference.id)
    query = select(sites, links.scalar_subquery(), came.scalar_subquery()).order_by(Conference.starts, Conference.id)
    rows = db.execute(query.where(Conference.series_id == series_id, *over))
    return [(row[0] + row[1], row[2]) for row in rows]


def find_planned(db: Session, conference_id: int) -> int:
    """Entry points of one conference: sites, and guests with a link of their own."""
    links = select(func.count()).where(
        Guest.conference_id == conference_id, Guest.role != "contact", Guest.removed_at.is_(None)
    )
    sites = select(func.count()).where(Site.conference_id == conference_id)
    return (db.scalar(sites) or 0) + (db.scalar(links) or 0)


def find_expected(db: Session, conference_id: int) -> ShowRate | None:
    """What was accepted for the series that a conference is a date of, with the most that came until now; None where
    all seats are reserved."""
    query = select(Series).join(Conference, Conference.series_id == Series.id)
    series = db.scalar(query.where(Conference.id == conference_id, Series.expected.is_not(None)))
    return expected_of(db, series) if series is not None else None


def expected_of(db: Session, series: Series) -> ShowRate | None:
    """The same of a series."""
    accepted = rate_of(series.expected)
    if accepted is None:
        return None
    return accepted.at_least(max((came for _, came in list_shown(db, series.id)), default=0))
