"""Find a time: when a set of sites and people is free together, with the picture of who is busy when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.web import keys
from confsvc.web.pages.choices import Places, load_places, site_groups
from confsvc.web.pages.find_time_form import DAYS, LENGTHS, Search, read_search
from confsvc.web.pages.find_time_grid import Cell, cells
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.timeline_grid import Frame, frame_of
from confsvc.web.pages.wish import read_typed
from confsvc.web.rendering import redirect, render
from rooms.place_queries import RoomOn
from scheduler.booking.booking import Rules
from scheduler.booking.ways.find_time import Picture, Wanted, draw
from scheduler.booking.ways.suggest import FreeTime, Span
from scheduler.work_calendar import WorkCalendar

P = Permission.CONFERENCE_BOOK
MOST_TIMES = 6
APART = timedelta(minutes=30)


@dataclass(frozen=True)
class Row:
    """A site or person: ``key`` of the room, empty for people; ``optional``: may be missing."""

    key: str
    label: str
    optional: bool
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Best:
    """A time: the address that starts a booking then, what it says, and which optional sites miss it."""

    href: str
    day: str
    clock: str
    misses: str


async def show(request: web.Request) -> web.Response:
    """GET /find-time: the form, and once sites are chosen the answer."""
    words, now, rules = Phrases(request[keys.LANGUAGE]), keys.now(request), keys.rules(request)
    search = read_search(request.query, now=now, rules=rules)
    places, picture = await request.app[keys.DATABASE].read(_load, keys.actor(request), search, now=now, rules=rules)
    groups, hidden = site_groups(places, set(search.sites), search.find, words)
    return render(
        request, "find_time.html", w=words, typed=search, errors=search.error_texts(words), groups=groups,
        hidden_communes=hidden, chosen_sites=len(search.sites),
        lengths=[(str(minutes), _length(minutes, words)) for minutes in sorted({*LENGTHS, search.minutes})],
        spans=[(str(days), words.say("%(count)s working days", count=days)) for days in sorted({*DAYS, search.days})],
        answer=_answer(search, places, picture, words, rules.calendar) if picture else None,
    )  # fmt: skip


def _length(minutes: int, words: Phrases) -> str:
    """45 minutes, 2 hours, 1 hour 30."""
    if minutes < 60:
        return words.say("%(count)s minutes", count=minutes)
    if minutes % 60:
        return words.say("%(hours)s hours %(minutes)s minutes", hours=minutes // 60, minutes=minutes % 60)
    return words.say("%(hours)s hours", hours=minutes // 60)


def _load(db: Session, actor: Actor, search: Search, *, now: datetime, rules: Rules) -> tuple[Places, Picture | None]:
    places = load_places(db, actor, P, search.first)
    required, optional = search.rooms(places)
    if not (required or optional) or search.errors:
        return places, None
    wanted = Wanted(
        tuple(room.id for room in required), search.first, search.last, timedelta(minutes=search.minutes),
        optional=tuple(room.id for room in optional), people=search.mails, clock=search.clock,
        any_hour=search.any_hour,
    )  # fmt: skip
    return places, draw(db, wanted, now=now, rules=rules, most=MOST_TIMES, apart=APART)


async def carry(request: web.Request) -> web.Response:
    """POST /find-time: from the booking form, with what is chosen there."""
    search = read_search(await request.post(), now=keys.now(request), rules=keys.rules(request))
    typed = read_typed(await request.post())
    return redirect(request, search.coming_from(typed).address())


def _answer(search: Search, places: Places, picture: Picture, words: Phrases, calendar: WorkCalendar) -> dict[str, Any]:
    days = list(picture.days)
    first = picture.times[0].starts if picture.times else None
    day = search.shown(days, first)
    frame = frame_of(day, [], calendar)
    common = picture.days.get(day, [])
    required, optional = search.rooms(places)
    return {
        "best": [_best(search, places, free, words) for free in picture.times],
        "days": [_day(search, each, spans, day, words) for each, spans in picture.days.items()],
        "day": day,
        "frame": frame,
        "common": [(cell, _start(search, cell)) for cell in cells(frame, [], common)],
        "rows": list(_rows(search, picture, frame, common, required, optional, places)),
    }


def _rows(
    search: Search, picture: Picture, frame: Frame, common: Sequence[Span], required: Iterable[RoomOn],
    optional: Iterable[RoomOn], places: Places,
) -> Iterable[Row]:  # fmt: skip
    for rooms, may_miss in ((required, False), (optional, True)):
        for room in rooms:
            several = sum(other.unit_id == room.unit_id for other in places.rooms) > 1
            label = f"{room.unit_short} – {room.name}" if several else room.unit_short
            yield Row(room.key, label, may_miss, cells(frame, picture.busy.get(room.id, []), common))
    for mail in search.mails:
        yield Row("", search.name_of(mail), False, cells(frame, picture.busy.get(mail, []), common))


def _best(search: Search, places: Places, free: FreeTime, words: Phrases) -> Best:
    missing = [places.room_by_id[int(str(key))] for key in free.misses]
    return Best(
        search.booking_address(free.starts, without=[room.key for room in missing]),
        words.headed(words.day(free.starts)),
        f"{words.clock(free.starts)}–{words.clock(free.ends)}",
        ", ".join(room.unit_short for room in missing),
    )


def _start(search: Search, cell: Cell) -> str:
    """Where a click on a span in which the sitting fits leads; the optional sites come along and are checked there."""
    return search.booking_address(cell.starts, without=()) if cell.kind == "fit" else ""


def _day(search: Search, day: date, spans: Sequence[Span], shown: date, words: Phrases) -> tuple[str, str, str, bool]:
    """Address, day, how much of it is free for all, and whether it is the one that is shown."""
    free = ", ".join(f"{words.clock(starts)}–{words.clock(ends)}" for starts, ends in spans)
    label = f"{words.headed(words.weekday(day))} {day:%d/%m}"
    return search.address(show=day), label, free, day == shown
