"""One building's line: how full it is day by day, and which conferences make its fullest moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may
from confsvc.web import keys
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.typed import parse_day
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from rooms.errors import NotFound
from rooms.models import Line
from rooms.place_queries import find_line, list_rooms
from rooms.queries import UnitOn, find_unit_by_id
from scheduler.booking.place.capacity import LineLimit
from scheduler.booking.place.load import DayLoad, day_loads
from scheduler.booking.place.load_queries import list_line_parts
from scheduler.local_time import instant, local_day
from scheduler.name_queries import list_short_names

DAYS = 7


@dataclass(frozen=True)
class Looked:
    """A line in one week. ``hosts``: short names by (unit, day)."""

    line: Line
    unit: UnitOn | None
    rooms: Sequence[str]
    loads: Sequence[DayLoad]
    hosts: dict[tuple[int, date], str]

    @property
    def limit(self) -> LineLimit:
        return LineLimit(self.line.kbps_up, self.line.kbps_down, self.line.share)


async def show(request: web.Request) -> web.Response:
    """GET /directory/lines/{id}: the week of ``day``, this one by default."""
    today, words = local_day(keys.now(request)), Words(request[keys.LANGUAGE])
    day = parse_day(request.query.get("day", "")) or today
    day = day if abs((day - today).days) < 3660 else today
    first = day - timedelta(days=day.weekday())
    actor = keys.actor(request)
    looked = await request.app[keys.DATABASE].read(_look, actor, int(request.match_info["id"]), first)
    whole = looked.limit.amount
    ways = [("kbps_up", words("Up, kbit/s"), whole.kbps_up), ("kbps_down", words("Down, kbit/s"), whole.kbps_down)]
    pictures = [(measure, name, _bars(looked.loads, measure, most, words)) for measure, name, most in ways]
    return render(
        request, "line.html", w=words, o=looked, first=first, last=first + timedelta(days=DAYS - 1),
        before=first - timedelta(days=DAYS), after=first + timedelta(days=DAYS), pictures=pictures, whole=whole,
        edits=may(actor, Permission.DIRECTORY_EDIT, looked.line.owner_unit_id),
    )  # fmt: skip


def _look(db: Session, actor: Actor, line_id: int, first: date) -> Looked:
    line = find_line(db, line_id)
    if line is None:
        raise NotFound(kind="line", key=line_id)
    since, until = instant(first), instant(first + timedelta(days=DAYS))
    loads = day_loads(list_line_parts(db, line.id, since, until, sight_of(actor)), first, DAYS, "kbps_up")
    hosted = {(part.host_unit_id, load.day) for load in loads for part in load.causes}
    rooms = [f"{room.unit_short} – {room.name}" for room in list_rooms(db, first) if room.line_id == line.id]
    return Looked(line, find_unit_by_id(db, line.owner_unit_id, first), rooms, loads, list_short_names(db, hosted))


def _bars(loads: Sequence[DayLoad], measure: str, most: int, words: Words) -> list[dict[str, object]]:
    """What is taken at the fullest moment of each day, for the macro ``bars``."""
    rows: list[dict[str, object]] = []
    for load in loads:
        taken = getattr(load.highest, measure)
        label = f"{words.short_weekday(load.day)} {load.day:%d/%m}"
        rows.append({"label": label, "part": min(taken, most), "whole": most, "shown": f"{100 * taken // most} %"})
    return rows
