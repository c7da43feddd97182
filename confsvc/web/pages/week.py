"""An office's work schedule of a week: on the page, printed, as .docx and PDF. Only what is planned; no requests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.feeds.scope import Scope
from confsvc.feeds.shown import Shown, list_shown
from confsvc.web import keys
from confsvc.web.pages.directory import find_office
from confsvc.web.pages.typed import parse_day
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from integrations.documents.week import WeekRow, WeekSheet, week_docx, week_pdf
from rooms.queries import UnitOn
from scheduler.local_time import local_day

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WEEK = timedelta(days=7)
Halves = list[tuple[bool, list[Shown]]]


async def show(request: web.Request) -> web.Response:
    """GET /directory/units/{code}/week: the week of ``day``, this one by default."""
    monday = _monday(request)
    unit, meetings = await request.app[keys.DATABASE].read(_look, request, keys.actor(request), monday)
    return render(
        request, "week.html", w=Words(request[keys.LANGUAGE]), unit=unit, days=_days(monday, meetings), monday=monday,
        sunday=monday + timedelta(days=6), before=monday - WEEK, after=monday + WEEK,
    )  # fmt: skip


async def docx(request: web.Request) -> web.Response:
    """GET …/week.docx."""
    sheet, name = await _sheet(request)
    return _file(await asyncio.to_thread(week_docx, sheet), WORD, f"{name}.docx")


async def pdf(request: web.Request) -> web.Response:
    """GET …/week.pdf."""
    sheet, name = await _sheet(request)
    return _file(await asyncio.to_thread(week_pdf, sheet), "application/pdf", f"{name}.pdf")


def _file(body: bytes, kind: str, name: str) -> web.Response:
    return web.Response(body=body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _sheet(request: web.Request) -> tuple[WeekSheet, str]:
    monday = _monday(request)
    unit, meetings = await request.app[keys.DATABASE].read(_look, request, keys.actor(request), monday)
    words = Words("vi")
    rows: list[WeekRow] = []
    for day, halves in _days(monday, meetings):
        for morning, some in halves:
            half = "Sáng" if morning else "Chiều"
            rows += _rows(words, day, half, some, first=morning)
    span = f"Từ ngày {monday:%d/%m/%Y} đến ngày {monday + timedelta(days=6):%d/%m/%Y}"
    return WeekSheet(unit.name, "Lịch công tác tuần", span, rows), f"lich-tuan-{unit.code}-{monday:%Y-%m-%d}"


def _rows(words: Words, day: date, half: str, some: Sequence[Shown], *, first: bool) -> list[WeekRow]:
    named = words.headed(words.day(day)) if first else ""
    if not some:
        return [WeekRow(named, half)]
    return [
        WeekRow(
            named if number == 0 else "", half if number == 0 else "",
            f"{words.clock(one.starts)}–{words.clock(one.ends)}: {one.title} ({words.form(one.form)})"
            + (" – HỦY" if one.off else ""),
            one.chair, one.places[0] if one.places else "", ", ".join(one.units),
        )
        for number, one in enumerate(some)
    ]  # fmt: skip


def _days(monday: date, meetings: Sequence[Shown]) -> list[tuple[date, Halves]]:
    """Monday to Friday always, Saturday and Sunday where something is; each in two halves."""
    found = []
    for day in (monday + timedelta(days=n) for n in range(7)):
        mine = [one for one in meetings if one.day == day]
        if mine or day.weekday() < 5:
            found.append((day, [(half, [one for one in mine if one.morning is half]) for half in (True, False)]))
    return found


def _monday(request: web.Request) -> date:
    today = local_day(keys.now(request))
    day = parse_day(request.query.get("day", "")) or today
    day = day if abs((day - today).days) < 3660 else today
    return day - timedelta(days=day.weekday())


def _look(db: Session, request: web.Request, actor: Actor, monday: date) -> tuple[UnitOn, list[Shown]]:
    """The own office's, or one for which reading was granted. Raises NotFound, NotAllowed."""
    now: datetime = keys.now(request)
    unit = find_office(db, request.match_info["code"], local_day(now))
    require(actor, Permission.CONFERENCE_READ, unit.id)
    return unit, list_shown(db, Scope("unit", unit.id), monday, monday + timedelta(days=6))
