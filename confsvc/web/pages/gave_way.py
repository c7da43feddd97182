"""A conference that gave way, for its host: the other time that is held, to be accepted or refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.errors import text_of
from confsvc.web.pages.edit import read_version, stale
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import find_hosted
from confsvc.web.pages.typed import text_field
from confsvc.web.rendering import redirect
from rooms.errors import Invalid
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.giving_way.displaced import accept, refuse
from scheduler.booking.giving_way.preempt_queries import list_displacements
from scheduler.errors import NoPlace, NotAsked, Stale, TooLate
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.name_queries import list_short_names

P = Permission.CONFERENCE_CHANGE
LONGEST_REASON = 500
SAID = {
    "accept": "It takes place at the other time; everybody invited is told.",
    "refuse": "It is postponed; everybody invited is told.",
}
OUTCOMES = {
    "accepted": "the other time was accepted", "refused": "the other time was refused",
    "unanswered": "nobody answered, it was postponed", "changed": "its host changed it",
    "cancelled": "it was cancelled", "no_alternative": "no other time fitted, it was postponed",
    "ended": "it was ended", "sites_out": "it went on without these sites",
}  # fmt: skip


@dataclass(frozen=True)
class GaveWayView:
    """What is asked of the host: the time that is held, and until when it may be answered."""

    holder: str
    time: str
    until: str


@dataclass(frozen=True)
class TookView:
    """A meeting that gave way to this one, and what came of it."""

    what: str
    came: str


def gave_way_views(
    db: Session, conference: Conference, words: Phrases, now: datetime
) -> tuple[GaveWayView | None, list[TookView]]:
    """What this conference is asked, and who gave way to it."""
    asked, took = None, []
    for one in list_displacements(db, conference.id):
        row = one.displacement
        other = one.by if row.displaced_id == conference.id else one.displaced
        day = local_day(other.starts)
        unit = list_short_names(db, [(other.host_unit_id, day)]).get((other.host_unit_id, day), "?")
        if row.by_id == conference.id:
            came = words.say(OUTCOMES[row.outcome] if row.outcome else "its host is asked about another time")
            took.append(TookView(f"{unit}, {words.span(other.starts, other.ends)}", came))
        elif row.decided is None and row.alternative_starts and row.alternative_ends and row.answer_until:
            span = words.span(row.alternative_starts, row.alternative_ends)
            asked = GaveWayView(unit, words.headed(span), words.near(row.answer_until, now))
    return asked, took


async def save(request: web.Request) -> web.Response:
    """POST /conferences/{key}/time: ``act`` accept or refuse."""
    fields, key, language = await request.post(), request.match_info["key"], request[keys.LANGUAGE]
    act = "accept" if fields.get("act") == "accept" else "refuse"
    try:
        await request.app[keys.DATABASE].write(
            answer, keys.actor(request), key, act, version=read_version(fields),
            reason=text_field(fields, "reason")[:LONGEST_REASON], now=keys.now(request), rules=keys.rules(request),
        )  # fmt: skip
    except (NotAsked, TooLate, NoPlace, Invalid) as problem:
        return redirect(request, f"/conferences/{key}", flash=text_of(problem, language), tone="bad")
    except Stale:
        return await stale(request, fields)
    return redirect(request, f"/conferences/{key}", flash=text(SAID[act], language), tone="ok")


def answer(
    db: Session, actor: Actor, key: str, act: str, *, version: int, reason: str, now: datetime, rules: Rules
) -> Booked:
    """Accept or refuse, for whoever may change the conference."""
    find_hosted(db, actor, key, P)
    if act == "accept":
        return accept(db, key, version=version, actor=actor.text, now=now, rules=rules)
    return refuse(db, key, version=version, reason=reason, actor=actor.text, now=now)
