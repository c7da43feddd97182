"""Where a conference stands in its series."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from scheduler.booking.series.letters import OFF
from scheduler.booking.series.queries import list_members
from scheduler.booking.series.reading import find_series_of
from scheduler.models import Conference


@dataclass(frozen=True)
class Member:
    """``number`` of ``of`` dates that take place, from 1; 0 when this one is off."""

    key: str
    number: int
    of: int


def member_view(db: Session, conference: Conference) -> Member | None:
    """None when it belongs to no series."""
    series = find_series_of(db, conference)
    if series is None:
        return None
    live = [one.id for one in list_members(db, series.id) if one.state not in OFF]
    return Member(series.key, live.index(conference.id) + 1 if conference.id in live else 0, len(live))
