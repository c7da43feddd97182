"""The working calendar of the house: which days are worked and when offices are open; administrators keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission, may, require
from confsvc.web import keys
from confsvc.web.pages.calendar_year import months_of
from confsvc.web.pages.form import Form, read_form, told
from confsvc.web.pages.typed import parse_day, parse_time
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import Invalid
from scheduler.calendar_acts import EARLIEST, LATEST, put_day, put_hours, remove_day, remove_hours
from scheduler.calendar_file import LONGEST_NAME, LONGEST_SOURCE
from scheduler.calendar_models import OfficeHoursRow
from scheduler.calendar_queries import find_calendar, find_day, find_hours, list_days, list_hours
from scheduler.local_time import local_day
from scheduler.work_calendar import USUAL_HOURS, OfficeHours, SpecialDay, WorkCalendar

P = Permission.RULES_EDIT
KINDS = ("off", "worked")
CLOCKS = ("morning_opens", "morning_closes", "afternoon_opens", "afternoon_closes")
DAY_FIELDS = ("day", "kind", "name_vi", "name_en", "source")
HOURS_FIELDS = ("id", "valid_from", "valid_to", *CLOCKS, "hours_source")
RENAMED = {"source": "hours_source"}


@dataclass(frozen=True)
class Shown:
    """A year of the calendar, all dated hours, and what the address asks to have in a form."""

    calendar: WorkCalendar
    days: Sequence[SpecialDay]
    hours: Sequence[OfficeHoursRow]
    day: SpecialDay | None = None
    edited: OfficeHoursRow | None = None


async def show(request: web.Request) -> web.Response:
    """GET /rules/calendar: ``year``; with ``day`` that one in the form, with ``hours`` those."""
    today = local_day(keys.now(request))
    asked = parse_day(request.query.get("day", ""))
    number = request.query.get("hours", "")
    hours_id = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    year = _year(request.query.get("year", ""), asked or today)
    shown = await request.app[keys.DATABASE].read(_load, year, asked, hours_id)
    return _page(request, year, shown, _day_values(shown.day, asked), _hours_values(shown.edited), {})


def _year(typed: str, otherwise: date) -> int:
    year = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) == 4 else otherwise.year
    return min(max(year, EARLIEST), LATEST)


def _load(db: Session, year: int, day: date | None = None, hours_id: int | None = None) -> Shown:
    return Shown(
        find_calendar(db), list_days(db, date(year, 1, 1), date(year, 12, 31)), list_hours(db),
        find_day(db, day) if day else None, find_hours(db, hours_id) if hours_id else None,
    )  # fmt: skip


def _page(
    request: web.Request, year: int, shown: Shown, day: Mapping[str, str], hours: Mapping[str, str],
    errors: Mapping[str, str],
) -> web.Response:  # fmt: skip
    words, months = Words(request[keys.LANGUAGE]), months_of(year, shown.calendar)
    return render(
        request, "calendar.html", status=422 if errors else 200, w=words, year=year, months=months, days=shown.days,
        hours=shown.hours, usual=USUAL_HOURS, working=sum(month.working_days for month in months), day_values=day,
        hours_values=hours, errors=errors, today=local_day(keys.now(request)), edits=may(keys.actor(request), P),
        first=EARLIEST, last=LATEST, longest_name=LONGEST_NAME, longest_source=LONGEST_SOURCE,
    )  # fmt: skip


def _day_values(day: SpecialDay | None, asked: date | None) -> dict[str, str]:
    if day is None:
        return dict.fromkeys(DAY_FIELDS, "") | {"day": f"{asked:%d/%m/%Y}" if asked else "", "kind": "off"}
    return {
        "day": f"{day.day:%d/%m/%Y}", "kind": "worked" if day.working else "off", "name_vi": day.name_vi,
        "name_en": day.name_en, "source": day.source,
    }  # fmt: skip


def _hours_values(row: OfficeHoursRow | None) -> dict[str, str]:
    if row is None:
        usual = (*USUAL_HOURS.morning, *USUAL_HOURS.afternoon)
        return dict.fromkeys(HOURS_FIELDS, "") | {n: f"{c:%H:%M}" for n, c in zip(CLOCKS, usual, strict=True)}
    clocks = {name: f"{getattr(row, name):%H:%M}" for name in CLOCKS}
    until = f"{row.valid_to:%d/%m/%Y}" if row.valid_to else ""
    return {
        "id": str(row.id), "valid_from": f"{row.valid_from:%d/%m/%Y}", "valid_to": until, "hours_source": row.source,
        **clocks,
    }  # fmt: skip


async def save_day(request: web.Request) -> web.Response:
    """POST /rules/calendar/days: add a special day, or change it."""
    form, words, actor = await _form(request)
    try:
        day = _read_day(form)
        await request.app[keys.DATABASE].write(put_day, day, actor=actor, now=keys.now(request))
    except Invalid as problem:
        values = {name: form.values.get(name, "") for name in DAY_FIELDS}
        return await _again(request, values, _hours_values(None), told(request, problem))
    said = words("%(day)s is in the calendar: %(name)s.", day=words.date(day.day), name=day.name_vi)
    return await _back(request, day.day.year, said)


async def drop_day(request: web.Request) -> web.Response:
    """POST /rules/calendar/days/remove: the day is again what its weekday says."""
    form, words, actor = await _form(request)
    day = form.day("day", required=True)
    form.done()
    assert day is not None  # noqa: S101 - done() has refused it
    await request.app[keys.DATABASE].write(remove_day, day, actor=actor, now=keys.now(request))
    return await _back(request, day.year, words("%(day)s is an ordinary day again.", day=words.date(day)))


async def save_hours(request: web.Request) -> web.Response:
    """POST /rules/calendar/hours: add dated office hours, or change those with ``id``."""
    form, words, actor = await _form(request)
    try:
        hours, source = _read_hours(form)
        await request.app[keys.DATABASE].write(
            put_hours, hours, source, hours_id=form.number("id"), actor=actor, now=keys.now(request)
        )
    except Invalid as problem:
        values = {name: form.values.get(name, "") for name in HOURS_FIELDS}
        errors = {RENAMED.get(name, name): said for name, said in told(request, problem).items()}
        return await _again(request, _day_values(None, None), values, errors)
    return await _back(request, None, words("The office hours are set."))


async def drop_hours(request: web.Request) -> web.Response:
    """POST /rules/calendar/hours/remove: the usual hours hold again in that time."""
    form, words, actor = await _form(request)
    number = form.number("id", required=True)
    form.done()
    await request.app[keys.DATABASE].write(remove_hours, number or 0, actor=actor, now=keys.now(request))
    return await _back(request, None, words("The office hours were removed."))


async def _form(request: web.Request) -> tuple[Form, Words, str]:
    """The calendar is the whole province's, so a function for one office does not reach it."""
    actor = keys.actor(request)
    require(actor, P)
    return await read_form(request), Words(request[keys.LANGUAGE]), actor.text


def _read_day(form: Form) -> SpecialDay:
    day, kind = form.day("day", required=True), form.choice("kind", KINDS)
    name_vi, name_en = form.text("name_vi", LONGEST_NAME, required=True), form.text("name_en", LONGEST_NAME)
    source = form.text("source", LONGEST_SOURCE, required=True)
    form.done()
    return SpecialDay(day or date.max, kind == "worked", name_vi, name_en, source)


def _read_hours(form: Form) -> tuple[OfficeHours, str]:
    valid_from, valid_to = form.day("valid_from", required=True), form.day("valid_to")
    clocks = [_clock(form, name) for name in CLOCKS]
    source = form.text("hours_source", LONGEST_SOURCE, required=True)
    form.number("id")
    form.done()
    return OfficeHours(valid_from or date.max, valid_to, (clocks[0], clocks[1]), (clocks[2], clocks[3])), source


def _clock(form: Form, name: str) -> time:
    typed = form.text(name, 5, required=True)
    found = parse_time(typed)
    if typed and found is None:
        form.wrong(name, "time_form")
    return found or time()


async def _again(request: web.Request, day: Mapping[str, str], hours: Mapping[str, str], errors: Any) -> web.Response:
    typed = parse_day(day.get("day", "")) or local_day(keys.now(request))
    year = _year("", typed)
    return _page(request, year, await request.app[keys.DATABASE].read(_load, year), day, hours, errors)


async def _back(request: web.Request, year: int | None, said: str) -> web.Response:
    """To the page, once this process knows the new rules."""
    await request.app[keys.STANDING].read_again()
    return redirect(request, f"/rules/calendar{f'?year={year}' if year else ''}", flash=said, tone="ok")
