"""One series: what it is in words, and every date with its state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, require
from confsvc.series_words import rule_words
from confsvc.web import keys
from confsvc.web.pages.dates import short_day
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import minute_of
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.typed import Fields, text_field
from confsvc.web.rendering import render
from rooms.errors import NotFound
from rooms.queries import list_names
from scheduler.booking.place.expected_queries import find_planned
from scheduler.booking.series.cancel import AHEAD
from scheduler.booking.series.letters import OFF
from scheduler.booking.series.reading import SeriesDate, SeriesView, read_series
from scheduler.local_time import local_day
from scheduler.models import Series
from scheduler.record.figure_queries import list_seen
from scheduler.standing import standing

BOOK, CHANGE, CANCEL = Permission.CONFERENCE_BOOK, Permission.CONFERENCE_CHANGE, Permission.CONFERENCE_CANCEL
TYPED = ("day", "from", "to", "short_notice_reason", "clash_confirmed")


@dataclass(frozen=True)
class DateView:
    """``mark``: past, ahead, moved, own (changed in some way), off, out; ``name``: of a date that was left out."""

    day: str
    clock: str
    mark: str
    said: str
    badge: tuple[str, str] | None
    key: str
    version: int
    name: int
    back: bool

    @property
    def value(self) -> str:
        """How the form that puts it back names it."""
        return f"{self.key}.{self.version}" if self.key else f"{self.name}"


@dataclass(frozen=True)
class SizeView:
    """``size``: entry points of the next date; ``basis``: what earlier dates say, "" while they say nothing;
    ``offered``: for how many places would be held by that, 0 where it changes nothing; ``held``: for how many they are,
    0 for all; ``missing``: who has no place for certain then."""

    size: int
    basis: str
    offered: int
    held: int

    @property
    def missing(self) -> int:
        return self.size - self.held if self.held else 0


@dataclass(frozen=True)
class Asking:
    """A date to be put back, of which more must be said before. ``name``, ``value``: the field that names it."""

    name: str
    value: str
    reason: str
    known: bool
    asks_reason: bool
    asks_clash: bool


async def show(request: web.Request) -> web.Response:
    """GET /series/{key}."""
    return await page(request)


async def page(
    request: web.Request, *, errors: dict[str, str] | None = None, status: int = 200, typed: Fields | None = None,
    asking: Asking | None = None,
) -> web.Response:  # fmt: skip
    """The page, with what was typed for one more date, or for one that is put back, and why that is refused."""
    words, now = Phrases(request[keys.LANGUAGE]), keys.now(request)
    context = await request.app[keys.DATABASE].read(
        _load, keys.actor(request), request.match_info["key"], words, now=now
    )
    values = {name: text_field(typed, name) if typed is not None else "" for name in TYPED}
    returning = next((row for row in context["rows"] if asking is not None and asking.value == row.value), None)
    return render(
        request, "series.html", status=status, w=words, errors=errors or {}, values=values, asking=asking,
        returning=returning, **context,
    )  # fmt: skip


def find_seen_series(db: Session, actor: Actor, key: str) -> tuple[SeriesView, set[int]]:
    """The series and the ids of those conferences of it that this person may look at. Raises NotFound."""
    view = read_series(db, key)
    ids = [one.conference.id for one in view.dates if one.conference is not None]
    seen = list_seen(db, ids, sight_of(actor))
    if not seen:
        raise NotFound(kind="series", key=key)
    return view, seen


def shown_dates(view: SeriesView, seen: Collection[int], actor: Actor) -> tuple[SeriesDate, ...]:
    """Of ``find_seen_series`` the dates that this person may know of; what was left out only whoever reads the host."""
    own = may(actor, Permission.CONFERENCE_READ, view.series.host_unit_id)
    return tuple(one for one in view.dates if (one.conference.id in seen if one.conference is not None else own))


def find_hosted_series(db: Session, actor: Actor, key: str, permission: Permission) -> Series:
    """The series, for somebody who wants to do this with it. Raises NotFound, NotAllowed."""
    view, _ = find_seen_series(db, actor, key)
    require(actor, permission, view.series.host_unit_id)
    return view.series


def _load(db: Session, actor: Actor, key: str, words: Phrases, *, now: datetime) -> dict[str, Any]:
    view, seen = find_seen_series(db, actor, key)
    series = view.series
    books = may(actor, BOOK, series.host_unit_id)
    dates = shown_dates(view, seen, actor)
    ahead = [one for one in dates if _ahead(one, now)]
    host = list_names(db, [series.host_unit_id], local_day(view.first)).get(series.host_unit_id)
    rows = [_date(one, view, words, now=now, books=books) for one in dates]
    hidden = len(view.dates) - len(dates)
    return {
        "series": series, "said": words.headed(series_words(view, words)), "host": host, "rows": rows, "hidden": hidden,
        "live": len([one for one in dates if one.conference is not None and one.conference.state not in OFF]),
        "ahead": len(ahead), "books": books, "before": view.split_from, "after": view.split_off,
        "changes": bool(ahead) and may(actor, CHANGE, series.host_unit_id),
        "cancels": bool(ahead) and may(actor, CANCEL, series.host_unit_id),
        "sized": _sized(db, view, ahead, words),
        "usual": (words.clock(view.first), words.clock(view.first + timedelta(minutes=series.minutes))),
    }  # fmt: skip


def _sized(db: Session, view: SeriesView, ahead: Sequence[SeriesDate], words: Phrases) -> SizeView | None:
    """None where there is nothing to say: no date to come, or too little is known of those that were."""
    rate, accepted = view.rate, view.accepted
    date = next((one.conference for one in ahead if one.conference and one.conference.form != "in_person"), None)
    if date is None or (rate is None and accepted is None):
        return None
    size, basis, offered = find_planned(db, date.id), "", 0
    if rate is not None:
        came, planned = rate.usual
        basis = words.say(
            "on average %(came)s of %(planned)s entry points at %(dates)s earlier dates, %(most)s at most", came=came,
            planned=planned, dates=rate.dates, most=rate.most,
        )  # fmt: skip
        offered = rate.expected(size)
    floor = rate.most if rate is not None else 0
    held = accepted.at_least(floor).expected(size) if accepted is not None else 0
    return SizeView(size, words.headed(basis), offered if offered < size and offered != held else 0, held)


def _ahead(one: SeriesDate, now: datetime) -> bool:
    return one.conference is not None and one.conference.state in AHEAD and one.starts > now


def series_words(view: SeriesView, words: Phrases) -> str:
    """How often and until when, with the usual times; of a list how many sessions from when to when."""
    if view.rule is not None:
        times = f"{words.clock(view.first)}–{words.clock(view.first + timedelta(minutes=view.series.minutes))}"
        return f"{rule_words(view.rule, words.language)}, {times}"
    if not view.live:
        return words.say("a list of sessions")
    return words.say(
        "a list of %(count)s sessions, from %(first)s to %(last)s", count=len(view.live),
        first=words.day(view.live[0].starts), last=words.day(view.live[-1].starts),
    )  # fmt: skip


def _date(one: SeriesDate, view: SeriesView, words: Phrases, *, now: datetime, books: bool) -> DateView:
    day, clock = short_day(local_day(one.starts), words), f"{words.clock(one.starts)}–{words.clock(one.ends)}"
    found, later = one.conference, one.starts > now
    if found is None:
        name = minute_of(one.original) if one.original is not None else 0
        return DateView(day, clock, "out", words.say("left out"), None, "", 0, name, later and books)
    off = found.state in OFF
    said, mark = "", "off" if off else "ahead" if later else "past"
    if one.original is not None and one.moved and not off:
        mark = "moved"
        said = words.say("moved, was %(time)s", time=_was(one, words))
    elif one.original is None:
        said = words.say("extra date")
    elif one.altered and not off:
        said = words.say("changed by itself")
    return DateView(day, clock, mark, said, words.standing(standing(found, now)), found.key, found.version, 0,
                    off and later and books)  # fmt: skip


def _was(one: SeriesDate, words: Phrases) -> str:
    if one.original is None or local_day(one.original) == local_day(one.starts):
        return words.clock(one.original or one.starts)
    return f"{words.clock(one.original)} {short_day(local_day(one.original), words)}"
