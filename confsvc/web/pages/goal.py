"""The goals: which share is to be reached in which year, and the paper that says so.

A goal is typed in per cent and kept as an exact fraction; every change leaves its row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from aiohttp import web

from confsvc.access import Permission, may, require
from confsvc.web import keys
from confsvc.web.pages.form import Form, read_form, told
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import Invalid
from scheduler.local_time import local_day
from scheduler.record.goal_queries import list_goals
from scheduler.record.goals import set_goal

_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?")
_FRACTION = re.compile(r"(\d{1,5})/(\d{1,5})")
_FIELDS = ("year", "percent", "basis")


async def goals(request: web.Request) -> web.Response:
    """The goal of every year; with ``?year=`` that one in the form."""
    year = request.query.get("year", str(local_day(keys.now(request)).year))[:4]
    found = {goal.year: goal for goal in await request.app[keys.DATABASE].read(list_goals)}
    values = {"year": year, "percent": "", "basis": ""}
    if year.isdecimal() and int(year) in found:
        goal = found[int(year)]
        shown = percent(goal.numerator, goal.denominator, Words(request[keys.LANGUAGE]))
        values = {"year": year, "percent": shown, "basis": goal.basis}
    return await _page(request, values, {})


async def save(request: web.Request) -> web.Response:
    """Add or change the goal of a year. It is the whole province's, so a function for one office does not reach it."""
    form, words, actor = await read_form(request), Words(request[keys.LANGUAGE]), keys.actor(request)
    require(actor, Permission.GOAL_EDIT)
    try:
        year, share, basis = _read(form)
        await request.app[keys.DATABASE].write(
            set_goal, year, share.numerator, share.denominator, basis, actor=actor.text, now=keys.now(request)
        )
    except Invalid as problem:
        errors = {("percent" if name == "numerator" else name): said for name, said in told(request, problem).items()}
        return await _page(request, {name: form.values.get(name, "") for name in _FIELDS}, errors)
    return redirect(request, f"/figures?year={year}", flash=words("The goal of %(year)s is set.", year=year), tone="ok")


async def _page(request: web.Request, values: Mapping[str, str], errors: Mapping[str, str]) -> web.Response:
    words = Words(request[keys.LANGUAGE])
    found = await request.app[keys.DATABASE].read(list_goals)
    return render(
        request, "figures_goals.html", status=422 if errors else 200, w=words, values=values, errors=errors,
        goals=[(goal, percent(goal.numerator, goal.denominator, words)) for goal in found],
        edits_goal=may(keys.actor(request), Permission.GOAL_EDIT),
    )  # fmt: skip


def _read(form: Form) -> tuple[int, Fraction, str]:
    year = form.number("year", required=True)
    typed = form.text("percent", 12, required=True).replace(" ", "").rstrip("%")
    basis = form.text("basis", 200, required=True)
    share = _share(typed)
    if typed and share is None:
        form.wrong("percent", "not_a_share")
    form.done()
    return year or 0, share or Fraction(0), basis


def _share(typed: str) -> Fraction | None:
    """Per cent ("66,5") or a fraction ("2/3"), above 0 and up to 1."""
    if found := _FRACTION.fullmatch(typed):
        share = Fraction(int(found[1]), int(found[2])) if int(found[2]) else Fraction(0)
    elif found := _PERCENT.fullmatch(typed):
        share = Fraction(int(found[1] + (found[2] or "").ljust(2, "0")), 10_000)
    else:
        return None
    return share if 0 < share <= 1 else None


def percent(numerator: int, denominator: int, words: Words) -> str:
    """A goal as people write it: "70", "66,5"; the fraction itself where two decimals do not say it exactly."""
    hundredths, rest = divmod(10_000 * numerator, denominator)
    if rest:
        return f"{numerator}/{denominator}"
    whole, part = divmod(hundredths, 100)
    decimals = f"{part:02}".rstrip("0")
    return f"{whole}{',' if words.language == 'vi' else '.'}{decimals}" if decimals else str(whole)
