"""Today: what runs now, what is next, what needs me."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, may_somewhere, units_for
from confsvc.approving import scope_of
from confsvc.web import keys
from confsvc.web.pages.figures import goal_percent
from confsvc.web.pages.lines import LineView, line_views
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from rooms.health import Link, link
from rooms.place_queries import list_rooms
from scheduler.booking.approving.queries import count_waiting
from scheduler.booking.giving_way.preempt_queries import list_open_displacements
from scheduler.held_queries import list_busy_rooms
from scheduler.list_queries import (
    Filter,
    Line,
    Unreached,
    list_drafts,
    list_lines,
    list_requests,
    list_unreached,
    list_wanting_letter,
    list_wanting_result,
)
from scheduler.local_time import instant, local_day
from scheduler.record.figures import Figures, read_figures
from scheduler.record.selection import Selection

MOST = 50
"""As many as are counted one by one; more are "50+"."""
ACTING = (
    Permission.RESULT_CONFIRM, Permission.CONFERENCE_BOOK, Permission.OUTBOX_READ, Permission.ENDPOINT_READ,
    Permission.APPROVAL_READ,
)  # fmt: skip
"""Who may none of these has nothing waiting, ever."""
LETTER_SOON = timedelta(days=3)
"""Letters that are wanted within this are named."""
STEERING = ("leader", "reporter")
"""Functions whose first question is the share of the year."""
MENDING = (Permission.CONFERENCE_BOOK, Permission.CONFERENCE_CONDUCT)
"""Who is told of conferences in trouble."""
LOOK_BACK = timedelta(days=7)
_ALIVE = ("planned", "provisioned", "open", "ended", "recorded")


@dataclass(frozen=True)
class Trouble:
    """A room of one of today's conferences whose device would not join by itself."""

    room: str
    unit: str
    link: Link


@dataclass(frozen=True)
class Today:
    """Everything on the page; lists are bounded by ``MOST``."""

    running: list[LineView]
    later: list[LineView]
    over: list[LineView]
    next_days: list[LineView]
    to_confirm: list[LineView]
    drafts: list[LineView]
    unreached: list[Unreached]
    troubled: list[Trouble]
    requests: list[LineView]
    letters: list[LineView]
    displaced: int
    approvals: int
    stuck: list[LineView]
    figures: Figures | None

    @property
    def waiting(self) -> int:
        lines = (self.to_confirm, self.drafts, self.requests, self.letters, self.stuck)
        return sum(map(len, lines)) + len(self.unreached) + len(self.troubled) + self.approvals + self.displaced


async def show(request: web.Request) -> web.Response:
    """GET /."""
    actor, now = keys.actor(request), keys.now(request)
    words = Words(request[keys.LANGUAGE])
    found = await request.app[keys.DATABASE].read(today, actor, words, now=now)
    return render(
        request, "today.html", w=words, now=now, it=found, most=MOST, now_words=words.headed(words.day(now)),
        may_book=may_somewhere(actor, Permission.CONFERENCE_BOOK),
        may_log=may_somewhere(actor, Permission.CONFERENCE_LOG),
        acts=any(may_somewhere(actor, permission) for permission in ACTING), goal_percent=goal_percent,
    )  # fmt: skip


def today(db: Session, actor: Actor, words: Words, *, now: datetime) -> Today:
    """One look at everything."""
    morning = instant(local_day(now))
    night = morning + timedelta(days=1)
    lines = list_lines(db, sight_of(actor), Filter(since=morning, until=night, states=_ALIVE), limit=200)
    coming = Filter(since=night, until=night + timedelta(days=7), states=_ALIVE)
    days = [line for line in list_lines(db, sight_of(actor), coming, limit=12) if line.starts >= night]
    confirms = units_for(actor, Permission.RESULT_CONFIRM)
    books = units_for(actor, Permission.CONFERENCE_BOOK)
    watched = units_for(actor, Permission.OUTBOX_READ)

    def views(found: list[Line]) -> list[LineView]:
        return line_views(db, found, words, now)

    return Today(
        running=views([x for x in lines if x.state == "open" and x.ends > now]),
        later=views([x for x in lines if x.state in ("planned", "provisioned") and x.ends > now]),
        over=views([x for x in lines if x.state in ("ended", "recorded") or x.ends <= now]),
        next_days=views(days), to_confirm=views(list_wanting_result(db, confirms, MOST)),
        requests=views(list_requests(db, books, MOST)), approvals=count_waiting(db, scope_of(actor)),
        displaced=len(list_open_displacements(db, books)),
        letters=views(list_wanting_letter(db, books, now + LETTER_SOON, MOST)),
        drafts=views(list_drafts(db, books, MOST)), unreached=list_unreached(db, watched, now=now, limit=MOST),
        troubled=_troubled(db, actor, now, night), stuck=views(_stuck(db, actor, now)),
        figures=_figures(db, actor, now),
    )  # fmt: skip


def _figures(db: Session, actor: Actor, now: datetime) -> Figures | None:
    if not actor.functions.intersection(STEERING):
        return None
    return read_figures(db, local_day(now).year, Selection(), now=now)


def _stuck(db: Session, actor: Actor, now: datetime) -> list[Line]:
    """Conferences of the last days and ahead that something is wrong with, for their hosts and operators."""
    lines = list_lines(db, sight_of(actor), Filter(since=now - LOOK_BACK, states=_ALIVE, troubled=True), limit=MOST)
    return [line for line in lines if any(may(actor, permission, line.host_unit_id) for permission in MENDING)]


def _troubled(db: Session, actor: Actor, now: datetime, night: datetime) -> list[Trouble]:
    """Devices that today's conferences need and that are not there."""
    units = units_for(actor, Permission.ENDPOINT_READ)
    needed = list_busy_rooms(db, now, night)
    rooms = list_rooms(db, local_day(now), ids=needed, unit_ids=units) if needed else []
    found = []
    for room in rooms:
        paired = room.endpoint_id is not None and room.paired_at is not None
        state = link(paired=paired, last_seen=room.last_seen, now=now)
        if state is not Link.ONLINE:
            found.append(Trouble(room.name, room.unit_short, state))
    return found[:MOST]
