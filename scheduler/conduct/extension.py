"""Letting a running conference go on longer, for a quarter or half an hour at a time.

Its end and what it holds change in one unit of work under the locks of a booking. Nobody is written to while it runs:
devices learn the new end from their agenda, and the video host was told the latest possible end from the start.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid
from rooms.once import poke
from scheduler.booking.approving.stored import current
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.conference_rows import raise_taken
from scheduler.booking.place.lock_queries import take_locks
from scheduler.booking.place.reservations import lock_keys
from scheduler.booking.queries import set_columns
from scheduler.conduct.advance import poke_sites, view_of
from scheduler.conduct.extension_queries import delete_done, list_held, set_held
from scheduler.conduct.lifecycle import ending_steps, next_due
from scheduler.conduct.room_to_extend import holds_of, room_to_extend, to_the_end
from scheduler.errors import NoExtension, Stale, TooLate, WrongMove
from scheduler.models import Conference

LENGTHS = (15, 30)
"""Minutes by which a conference is extended."""


def extend(db: Session, key: str, minutes: int, *, version: int, actor: str, now: datetime, rules: Rules) -> Booked:
    """The end moves by ``minutes`` (one of LENGTHS); the end as booked stays known.

    Raises Invalid, NotFound, Stale, WrongMove unless it runs, TooLate when it is being closed, NoExtension with what
    stands in the way and the longest extension that fits; nothing is written then.
    """
    if minutes not in LENGTHS:
        raise Invalid([FieldError("minutes", "not_one_of")])
    conference = current(db, key, version)
    if conference.state != "open" or now < conference.starts:
        raise WrongMove(state=conference.state, to="extended")
    longer = timedelta(minutes=minutes)
    ends = conference.ends + longer
    if ends <= now or now >= conference.ends + timedelta(minutes=rules.timing.grace):
        raise TooLate(ends=conference.ends.isoformat())
    rows = list_held(db, conference.id)
    lasting = to_the_end(rows, conference.ends)
    take_locks(db, lock_keys(holds_of(lasting, longer)))
    _refuse(db, conference, minutes, rules)
    kept = [row for row in rows if row["ends"] < conference.ends]
    _write(db, conference, ends, version, rules)
    try:
        set_held(db, conference.id, [*kept, *({**row, "ends": row["ends"] + longer} for row in lasting)])
    except IntegrityError as problem:
        raise_taken(problem)
    before, after = {"ends": (ends - longer).isoformat()}, {"ends": ends.isoformat()}
    add_change(db, "conference", conference.id, "extended", actor=actor, now=now, before=before, after=after)
    poke_sites(db, conference.id)
    poke(db, "due")
    return Booked(conference.id, key, version + 1)


def _refuse(db: Session, conference: Conference, minutes: int, rules: Rules) -> None:
    found = room_to_extend(db, conference, rules)
    if minutes <= found.minutes:
        return
    wanted = conference.ends + timedelta(minutes=minutes)
    latest = conference.latest_end if wanted > conference.latest_end else None
    raise NoExtension(
        minutes=minutes, longest=found.minutes, latest=latest,
        taken=[one for at, one in found.taken if at < wanted], full=[one for at, one in found.full if at < wanted],
    )  # fmt: skip


def _write(db: Session, conference: Conference, ends: datetime, version: int, rules: Rules) -> None:
    """The row with its new end; the warnings before the end come again."""
    again = ending_steps()
    delete_done(db, conference.id, again, conference.starts)
    view = view_of(db, conference)
    steps = {step: at for step, at in view.steps.items() if step not in again}
    due = next_due(replace(view, ends=ends, steps=steps), rules.timing)
    if not set_columns(db, conference.id, {"ends": ends, "due": due}, version=version):
        raise Stale(version=version)
    db.refresh(conference)
