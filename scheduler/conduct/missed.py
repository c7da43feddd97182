"""A series to which nobody came three times running asks its host whether it is still wanted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.once import poke
from scheduler.conduct.missed_queries import find_last_change, list_missed
from scheduler.errors import WrongMove
from scheduler.models import Conference

TIMES = 3
STILL_WANTED = "still_wanted"
AHEAD = ("pending", "planned", "provisioned")


def is_doubtful(db: Session, conference: Conference) -> bool:
    """Whether this is a coming date of a series to whose last three dates, since somebody confirmed it, nobody came.

    A date counts as missed when each of its sites was given back and nobody had it again.
    """
    if conference.series_id is None or conference.state not in AHEAD:
        return False
    since = find_last_change(db, conference.series_id, STILL_WANTED)
    missed = list_missed(db, conference.series_id, since=since, limit=TIMES)
    return len(missed) == TIMES and all(missed)


def confirm_series(db: Session, conference: Conference, *, actor: str, now: datetime) -> None:
    """Its host says that the series is still wanted; it is asked again after three more dates without anybody.

    Raises WrongMove when nobody asks.
    """
    if conference.series_id is None or not is_doubtful(db, conference):
        raise WrongMove(state=conference.state, to=STILL_WANTED)
    add_change(db, "series", conference.series_id, STILL_WANTED, actor=actor, now=now, before=None, after=None)
    poke(db, f"conference:{conference.id}")
