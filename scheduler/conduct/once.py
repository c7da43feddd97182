"""What happens once while a conference runs: those in it are warned of its end, and a site where nobody was seen is
given back after a warning.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from scheduler.booking.booking import Rules
from scheduler.booking.place.capacity_queries import list_bridge_limits
from scheduler.conduct import queries
from scheduler.conduct.late import take_back
from scheduler.conduct.lifecycle import CAME_LATE, GIVE_BACK, NOBODY_SEEN, minutes_before, settled_by
from scheduler.conduct.presence import give_back, list_unseen
from scheduler.conduct.room_to_extend import room_to_extend
from scheduler.models import Conference
from scheduler.timing import Timing


def take_once(db: Session, conference: Conference, act: str, *, actor: str, now: datetime, timing: Timing) -> None:
    """Take the step ``act`` unless it was taken in this sitting."""
    if act == CAME_LATE:  # as often as it happens
        take_back(db, conference, actor=actor, now=now, timing=timing)
        return
    data = None
    if minutes_before(act) is not None:
        rules = Rules(timing=timing, bridge_limits=list_bridge_limits(db))
        data = {"extension": room_to_extend(db, conference, rules).minutes}
    for step in settled_by(act) - {act}:
        queries.add_done(db, conference.id, step, conference.starts, now)
    if not queries.add_done(db, conference.id, act, conference.starts, now, data):
        return
    if act == NOBODY_SEEN and (rooms := [site.room_id for site in list_unseen(db, conference)]):
        after = {"rooms": rooms}
        add_change(
            db, "conference", conference.id, "nobody_seen", actor=actor, now=now, before={"rooms": []}, after=after
        )
    elif act == GIVE_BACK:
        for site in list_unseen(db, conference):
            give_back(db, conference, site, actor=actor, now=now)
