"""The working calendar for programs: the special days of a year and the office hours that hold in it."""

from __future__ import annotations

from datetime import date

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.api.fields import Model, Shown
from confsvc.web.api.layer import operation
from scheduler.calendar_acts import EARLIEST, LATEST
from scheduler.calendar_queries import list_days, list_hours
from scheduler.local_time import local_day
from scheduler.work_calendar import USUAL_HOURS


class CalendarQuery(Model):
    """Without a year, this one."""

    year: int | None = Field(default=None, ge=EARLIEST, le=LATEST)


class DayOut(Shown):
    """``working`` true: a Saturday or Sunday that is worked; false: a day off."""

    day: date
    working: bool
    name_vi: str
    name_en: str
    source: str


class HoursOut(Shown):
    """Local hours as 07:30; ``valid_to`` null: until further notice."""

    valid_from: date
    valid_to: date | None
    morning: list[str]
    afternoon: list[str]
    source: str


class CalendarOut(Shown):
    """Days not listed are worked from Monday to Friday. ``usual``: morning and afternoon where no hours hold."""

    year: int
    days: list[DayOut]
    hours: list[HoursOut]
    usual: list[list[str]]


@operation("The working calendar of a year", answer=CalendarOut)
async def calendar(request: web.Request, *, query: CalendarQuery) -> CalendarOut:
    return await request.app[keys.DATABASE].read(_calendar, query.year or local_day(keys.now(request)).year)


def _calendar(db: Session, year: int) -> CalendarOut:
    first, last = date(year, 1, 1), date(year, 12, 31)
    hours = [
        HoursOut(
            valid_from=row.valid_from, valid_to=row.valid_to, source=row.source,
            morning=[f"{row.morning_opens:%H:%M}", f"{row.morning_closes:%H:%M}"],
            afternoon=[f"{row.afternoon_opens:%H:%M}", f"{row.afternoon_closes:%H:%M}"],
        )
        for row in list_hours(db)
        if row.valid_from <= last and (row.valid_to is None or row.valid_to >= first)
    ]  # fmt: skip
    usual = [[f"{clock:%H:%M}" for clock in clocks] for clocks in (USUAL_HOURS.morning, USUAL_HOURS.afternoon)]
    days = [DayOut.model_validate(vars(day)) for day in list_days(db, first, last)]
    return CalendarOut(year=year, days=days, hours=hours, usual=usual)
