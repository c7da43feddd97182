"""One box: meetings, offices, rooms and people whose name carries the words, whatever their case and accents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may_somewhere
from confsvc.web import keys
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from rooms.directory import Found, search
from rooms.names import search_key, tidy
from rooms.place_queries import find_person, list_rooms
from scheduler.list_queries import Filter, Line, list_lines
from scheduler.local_time import local_day
from scheduler.record.figure_queries import list_ranks
from scheduler.standing import standing

LIMIT, LONGEST = 20, 100


@dataclass(frozen=True)
class Hit:
    """A hit of the directory: its name, its office, the page where it stands."""

    name: str
    note: str
    href: str


@dataclass(frozen=True)
class Answer:
    """Grouped; meetings the newest first, only those that the asker may look at."""

    meetings: Sequence[Line]
    units: Sequence[Hit]
    rooms: Sequence[Hit]
    people: Sequence[Hit]

    @property
    def total(self) -> int:
        return len(self.meetings) + len(self.units) + len(self.rooms) + len(self.people)


async def find(request: web.Request) -> web.Response:
    """The answer page; an empty box asks for nothing."""
    text = tidy(request.query.get("q", ""))[:LONGEST]
    actor, now = keys.actor(request), keys.now(request)
    answer = await request.app[keys.DATABASE].read(_read, actor, text, now=now)
    return render(
        request, "search.html", w=Words(request[keys.LANGUAGE]), asked=text, answer=answer, now=now, limit=LIMIT,
        standing=standing,
    )  # fmt: skip


def _read(db: Session, actor: Actor, text: str, *, now: datetime) -> Answer:
    key = search_key(text)
    if not key:
        return Answer((), (), (), ())
    meetings: Sequence[Line] = ()
    if may_somewhere(actor, Permission.CONFERENCE_READ):
        meetings = list_lines(db, sight_of(actor), Filter(search=key), limit=LIMIT, newest_first=True)
    found: list[Found] = []
    if may_somewhere(actor, Permission.DIRECTORY_READ):
        found = search(db, text, local_day(now), limit=LIMIT)
    return Answer(
        meetings,
        [Hit(one.name, one.at, f"/directory/units/{one.key}") for one in found if one.kind == "unit"],
        _rooms(db, [one for one in found if one.kind == "room"], now),
        _people(db, [one for one in found if one.kind == "person"]),
    )


def _rooms(db: Session, found: Sequence[Found], now: datetime) -> list[Hit]:
    codes = {room.key: room.unit_code for room in list_rooms(db, local_day(now), keys=[one.key for one in found])}
    return [Hit(one.name, one.at, f"/directory/units/{codes[one.key]}") for one in found if one.key in codes]


def _people(db: Session, found: Sequence[Found]) -> list[Hit]:
    people = [(one, find_person(db, int(one.key))) for one in found]
    ranks = list_ranks(db, {person.unit_id for _, person in people if person is not None})
    return [
        Hit(
            one.name,
            f"{one.at} · {person.mail}" if person.mail else one.at,
            f"/directory/units/{ranks[person.unit_id][1]}",
        )
        for one, person in people
        if person is not None
    ]
