"""Conferences that stay booked where something is closed or carries less: they are shown before it is done, confirmed,
and carry a mark until they are changed. No machine moves them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.booking.place import hit_queries as queries
from scheduler.booking.place.capacity import Amount, peak
from scheduler.booking.place.hit_queries import Hit, Part
from scheduler.errors import StillBooked
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.name_queries import list_short_names
from scheduler.trouble import PLACE_CLOSED, PLACE_SHORT, clear_trouble, note_trouble

Span = tuple[datetime, datetime]
MOST_SAID = 50


def seen_of(hits: Iterable[Hit]) -> str:
    """What somebody confirms: these conferences at these times, and no others."""
    said = ",".join(f"{hit.id}/{hit.starts.isoformat()}/{hit.ends.isoformat()}" for hit in sorted(hits))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def confirm(db: Session, hits: Sequence[Hit], seen: str) -> None:
    """Raises StillBooked unless ``seen`` names exactly these conferences; without any there is nothing to confirm."""
    if not hits or seen == seen_of(hits):
        return
    shown = hits[:MOST_SAID]
    names = list_short_names(db, [(hit.host_unit_id, local_day(hit.starts)) for hit in shown])
    said = [
        {
            "unit": names.get((hit.host_unit_id, local_day(hit.starts)), ""), "starts": hit.starts.isoformat(),
            "ends": hit.ends.isoformat(),
        }
        for hit in shown
    ]  # fmt: skip
    raise StillBooked(hits, said, seen_of(hits))


def mark(db: Session, hits: Iterable[Hit], code: str, *, actor: str, now: datetime) -> None:
    """They carry the mark from now on."""
    for hit in hits:
        note_trouble(db, hit.id, code, now=now, actor=actor)


def unmark_changed(db: Session, conference: Conference, *, now: datetime) -> None:
    """It was changed, so what it holds now was looked at anew; or it holds nothing any more."""
    for code in (PLACE_CLOSED, PLACE_SHORT):
        if conference.trouble == code:
            clear_trouble(db, conference.id, code, now=now)


def unmark_open(db: Session, *, actor: str, now: datetime) -> None:
    """Something was opened again: whoever holds nothing closed loses the mark."""
    marked = queries.list_troubled(db, PLACE_CLOSED)
    for conference_id in set(marked) - queries.list_closed_out(db, marked):
        clear_trouble(db, conference_id, PLACE_CLOSED, now=now, actor=actor)


def over_limit(parts: Sequence[Part], limit: Amount) -> list[Hit]:
    """Whoever takes part while more is taken than ``limit``, by start.  (pure)"""
    loads = [part.load for part in parts]
    found: dict[Hit, None] = {}
    for part in parts:
        highest = peak(loads, part.load.starts, part.load.ends)
        if any(taken > most for taken, most in zip(highest, limit, strict=True)):
            found[part.hit] = None
    return sorted(found, key=lambda hit: (hit.starts, hit.id))


def parts_around(starts: datetime, ends: datetime, busy: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """Of [starts, ends) what lies outside and what inside of the ``busy`` spans, which come by start.  (pure)"""
    free, taken, at = [], [], starts
    for since, until in busy:
        since, until = max(since, at), min(until, ends)
        if since >= until:
            continue
        if at < since:
            free.append((at, since))
        taken.append((since, until))
        at = until
    if at < ends:
        free.append((at, ends))
    return free, taken
