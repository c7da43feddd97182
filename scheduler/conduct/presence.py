"""Whether anybody is at a site: seen by its device, or said by somebody; a site where nobody is is given back.

Only what that site holds to the end is given back: its room, and its part of the line. Whoever comes after all says so
and has it again while nobody else has taken it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import NotFound
from rooms.once import poke
from scheduler.booking.conference_rows import raise_taken
from scheduler.booking.place.capacity import Amount
from scheduler.booking.place.capacity_queries import list_line_amounts
from scheduler.booking.place.lock_queries import take_locks
from scheduler.booking.place.reservations import lock_keys
from scheduler.booking.queries import list_sites, list_taken
from scheduler.conduct import presence_queries as queries
from scheduler.conduct.extension_queries import list_held, list_line_limits, set_held
from scheduler.conduct.queries import find_locked_by_key
from scheduler.conduct.room_to_extend import full_line, holds_of
from scheduler.errors import NoCapacity, RoomTaken, WrongMove
from scheduler.local_time import local_day
from scheduler.models import Conference, Site
from scheduler.record.attendance import Sighting
from scheduler.record.queries import list_devices, list_facts
from scheduler.record.seen import Devices, sightings
from scheduler.timing import Timing, spans
from scheduler.trouble import SITE_TAKEN, clear_trouble


def list_sightings(db: Session, conference_id: int) -> list[Sighting]:
    """What was seen of the devices of its sites so far."""
    found = list_devices(db, conference_id)
    devices = Devices(
        by_id={d.endpoint_id: (f"endpoint:{d.key}", d.site_id) for d in found},
        by_name={f"endpoint:{d.key}": d.site_id for d in found},
    )
    return sightings(list_facts(db, conference_id), devices)


def list_unseen(db: Session, conference: Conference) -> list[Site]:
    """The sites where nobody was seen so far. The main site is one of them only when nobody is anywhere: whoever else
    is in waits for those who invited, and they may be there without their device."""
    seen = {one.site_id for one in list_sightings(db, conference.id)}
    sites = list_sites(db, conference.id)
    there = {site.id for site in sites if site.id in seen or said_here(conference, site)}
    return [
        site for site in sites
        if site.id not in there and not is_given_back(conference, site) and not (site.role == "main" and there)
    ]  # fmt: skip


def said_here(conference: Conference, site: Site) -> bool:
    """Whether somebody said so of this sitting; what was said before the conference was postponed holds no more."""
    return site.checked_in_at is not None and site.checked_in_at >= conference.opens


def is_given_back(conference: Conference, site: Site) -> bool:
    """Whether it was given back in this sitting."""
    return site.given_back_at is not None and site.given_back_at >= conference.starts


def give_back(db: Session, conference: Conference, site: Site, *, actor: str, now: datetime) -> None:
    """The site holds nothing from ``now`` on; the conference goes on without it, and who comes late may still join."""
    rows = list_held(db, conference.id)
    mine = _of_site(db, rows, site, conference.ends)
    set_held(db, conference.id, [{**row, "ends": now} if n in mine else row for n, row in enumerate(rows)])
    queries.set_site(db, site.id, {"given_back_at": now})
    after = {"rooms": [site.room_id]}
    add_change(db, "conference", conference.id, "given_back", actor=actor, now=now, before={"rooms": []}, after=after)
    poke(db, f"room:{site.room_id}", f"conference:{conference.id}")


def _of_site(db: Session, rows: Sequence[dict[str, Any]], site: Site, ends: datetime) -> set[int]:
    """Which of the reservations, by place, the site holds to the end: its room and one part of its line, the one of its
    size where rooms of different pictures share a line."""
    lasting = [n for n, row in enumerate(rows) if row["ends"] >= ends]
    mine = {n for n in lasting if rows[n]["room_id"] == site.room_id}
    line_id = queries.find_line_id(db, site.room_id)
    parts = sorted((rows[n]["kbps_up"], n) for n in lasting if line_id is not None and rows[n]["line_id"] == line_id)
    return mine | {n for _, n in parts[:1]}


def check_in(db: Session, key: str, room_id: int, *, actor: str, now: datetime, timing: Timing) -> None:
    """Somebody says that the site in this room is there. One that had been given back holds its room again.

    Raises NotFound, WrongMove unless it is about to begin or runs, RoomTaken or NoCapacity when others have taken what
    was given back; nothing is written then.
    """
    conference = find_locked_by_key(db, key)
    site = next((s for s in list_sites(db, conference.id) if s.room_id == room_id), None) if conference else None
    if conference is None or site is None:
        raise NotFound(kind="site", key=key)
    if conference.state not in ("provisioned", "open") or now >= conference.ends:
        raise WrongMove(state=conference.state, to="checked_in")
    if is_given_back(conference, site):
        take_again(db, conference, site, now, timing)
        clear_trouble(db, conference.id, SITE_TAKEN, now=now, actor=actor)
    elif said_here(conference, site):
        return
    queries.set_site(db, site.id, {"checked_in_at": now, "checked_in_by": actor, "given_back_at": None})
    after = {"rooms": [room_id]}
    add_change(db, "conference", conference.id, "checked_in", actor=actor, now=now, before={"rooms": []}, after=after)
    poke(db, f"room:{room_id}", f"conference:{conference.id}")


def take_again(db: Session, conference: Conference, site: Site, now: datetime, timing: Timing) -> None:
    """What it had given back is held again from ``now`` on. Raises RoomTaken, NoCapacity; nothing is written then."""
    rows = list_held(db, conference.id)
    times = spans(conference.starts, conference.ends, timing, booked_ends=conference.booked_ends)
    line_id = queries.find_line_id(db, site.room_id)
    gone = [row for row in rows if row["ends"] == site.given_back_at]
    rooms = [row for row in gone if row["room_id"] == site.room_id]
    lines = [row for row in gone if line_id is not None and row["line_id"] == line_id][:1]
    again = [{**row, "starts": now, "ends": times.room_until} for row in rooms]
    again += [{**row, "starts": now, "ends": times.ends_grace} for row in lines]
    take_locks(db, lock_keys(holds_of(again)))
    day = local_day(conference.starts)
    taken = list_taken(db, [site.room_id], now, times.room_until, day, except_id=conference.id)
    if taken:
        raise RoomTaken(taken)
    for row in lines:
        _refuse_full(db, conference, row, now, times.ends_grace)
    try:
        set_held(db, conference.id, [*rows, *again])
    except IntegrityError as problem:
        raise_taken(problem)


def _refuse_full(db: Session, conference: Conference, row: dict[str, Any], since: datetime, until: datetime) -> None:
    line_id, wanted = row["line_id"], Amount(row["seats"], row["kbps_up"], row["kbps_down"])
    ((name, limit),) = list_line_limits(db, [line_id]).values()
    loads = list_line_amounts(db, [line_id], since, until, local_day(conference.starts))
    full = full_line(line_id, name, limit.amount, wanted, loads, since)
    if full is not None:
        raise NoCapacity([full[1]])
