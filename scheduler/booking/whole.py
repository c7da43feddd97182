"""One conference whole, for programs: with its sites, delegations and guests. A unit of work for reading."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from rooms.errors import NotFound
from rooms.models import Unit
from scheduler.booking.queries import list_guests
from scheduler.local_time import local_day
from scheduler.models import Conference, Guest
from scheduler.name_queries import list_short_names
from scheduler.part_queries import DelegationRow, SiteRow, list_delegation_rows, list_site_rows
from scheduler.sight_queries import Sight, find_visible


@dataclass(frozen=True)
class ConferenceView:
    """``host_short`` and the delegations' names are those of the sitting's day."""

    conference: Conference
    host_code: str
    host_short: str
    sites: tuple[SiteRow, ...]
    delegations: tuple[DelegationRow, ...]
    guests: tuple[Guest, ...]


def read_conference(db: Session, key: str, *, sight: Sight) -> ConferenceView:
    """Raises NotFound, also for one that the asker may not look at."""
    conference = find_visible(db, key, sight=sight)
    if conference is None:
        raise NotFound(kind="conference", key=key)
    day = local_day(conference.starts)
    host = db.get_one(Unit, conference.host_unit_id)
    short = list_short_names(db, [(host.id, day)]).get((host.id, day), host.code)
    return ConferenceView(
        conference, host.code, short, tuple(list_site_rows(db, conference.id)),
        tuple(list_delegation_rows(db, conference.id)), tuple(list_guests(db, conference.id)),
    )  # fmt: skip
