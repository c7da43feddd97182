"""Offices and rooms, for programs."""

from __future__ import annotations

from datetime import date
from typing import Literal

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.api import shown
from confsvc.web.api.fields import Day, Line100, Model, UnitCode
from confsvc.web.api.layer import operation
from rooms.errors import NotFound
from rooms.names import search_key
from rooms.place_queries import list_rooms
from rooms.queries import find_unit, list_units
from scheduler.local_time import local_day
from scheduler.name_queries import list_unit_codes, list_unit_ids

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
