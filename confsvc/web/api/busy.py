"""When rooms are held, for programs: a whole province's rooms over weeks in one answer.

The answer has a line for every room and time, tens of thousands of them. It is written from what is said once: the rest
of a line after its room is the same in all rooms of a conference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.api import shown
from confsvc.web.api.fields import Instant, Model, RoomKey
from confsvc.web.api.layer import Answer, operation
from confsvc.web.pages.sight import sight_of
from rooms.errors import FieldError, Invalid
from rooms.place_queries import list_used_rooms
from scheduler.held_queries import Holder, Span, list_holders, list_reasons, list_spans
from scheduler.local_time import local_day
from scheduler.name_queries import list_room_ids, list_short_names
from scheduler.sight_queries import Sight

MOST_DAYS = 62
NOBODY = Holder(0, "", False)
"""Who holds a room that is closed."""
MOST_NAMED = 50  # rooms: an address line has 8 KiB


class BusyQuery(Model):
    """``rooms``: which ones, all by default; ``from``/``to``: at most 62 days."""

    since: Instant = Field(alias="from")
    until: Instant = Field(alias="to")
    rooms: list[RoomKey] = Field(default=[], max_length=MOST_NAMED)


@operation("When rooms are held, and by which office", answer=shown.BusyListOut)
async def busy(request: web.Request, *, query: BusyQuery) -> Answer:
    if query.until <= query.since:
        raise Invalid([FieldError("to", "before_start")])
    if query.until - query.since > timedelta(days=MOST_DAYS):
        raise Invalid([FieldError("to", "span_too_long", {"days": MOST_DAYS})])
    sight, now = sight_of(keys.actor(request)), keys.now(request)
    return Answer(None, written=await request.app[keys.DATABASE].read(_busy, query, sight, now=now))


def _busy(db: Session, query: BusyQuery, sight: Sight, *, now: datetime) -> bytes:
    rooms = _named(db, query.rooms) if query.rooms else list_used_rooms(db, local_day(now))
    spans = list_spans(db, rooms, query.since, query.until)
    holders = list_holders(db, {span.conference_id for span in spans if span.conference_id is not None}, sight)
    reasons = list_reasons(db, {span.closure_id for span in spans if span.closure_id is not None})
    hosted = [(span, holders[span.conference_id]) for span in spans if span.conference_id is not None]
    names = list_short_names(db, {(holder.host_unit_id, local_day(span.starts)) for span, holder in hosted})
    lines: dict[str, list[str]] = {str(room_id): [] for room_id in sorted(rooms)}
    for span in spans:
        holder = holders.get(span.conference_id or 0, NOBODY)
        unit = names.get((holder.host_unit_id, local_day(span.starts)), "")
        rest = _rest(span, holder, unit, reasons.get(span.closure_id or 0))
        for room_id in span.rooms.split(","):
            lines[room_id].append(rest)
    return _written({room_id: rooms[int(room_id)] for room_id in lines}, lines)


def _named(db: Session, wanted: list[str]) -> dict[int, str]:
    known = list_room_ids(db, wanted)
    wrong = [FieldError(f"rooms.{n}", "no_such_room") for n, key in enumerate(wanted) if key not in known]
    if wrong:
        raise Invalid(wrong)
    return {room_id: key for key, room_id in known.items()}


def _rest(span: Span, holder: Holder, unit: str, closed: str | None) -> str:
    """A line of ``shown.BusyOut`` after its room."""
    conference, reason = f'"{holder.key}"' if holder.seen else "null", json.dumps(closed, ensure_ascii=False)
    return (
        f',"unit":{json.dumps(unit, ensure_ascii=False)},"starts":"{_iso(span.starts)}","ends":"{_iso(span.ends)}",'
        f'"holds":{"true" if span.holds else "false"},"conference":{conference},"closed":{reason}}}'
    )


def _written(keys_by_id: Mapping[str, str], lines: Mapping[str, list[str]]) -> bytes:
    """``shown.BusyListOut``, by room and start."""
    parts = []
    for room_id, rests in lines.items():
        if rests:
            head = f'{{"room":{json.dumps(keys_by_id[room_id])}'
            parts.append(head + f",{head}".join(rests))
    return f'{{"items":[{",".join(parts)}]}}'.encode()


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
