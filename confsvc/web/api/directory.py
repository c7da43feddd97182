"""Offices, rooms and busy times, for programs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.api import shown
from confsvc.web.api.fields import Day, Instant, Line100, Model, RoomKey, UnitCode
from confsvc.web.api.layer import operation
from confsvc.web.pages.sight import sight_of
from rooms.errors import FieldError, Invalid, NotFound
from rooms.names import search_key
from rooms.place_queries import list_rooms
from rooms.queries import find_unit, list_units
from scheduler.held_queries import list_busy
from scheduler.local_time import local_day
from scheduler.name_queries import list_room_ids, list_short_names, list_unit_codes, list_unit_ids
from scheduler.sight_queries import Sight

MOST_DAYS = 62
MOST_NAMED = 50  # rooms: an address line has 8 KiB
Level = Literal["province", "province_body", "province_agency", "district", "commune"]


class UnitsQuery(Model):
    """``as_of``: the day wanted, today by default. ``q``: part of a name, without case and accents."""

    as_of: Day | None = None
    level: Level | None = None
    q: Line100 = ""


class UnitPath(Model):
    code: UnitCode


class UnitQuery(Model):
    as_of: Day | None = None


class RoomsQuery(Model):
    as_of: Day | None = None
    unit: UnitCode | None = None
    q: Line100 = ""


class BusyQuery(Model):
    """``rooms``: which ones, all by default; ``from``/``to``: at most 62 days."""

    since: Instant = Field(alias="from")
    until: Instant = Field(alias="to")
    rooms: list[RoomKey] = Field(default=[], max_length=MOST_NAMED)


@operation("Offices as of a day", answer=shown.UnitsOut)
async def units(request: web.Request, *, query: UnitsQuery) -> shown.UnitsOut:
    day = query.as_of or local_day(keys.now(request))
    return await request.app[keys.DATABASE].read(_units, day, query)


def _units(db: Session, day: date, query: UnitsQuery) -> shown.UnitsOut:
    found = list_units(db, day, levels=[query.level] if query.level else None, key=search_key(query.q))
    parents = list_unit_codes(db, {unit.parent_id for unit in found if unit.parent_id is not None})
    return shown.UnitsOut(as_of=day, items=[shown.unit_out(unit, parents) for unit in found])


@operation("One office as of a day", answer=shown.UnitOut)
async def unit(request: web.Request, *, path: UnitPath, query: UnitQuery) -> shown.UnitOut:
    day = query.as_of or local_day(keys.now(request))
    return await request.app[keys.DATABASE].read(_unit, path.code, day)


def _unit(db: Session, code: str, day: date) -> shown.UnitOut:
    found = find_unit(db, code, day)
    if found is None:
        raise NotFound(kind="unit", key=code)
    return shown.unit_out(found, list_unit_codes(db, [found.parent_id] if found.parent_id else []))


@operation("Rooms in use, with the office that holds each", answer=shown.RoomsOut)
async def rooms(request: web.Request, *, query: RoomsQuery) -> shown.RoomsOut:
    day = query.as_of or local_day(keys.now(request))
    return await request.app[keys.DATABASE].read(_rooms, day, query)


def _rooms(db: Session, day: date, query: RoomsQuery) -> shown.RoomsOut:
    unit_ids = list(list_unit_ids(db, [query.unit]).values()) if query.unit else None
    found = list_rooms(db, day, unit_ids=unit_ids, search=search_key(query.q))
    return shown.RoomsOut(as_of=day, items=[shown.room_out(room) for room in found])


@operation("When rooms are held, and by which office", answer=shown.BusyListOut)
async def busy(request: web.Request, *, query: BusyQuery) -> shown.BusyListOut:
    if query.until <= query.since:
        raise Invalid([FieldError("to", "before_start")])
    if query.until - query.since > timedelta(days=MOST_DAYS):
        raise Invalid([FieldError("to", "span_too_long", {"days": MOST_DAYS})])
    return await request.app[keys.DATABASE].read(_busy, query, sight_of(keys.actor(request)), now=keys.now(request))


def _busy(db: Session, query: BusyQuery, sight: Sight, *, now: datetime) -> shown.BusyListOut:
    if query.rooms:
        known = list_room_ids(db, query.rooms)
        wrong = [FieldError(f"rooms.{n}", "no_such_room") for n, key in enumerate(query.rooms) if key not in known]
        if wrong:
            raise Invalid(wrong)
        ids = list(known.values())
    else:
        ids = [room.id for room in list_rooms(db, local_day(now))]
    rows = list_busy(db, ids, query.since, query.until, sight=sight)
    hosts = [(row.host_unit_id, local_day(row.starts)) for row in rows]
    names = list_short_names(db, hosts)
    # One call for all of them: making tens of thousands of models one by one took half of the answer's time.
    items = [
        {
            "room": row.room_key, "unit": names.get(host, ""), "starts": row.starts, "ends": row.ends,
            "holds": row.holds, "conference": row.conference_key if row.seen else None,
        }
        for row, host in zip(rows, hosts, strict=True)
    ]  # fmt: skip
    return shown.BusyListOut.model_validate({"items": items})
