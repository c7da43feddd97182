"""A line or video host carries less than it did: who is booked beyond that is shown, confirmed and marked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from rooms.place_queries import find_line
from scheduler.booking.place import hit_queries as queries
from scheduler.booking.place.capacity import Amount, BridgeLimit, LineLimit
from scheduler.booking.place.capacity_queries import list_bridge_limits
from scheduler.booking.place.hit import confirm, mark, over_limit
from scheduler.booking.place.hit_queries import Hit
from scheduler.booking.place.lock_queries import take_gate
from scheduler.trouble import PLACE_SHORT, clear_trouble

BOUNDLESS = 2**31 - 1


def confirm_line(db: Session, line_id: int, limit: LineLimit, seen: str, *, now: datetime) -> list[Hit]:
    """Whoever is booked beyond the new limit and was not beyond the old one: to be marked once it is written.

    Raises StillBooked unless ``seen`` confirms them. No booking is written meanwhile.
    """
    take_gate(db)
    line = find_line(db, line_id)
    parts = queries.list_parts(db, "line_id", line_id, now)
    before = LineLimit(line.kbps_up, line.kbps_down, line.share) if line else limit
    known = set(over_limit(parts, _of_line(before)))
    hits = over_limit(parts, _of_line(limit))
    confirm(db, [hit for hit in hits if hit not in known], seen)
    return hits


def mark_short(db: Session, hits: list[Hit], *, actor: str, now: datetime) -> None:
    """They carry the mark, and whoever fits again on every line and host loses it."""
    mark(db, hits, PLACE_SHORT, actor=actor, now=now)
    for conference_id in queries.list_troubled(db, PLACE_SHORT):
        if not _is_short(db, conference_id, now):
            clear_trouble(db, conference_id, PLACE_SHORT, now=now, actor=actor)


def look_at_hosts(db: Session, *, actor: str, now: datetime) -> int:
    """The figures of video hosts are configured, and nobody was asked: who is booked beyond is marked; how many."""
    hits: dict[Hit, None] = {}
    for bridge_id, limit in list_bridge_limits(db).items():
        if limit.seats is not None or limit.kbps is not None:
            parts = queries.list_parts(db, "bridge_id", bridge_id, now)
            hits |= dict.fromkeys(over_limit(parts, _of_host(limit)))
    mark_short(db, list(hits), actor=actor, now=now)
    return len(hits)


def _is_short(db: Session, conference_id: int, now: datetime) -> bool:
    hosts = list_bridge_limits(db)
    for column, resource_id in queries.list_resources(db, conference_id):
        if column == "line_id":
            line = find_line(db, resource_id)
            limit = _of_line(LineLimit(line.kbps_up, line.kbps_down, line.share)) if line else None
        else:
            limit = _of_host(hosts[resource_id])
        parts = queries.list_parts(db, column, resource_id, now) if limit else []
        if limit and any(hit.id == conference_id for hit in over_limit(parts, limit)):
            return True
    return False


def _of_line(limit: LineLimit) -> Amount:
    return limit.amount._replace(seats=BOUNDLESS)


def _of_host(limit: BridgeLimit) -> Amount:
    """Of a host everything is in "up"; None binds nothing."""
    seats = BOUNDLESS if limit.seats is None else limit.seats
    return Amount(seats, BOUNDLESS if limit.kbps is None else limit.kbps, BOUNDLESS)
