"""Figures: do we reach the goal, and what would help? The list behind every figure, and the method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.pages.figure_links import Asked, NotAsked, asked
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from rooms.errors import NotFound
from rooms.queries import UnitOn, list_unit_rows, list_units
from scheduler import models
from scheduler.local_time import local_day
from scheduler.record.figure_queries import list_years
from scheduler.record.figures import Figures, Listed, read_figures, read_list
from scheduler.record.goal_queries import find_goal, list_scopes
from scheduler.record.indicator import Goal
from scheduler.sight_queries import Sight

PAGE = 35


@dataclass(frozen=True)
class View:
    """What the page of figures needs beside the figures: the choices of its filter."""

    figures: Figures
    hosts: Sequence[UnitOn]
    years: Sequence[int]


async def figures(request: web.Request) -> web.Response:
    """The share of a year against its goal, and what it is made of."""
    now, words = keys.now(request), Words(request[keys.LANGUAGE])
    wanted = _asked(request, now)
    view = await request.app[keys.DATABASE].read(_read, wanted, now=now)
    return render(
        request, "figures.html", w=words, f=view.figures, m=view.figures.measure, hosts=view.hosts, years=view.years,
        asked=wanted, goal_percent=goal_percent(view.figures.goal),
    )  # fmt: skip


def _asked(request: web.Request, now: datetime) -> Asked:
    try:
        return asked(request.query, local_day(now).year)
    except NotAsked:
        raise NotFound from None


def _ids(db: Session, wanted: Asked) -> dict[str, int]:
    codes = [code for code in (wanted.host, wanted.district) if code]
    return {code: unit.id for code, unit in list_unit_rows(db, codes).items()}


def _read(db: Session, wanted: Asked, *, now: datetime) -> View:
    try:
        selection = wanted.selection(_ids(db, wanted))
    except NotAsked:
        raise NotFound from None
    day = min(date(wanted.year, 12, 31), local_day(now))
    hosts = [unit for unit in list_units(db, day) if unit.kpi_host]
    years = sorted({*list_years(db), wanted.year, local_day(now).year}, reverse=True)
    return View(read_figures(db, wanted.year, selection, now=now), hosts, years)


async def behind(request: web.Request) -> web.Response:
    """The meetings behind one figure, and why each counts or not."""
    now, words = keys.now(request), Words(request[keys.LANGUAGE])
    wanted = _asked(request, now)
    listed = await request.app[keys.DATABASE].read(_read_list, wanted, sight_of(keys.actor(request)))
    page = int(request.query["page"]) if request.query.get("page", "").isdecimal() else 1
    pages = max(1, -(-len(listed) // PAGE))
    page = min(max(page, 1), pages)
    counted = [line for line in listed if line.row.counted]
    return render(
        request, "figures_list.html", w=words, asked=wanted, listed=listed[(page - 1) * PAGE : page * PAGE],
        total=len(listed), counted=len(counted), online=sum(line.row.online for line in counted),
        v=sum(line.row.v for line in counted), p=sum(line.row.p for line in counted), page=page, pages=pages,
    )  # fmt: skip


def _read_list(db: Session, wanted: Asked, sight: Sight) -> list[Listed]:
    try:
        selection = wanted.selection(_ids(db, wanted))
    except NotAsked:
        raise NotFound from None
    return read_list(db, wanted.year, selection, sight=sight, reason=wanted.reason)


async def method(request: web.Request) -> web.Response:
    """How the share is calculated, in words, with the goal and the scope of the year."""
    now, words = keys.now(request), Words(request[keys.LANGUAGE])
    wanted = _asked(request, now)
    goal, scopes = await request.app[keys.DATABASE].read(_read_method, wanted.year)
    return render(request, "figures_method.html", w=words, asked=wanted, goal=goal, scopes=scopes)


def _read_method(db: Session, year: int) -> tuple[models.Goal | None, list[models.KpiScope]]:
    return find_goal(db, year), list_scopes(db)


def goal_percent(goal: Goal | None) -> int | float | None:
    """For drawing only: an attained goal is decided by whole numbers, never by this."""
    if goal is None:
        return None
    whole, rest = divmod(100 * goal.num, goal.den)
    return whole if not rest else round(100 * goal.num / goal.den, 1)
