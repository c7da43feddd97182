"""When is whom free: the rooms of all offices over a day or a week, in protocol order; a day also as a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, may_somewhere
from confsvc.web import keys
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.timeline_grid import Cell, Frame, frame_of, row_cells
from confsvc.web.pages.typed import parse_day
from confsvc.web.rendering import render
from rooms.names import search_key
from rooms.place_queries import RoomOn, list_rooms
from scheduler.booking.edit import CHANGEABLE
from scheduler.held_queries import Held, list_held
from scheduler.local_time import LOCAL, instant, local_day
from scheduler.name_queries import list_short_names
from scheduler.work_calendar import WorkCalendar

PAGE = 60
WEEK = 7
VIEWS = ("day", "week", "list")


@dataclass(frozen=True)
class Look:
    """What is asked for: a day, as a grid or a list, or the week around it, narrowed by a name, page by page."""

    day: date
    view: str
    q: str
    page: int

    @property
    def first(self) -> date:
        return self.day - timedelta(days=self.day.weekday()) if self.view == "week" else self.day

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(WEEK if self.view == "week" else 1)]

    def address(self, **changes: Any) -> str:
        parts = {"day": self.day, "view": self.view, "q": self.q, "page": 1} | changes
        told = {k: f"{v}" for k, v in parts.items() if v and (k, v) not in (("view", "day"), ("page", 1))}
        return f"/timeline?{urlencode(told)}"

    def step_day(self, by: int) -> date:
        return self.first + timedelta(days=by)

    def step(self, by: int) -> str:
        return self.address(day=self.day + timedelta(days=by * (WEEK if self.view == "week" else 1)))


@dataclass(frozen=True)
class RoomRow:
    """A room with its cells of the day, or its lists of the week's days."""

    room: RoomOn
    cells: Sequence[Cell] = ()
    days: Sequence[tuple[date, Sequence[Held]]] = ()


def read_look(query: Mapping[str, str], now: datetime) -> Look:
    today = local_day(now)
    day = parse_day(query.get("day", "")) or today
    day = day if abs((day - today).days) < 3660 else today
    page = query.get("page", "1")
    return Look(
        day, query["view"] if query.get("view") in VIEWS else "day", query.get("q", "").strip()[:100],
        max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 6 else 1,
    )  # fmt: skip


async def show(request: web.Request) -> web.Response:
    """GET /timeline."""
    words, now, actor = Phrases(request[keys.LANGUAGE]), keys.now(request), keys.actor(request)
    look = read_look(request.query, now)
    calendar = keys.rules(request).calendar
    context = await request.app[keys.DATABASE].read(_load, actor, look, calendar, now=now)
    return render(
        request, f"timeline_{look.view}.html", w=words, look=look, now=now, today=local_day(now),
        says=Saying(words, context["hosts"]), calendar=calendar, moves=lambda held: is_movable(actor, held, now),
        movable=_once(held for held in context["held"] if is_movable(actor, held, now)),
        page_address=lambda page: look.address(page=page),
        may_book=may_somewhere(actor, Permission.CONFERENCE_BOOK), **context,
    )  # fmt: skip


def is_movable(actor: Actor, held: Held, now: datetime) -> bool:
    """Whether this person may give it another time: an office's own, and it has not begun."""
    ahead = held.state in CHANGEABLE and held.conference_starts > now
    return ahead and held.seen and not held.closed and may(actor, Permission.CONFERENCE_CHANGE, held.host_unit_id)


def _once(held: Iterable[Held]) -> list[Held]:
    """One of each conference, by start."""
    return sorted({item.key: item for item in held}.values(), key=lambda item: item.conference_starts)


def _load(db: Session, actor: Actor, look: Look, calendar: WorkCalendar, *, now: datetime) -> dict[str, Any]:
    rooms = list_rooms(db, look.day, search=search_key(look.q))
    pages = max(1, -(-len(rooms) // PAGE))
    page = min(look.page, pages)
    shown = rooms[(page - 1) * PAGE : page * PAGE]
    since, until = instant(look.first), instant(look.days[-1] + timedelta(days=1))
    held = list_held(db, [room.id for room in shown], since, until, sight_of(actor))
    frame = frame_of(look.day, held, calendar) if look.view == "day" else None
    return {
        "groups": _groups(shown, held, look, frame, now), "frame": frame, "total": len(rooms), "page": page,
        "pages": pages, "held": held,
        "hosts": list_short_names(db, [(h.host_unit_id, local_day(h.starts)) for h in held if not h.closed]),
    }  # fmt: skip


def _groups(
    rooms: Sequence[RoomOn], held: Iterable[Held], look: Look, frame: Frame | None, now: datetime
) -> list[tuple[str, list[RoomRow]]]:
    """Rooms under their unit's name."""
    by_room: dict[int, list[Held]] = {}
    for item in held:
        by_room.setdefault(item.room_id, []).append(item)
    groups: dict[int, tuple[str, list[RoomRow]]] = {}
    for room in rooms:
        own = by_room.get(room.id, [])
        if frame is not None:
            row = RoomRow(room, cells=row_cells(frame, own, now))
        else:
            row = RoomRow(room, days=[(day, [h for h in own if _on(h, day)]) for day in look.days])
        groups.setdefault(room.unit_id, (room.unit_short, []))[1].append(row)
    return list(groups.values())


def _on(held: Held, day: date) -> bool:
    return held.starts < instant(day + timedelta(days=1)) and held.ends > instant(day)


@dataclass(frozen=True)
class Saying:
    """What a held span says: a title to whoever may know it, else who and until when."""

    words: Phrases
    hosts: Mapping[tuple[int, date], str]

    def host(self, held: Held) -> str:
        return self.hosts.get((held.host_unit_id, local_day(held.starts)), "")

    def short(self, held: Held) -> str:
        return held.title if held.seen or held.closed else self.host(held)

    def whole(self, held: Held) -> str:
        """Title (where it may be known), host, the sitting's times; the room is held until then."""
        clock = self.words.clock
        if held.closed:
            said = self.words.near(held.ends, held.starts)
            return self.words.say("Closed until %(time)s: %(reason)s", time=said, reason=held.title)
        times = f"{clock(held.conference_starts)}–{clock(held.conference_ends)}"
        said = f"{held.title}, {self.host(held)}, {times}" if held.seen else self.words.say(
            "%(unit)s, until %(time)s", unit=self.host(held), time=clock(held.ends)
        )  # fmt: skip
        again = self.words.say("one date of a series") if held.series else ""
        return ", ".join(part for part in (said, self.state(held), again) if part)

    def state(self, held: Held) -> str:
        """What the colour of a span that waits says, in words."""
        if held.closed or (held.holds and held.state != "pending"):
            return ""
        return self.words.say("waits for approval, room held" if held.holds else "waits for approval, room not held")

    def iso(self, at: datetime) -> str:
        """2026-11-24T08:00, local: for the script."""
        return at.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")

    def at(self, held: Held) -> dict[str, Any]:
        """For moving it by hand: where it stands (local time) and how many minutes it lasts."""
        minutes = int((held.conference_ends - held.conference_starts).total_seconds()) // 60
        at = self.iso(held.conference_starts)
        return {"data-move": f"/conferences/{held.key}/edit", "data-at": at, "data-long": minutes}
