"""Writing the dates of a series that are there already anew: content, party, video room; what they hold is collected,
because all that was held is given back before anything is taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import Bundle
from rooms.changes import add_change
from scheduler.booking import sync_queries
from scheduler.booking.approving.binding import ask, bind, wait
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.approving.queries import set_open_approvals
from scheduler.booking.approving.stored import invited
from scheduler.booking.booking import Rules
from scheduler.booking.clash_queries import add_known
from scheduler.booking.clashes import known_rows
from scheduler.booking.conference_rows import first_due, opening_row, wish_columns
from scheduler.booking.invitations import gathered
from scheduler.booking.letters import owe_change
from scheduler.booking.place.holding import Place
from scheduler.booking.place.reservations import reservation_rows
from scheduler.booking.queries import list_sites, set_columns
from scheduler.booking.series.dates import Judged
from scheduler.booking.sync import sync_party
from scheduler.conduct.queries import find_current_opening, set_current_opening_closed
from scheduler.errors import Stale
from scheduler.models import Conference, Opening, Reservation

_ABOUT = ("kind", "form", "starts", "ends", "chair_level")
"""What an approval was about, besides the rooms."""


def write_date(
    db: Session, one: Conference, judged: Judged, where: Mapping[str, Any], *, actor: str, now: datetime, rules: Rules
) -> Bundle:
    """Give a conference its new content; the rows of what it holds are still to be inserted. ``where``: columns that
    say which date of which series it is. What needs approval of something new waits for it."""
    wanted, place, booking = judged.ready, judged.place, judged.wished.booking
    columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules)
    columns |= {"booked_ends": booking.ends, **where}
    rooms = [site.room_id for site in list_sites(db, one.id)]
    anew = sorted(rooms) != sorted(booking.room_ids) or any(getattr(one, n) != columns[n] for n in _ABOUT)
    needs, state = approval_needs(booking, rules), one.state
    soon = one.starts
    before = {"starts": one.starts.isoformat(), "ends": one.ends.isoformat(), "title": one.title}
    due = columns["due"] if state != "pending" else first_due("pending", wanted.times, columns["hold_until"], now)
    if not set_columns(db, one.id, columns | {"due": due}, version=one.version):
        raise Stale(version=one.version)
    db.refresh(one)
    add_known(db, known_rows(one.id, wanted.clashes, actor=actor, now=now))
    people = invited(db, one)
    returned = sync_party(db, one, wanted.party, booking, now, place.profiles)
    after = {"starts": one.starts.isoformat(), "ends": one.ends.isoformat(), "title": one.title}
    add_change(db, "conference", one.id, "changed", actor=actor, now=now, before=before, after=after)
    if state == "pending" and needs:
        ask(db, one, wanted, place, needs if anew else (), actor=actor, now=now, rules=rules)
    elif state == "pending":
        set_open_approvals(db, one.id, "withdrawn", now=now, by=actor)
        bind(db, one, wanted, place, columns, act="booked", actor=actor, now=now, rules=rules)
    elif needs and anew:
        if one.recurrence_id is not None:  # nobody is told of what is not approved: it leaves the shared entry
            columns |= {"uid": None, "recurrence_id": None}
        wait(db, one, wanted, place, columns, needs, actor=actor, now=now, rules=rules)
    else:
        if one.recurrence_id is None:  # an entry of its own, so a letter of its own
            due = gathered(now, rules.timing.gather, (soon, one.starts))
            owe_change(db, one, wanted.party, people, mailed=True, major=anew, returned=returned, now=now, due=due)
        return _held(db, one, place, now)
    return []


def _held(db: Session, one: Conference, place: Place, now: datetime) -> Bundle:
    openings: list[dict[str, Any]] = []
    if place.bridge_id is None:
        set_current_opening_closed(db, one.id, now)
    elif find_current_opening(db, one.id) is None:
        openings = [opening_row(one.id, place.bridge_id, now, sync_queries.last_generation(db, one.id) + 1)]
    return [(Opening, openings), (Reservation, reservation_rows(place.holds, holding=True, conference_id=one.id))]
