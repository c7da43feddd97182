"""A device that joins after its site was given back has the room again while nobody else has taken it.

Else those who look after the conference are told; the device stays in it until the room's next one begins.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.once import poke
from scheduler.booking.queries import list_sites
from scheduler.conduct import presence_queries as queries
from scheduler.conduct.presence import is_given_back, list_sightings, take_again
from scheduler.conduct.queries import add_done, list_done
from scheduler.errors import NoPlace
from scheduler.models import Conference, Site
from scheduler.timing import Timing
from scheduler.trouble import SITE_TAKEN, note_trouble

DEVICE = "endpoint"


def list_came_late(db: Session, conference: Conference) -> list[Site]:
    """Sites that were given back and where a device joined since; each once."""
    sites = [site for site in list_sites(db, conference.id) if is_given_back(conference, site)]
    if not sites:
        return []
    told, last = list_done(db, conference.id, conference.starts), dict[int, datetime]()
    for one in list_sightings(db, conference.id):
        if one.site_id is not None and one.joined is not None:
            last[one.site_id] = max(one.joined, last.get(one.site_id, one.joined))
    return [
        site for site in sites
        if site.given_back_at and last.get(site.id, site.given_back_at) > site.given_back_at and _step(site) not in told
    ]  # fmt: skip


def take_back(db: Session, conference: Conference, *, actor: str, now: datetime, timing: Timing) -> None:
    """Hold their rooms again, or say that others have them."""
    for site in list_came_late(db, conference):
        try:
            take_again(db, conference, site, now, timing)
        except NoPlace:
            add_done(db, conference.id, _step(site), conference.starts, now)
            note_trouble(db, conference.id, SITE_TAKEN, now=now, actor=actor)
            act = "came_late_taken"
        else:
            queries.set_site(db, site.id, {"checked_in_at": now, "checked_in_by": DEVICE, "given_back_at": None})
            act = "came_late"
        after = {"rooms": [site.room_id]}
        add_change(db, "conference", conference.id, act, actor=actor, now=now, before={"rooms": []}, after=after)
        poke(db, f"room:{site.room_id}", f"conference:{conference.id}")


def _step(site: Site) -> str:
    return f"late_{site.id}"
