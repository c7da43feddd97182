"""The house's rules: what is true, since when, by whom. Everybody reads, administrators add, end and change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission, may, require
from confsvc.web import keys
from confsvc.web.error_words import number
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.form import read_form, told
from confsvc.web.pages.rule_words import GROUPS, NAMES, dates_text, place_text, value_text
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.change_queries import ChangeFilter, list_changes
from rooms.errors import Invalid
from rooms.queries import list_names
from scheduler.kinds import KINDS
from scheduler.local_time import local_day
from scheduler.rule_acts import end_rule, withdraw_rule
from scheduler.rule_queries import list_rules
from scheduler.rule_whats import WHATS, What
from scheduler.rulebook import RuleBook, RuleRow

P = Permission.RULES_EDIT
PAGE = "/rules"
MOST_CHANGES = 1000  # newest first; who set older rows is in the log


@dataclass(frozen=True)
class By:
    """Who entered a row, and when."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Line:
    """A row in words. ``when``: "now", "later" or "past"."""

    row: RuleRow
    value: str
    place: str
    dates: str
    when: str
    by: By | None


@dataclass(frozen=True)
class About:
    """One thing there are rules about: its default in words ("" where each kind has its own), and its rows."""

    code: str
    name: str
    default: str
    lines: tuple[Line, ...]

    def of(self, *when: str) -> list[Line]:
        return [line for line in self.lines if line.when in when]


@dataclass(frozen=True)
class KindLine:
    """What the rules for all offices say of a kind today."""

    code: str
    name: str
    form: str
    longest: str
    counts: str
    rank: str
    lead: str
    urgent: bool


@dataclass(frozen=True)
class Read:
    """What the page is made of."""

    rows: Sequence[RuleRow]
    units: Mapping[int, str]
    by: Mapping[int, By]


async def show(request: web.Request) -> web.Response:
    """GET /rules."""
    return await page(request, {})


async def page(request: web.Request, errors: Mapping[str, str]) -> web.Response:
    """All rules by group, the kinds, and what is to come or past."""
    words, today = Words(request[keys.LANGUAGE]), local_day(keys.now(request))
    read = await request.app[keys.DATABASE].read(read_page, today, words)
    book = keys.rules(request).book.with_rows(read.rows, {})
    about = [_about(code, book, read, today, words) for code in WHATS]
    groups = [(words(label), [a for a in about if WHATS[a.code].group == group]) for group, label in GROUPS.items()]
    return render(
        request, "rules.html", status=422 if errors else 200, w=words, groups=groups, today=today, errors=errors,
        kinds=kind_lines(book, today, words), edits=may(keys.actor(request), P),
        reads_log=may(keys.actor(request), Permission.AUDIT_READ),
    )  # fmt: skip


def read_page(db: Session, today: date, words: Words) -> Read:
    rows = list_rules(db)
    units = list_names(db, {row.unit_id for row in rows if row.unit_id is not None}, today)
    changes = list_changes(db, ChangeFilter("rule"), limit=MOST_CHANGES)
    names = list_actor_names(db, {change.actor for change in changes}, words)
    by: dict[int, By] = {}
    for change in changes:
        by.setdefault(change.subject_id, By(names[change.actor], change.at))
    return Read(rows, {unit_id: name.short or name.name for unit_id, name in units.items()}, by)


def _about(code: str, book: RuleBook, read: Read, today: date, words: Words) -> About:
    what = WHATS[code]
    lines = [_line(row, what, read, today, words) for row in read.rows if row.what == code]
    default = "" if what.built_in else value_text(what, what.text(what.default_of(None, book.house)), words)
    return About(code, words(NAMES[code]), default, tuple(lines))


def _line(row: RuleRow, what: What, read: Read, today: date, words: Words) -> Line:
    place = place_text(row.kind, read.units.get(row.unit_id or 0, ""), what, words)
    value, dates = value_text(what, row.value, words), dates_text(row, words)
    return Line(row, value, place, dates, _when(row, today), read.by.get(row.id))


def _when(row: RuleRow, today: date) -> str:
    if row.holds(today):
        return "now"
    return "later" if row.valid_from > today else "past"


def kind_lines(book: RuleBook, day: date, words: Words) -> list[KindLine]:
    """The kinds as of a day, as the rules for all offices have them."""

    def said(what: str, kind: str) -> str:
        value = book.value(what, kind=kind, unit_id=None, day=day)
        return value_text(WHATS[what], WHATS[what].text(value), words)

    return [
        KindLine(
            kind.code, words.kind(kind.code), said("default_form", kind.code), said("longest_working_days", kind.code),
            said("counts", kind.code), said("rank", kind.code),
            number(book.whole("endpoint_lead", kind=kind.code, unit_id=None, day=day), words.language),
            book.urgent(kind.code, day),
        )
        for kind in KINDS
    ]  # fmt: skip


async def end(request: web.Request) -> web.Response:
    """POST /rules/{id}/end: no longer than the day given."""
    form, words, actor = await read_form(request), Words(request[keys.LANGUAGE]), keys.actor(request)
    require(actor, P)
    try:
        last, reason = form.day("last_day", required=True), form.text("reason", 300)
        form.done()
        number_ = int(request.match_info["id"])
        await request.app[keys.DATABASE].write(
            end_rule, number_, last or date.max, reason, actor=actor.text, now=keys.now(request)
        )
    except Invalid as problem:
        said = list(told(request, problem).values())
        return await page(request, {"": said[0]})
    return await back(request, words("The rule ends on %(day)s.", day=words.date(last or date.max)))


async def withdraw(request: web.Request) -> web.Response:
    """POST /rules/{id}/withdraw: one that is not in force yet."""
    words, actor = Words(request[keys.LANGUAGE]), keys.actor(request)
    require(actor, P)
    rule_id = int(request.match_info["id"])
    try:
        await request.app[keys.DATABASE].write(withdraw_rule, rule_id, actor=actor.text, now=keys.now(request))
    except Invalid as problem:
        return await page(request, {"": next(iter(told(request, problem).values()))})
    return await back(request, words("The rule is withdrawn; what held before goes on."))


async def back(request: web.Request, said: str) -> web.Response:
    """To the page, once this process knows the new rules."""
    await request.app[keys.STANDING].read_again()
    return redirect(request, PAGE, flash=said, tone="ok")
