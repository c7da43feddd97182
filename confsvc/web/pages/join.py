"""/j/{key}: the page that invitations lead to; of a series to the date that is next. When, whom to call, that rooms
join by themselves; and for whoever is signed in and takes part, the way into the video room once it is open.

Without signing in only time and contact are told: the address is forwarded and printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.callbacks import VIDEOS
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import is_seen
from confsvc.web.rendering import redirect, render
from rooms.errors import NotFound
from rooms.queries import list_names
from scheduler.booking.history_queries import VideoRoom, find_current_room
from scheduler.booking.queries import find_conference
from scheduler.booking.series.reading import next_of
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.sight_queries import PRIVATE
from scheduler.standing import Standing, standing
from scheduler.timing import Timing, spans


@dataclass(frozen=True)
class Way:
    """``room``: where to go, for somebody who may and while it is open; ``opens``: from when on."""

    conference: Conference
    standing: Standing
    host: str
    knows: bool
    room: VideoRoom | None
    opens: datetime
    until: datetime


async def show(request: web.Request) -> web.Response:
    """GET /j/{key}."""
    now = keys.now(request)
    way = await _find(request)
    signed_in = request[keys.SIGNED_IN].actor is not None
    return render(
        request, "join.html", w=Phrases(request[keys.LANGUAGE]), way=way, conference=way.conference, now=now,
        signed_in=signed_in, is_open=way.room is not None and way.opens <= now < way.until,
        here=f"/j/{way.conference.key}",
    )  # fmt: skip


async def _find(request: web.Request) -> Way:
    return await request.app[keys.DATABASE].read(
        _way, request[keys.SIGNED_IN].actor, request.match_info["key"], now=keys.now(request),
        timing=keys.rules(request).timing,
    )  # fmt: skip


def _way(db: Session, actor: Actor | None, key: str, *, now: datetime, timing: Timing) -> Way:
    conference = find_conference(db, key) or next_of(db, key, now)
    if conference is None or conference.state in PRIVATE or conference.origin == "logged":
        raise NotFound(kind="conference", key=key)
    day = local_day(conference.starts)
    names = list_names(db, [conference.host_unit_id], day)
    knows = actor is not None and is_seen(db, actor, conference)
    times = spans(conference.starts, conference.ends, timing, booked_ends=conference.booked_ends)
    live = conference.state in ("planned", "provisioned", "open") and conference.form != "in_person"
    room = find_current_room(db, conference.id) if live and knows else None
    return Way(
        conference, standing(conference, now), names[conference.host_unit_id].name if names else "", knows,
        room if room is not None and room.until is None else None, times.opens, times.ends_grace,
    )  # fmt: skip


async def enter(request: web.Request) -> web.Response:
    """GET /j/{key}/enter: to the video room, with a ticket of this person that ends with the conference.

    Not by a form: the content policy lets forms lead nowhere but here.
    """
    way, actor, now = await _find(request), keys.actor(request), keys.now(request)
    video = request.app[VIDEOS].get(way.room.bridge_id) if way.room else None
    if way.room is None or video is None or not way.opens <= now < way.until:
        said = text("The video room is not open for you now.", request[keys.LANGUAGE])
        return redirect(request, f"/j/{way.conference.key}", flash=said, tone="warn")
    user = {"id": f"account:{actor.account_id}", "name": actor.name}
    ticket = video.mint.room_token(way.room.jitsi_name, nbf=way.opens, exp=way.until, user=user)
    address = f"{video.section.base_url.rstrip('/')}/{way.room.jitsi_name}?jwt={ticket}"
    return web.Response(status=303, headers={"Location": address, "Referrer-Policy": "no-referrer"})
