"""One conference: its state, what is still owed to it, everything that happened; one part keeps itself fresh."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.access import may as is_allowed
from confsvc.web import keys
from confsvc.web.endpoint import HUB
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.answer_words import BAR, NAMES, SAID_WORDS, WHY
from confsvc.web.pages.beside import beside
from confsvc.web.pages.changes import change_views, room_ids
from confsvc.web.pages.course import course
from confsvc.web.pages.gave_way import P as ANSWERING
from confsvc.web.pages.gave_way import gave_way_views
from confsvc.web.pages.official_view import official_view
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.pictures import picture_words
from confsvc.web.pages.running_view import running_view
from confsvc.web.pages.series_member import member_view
from confsvc.web.pages.sight import find_seen, may_do
from confsvc.web.pages.told_otherwise import told_otherwise
from confsvc.web.pages.trial import lacking_trial
from confsvc.web.rendering import render
from rooms.place_queries import list_phones
from rooms.queries import list_names
from scheduler.answering.reading import answers_of
from scheduler.booking.booking import Rules
from scheduler.booking.history_queries import find_current_room, list_changes, list_last_facts, list_room_names
from scheduler.booking.reading import TROUBLED, SiteView, part_views, recipient_views, site_views
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.standing import Standing, standing, wants_result
from scheduler.timing import spans

Heard = Callable[[int], datetime | None]
MOST_FACTS = 40
POLLED = ("planned", "provisioned", "open", "ended")
"""States in which the page asks again by itself."""


async def show(request: web.Request) -> web.Response:
    """GET /conferences/{key}."""
    words, now = Phrases(request[keys.LANGUAGE]), keys.now(request)
    context = await request.app[keys.DATABASE].read(
        _whole, keys.actor(request), request.match_info["key"], words, now=now, rules=keys.rules(request),
        seen_at=_seen_at(request),
    )  # fmt: skip
    maildir = request.app[keys.SETTINGS].maildir is not None
    lacking = await lacking_trial(request, context["conference"]) if context["may_try"] else None
    return render(
        request, "conference.html", w=words, now=now, maildir=maildir, mark=mark(context), lacking=lacking, **context
    )


async def status(request: web.Request) -> web.Response:
    """GET /conferences/{key}/status: the fresh part alone; 204 while nothing in it has changed."""
    words, now = Phrases(request[keys.LANGUAGE]), keys.now(request)
    context = await request.app[keys.DATABASE].read(
        _fresh, keys.actor(request), request.match_info["key"], words, now=now, rules=keys.rules(request),
        seen_at=_seen_at(request),
    )  # fmt: skip
    found = mark(context)
    if request.query.get("mark") == found:
        return web.Response(status=204)
    maildir = request.app[keys.SETTINGS].maildir is not None
    return render(request, "conference_status.html", w=words, now=now, maildir=maildir, mark=found, **context)


def _seen_at(request: web.Request) -> Heard:
    """When this process last heard an endpoint; only a process that takes connections knows any."""
    hub = request.app.get(HUB)
    return hub.last_seen if hub is not None else lambda _endpoint: None


def mark(context: Mapping[str, Any]) -> str:
    """Tells whether the fresh part would look the same: minutes count, seconds do not."""
    sites = [(s.room_id, s.profile, s.link, s.since, s.last, s.seconds // 60) for s in context["sites"]]
    people = [(r.mail, r.delivery, r.at, r.again, r.due, r.opened, r.acknowledged) for r in context["recipients"]]
    parts = (context["standing"], context["running"], context["conference"].version, context["course"], sites, people,
             context["answers"].mark, context["told_otherwise"])  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _fresh(
    db: Session, actor: Actor, key: str, words: Phrases, *, now: datetime, rules: Rules,
    seen_at: Heard,
) -> dict[str, Any]:  # fmt: skip
    conference, timing = find_seen(db, actor, key), rules.timing
    sites = site_views(db, conference, now=now, seen_at=seen_at)
    recipients = recipient_views(db, conference)
    gave_way, took = gave_way_views(db, conference, words, now)
    here: Standing = "displaced" if gave_way else standing(conference, now)
    running = running_view(db, actor, conference, sites, words, now=now, rules=rules)
    changes = list_changes(db, conference.id)
    troubled = [r for r in recipients if r.delivery in TROUBLED and not r.removed]
    times = spans(conference.starts, conference.ends, timing, booked_ends=conference.booked_ends)
    return {
        "gave_way": gave_way, "took": took, "may_answer": is_allowed(actor, ANSWERING, conference.host_unit_id),
        "conference": conference, "standing": here, "course": course(conference, changes, here, words, timing, now),
        "running": running, "sites": sites, "inside": sum(s.since is not None for s in sites), "recipients": recipients,
        "gathering": max((r.due for r in recipients if r.due and r.due > now), default=None),
        "troubled": troubled, "phones": list_phones(db, {r.mail for r in troubled}),
        "reached": sum(r.delivery == "sent" for r in recipients if not r.removed),
        "invited": sum(not r.removed for r in recipients), "polled": conference.state in POLLED,
        "begun": any(s.first is not None for s in sites),
        "may": may_do(actor, conference, now), "closes": times.ends_grace, "settled": times.settled,
        "wants_result": wants_result(conference), "told_otherwise": told_otherwise(db, conference.id),
        "answers": answers_of(db, conference), "answer_names": NAMES, "why_unverified": WHY, "answer_bar": BAR,
        "answer_said": SAID_WORDS,
        "pictured": any(s.profile for s in sites), "pictures": picture_words(rules.profiles, words),
        "devices_wanting": _wanting(conference, sites, now),
    }  # fmt: skip


def _wanting(conference: Conference, sites: list[SiteView], now: datetime) -> int:
    """How many rooms could not join by themselves as things stand."""
    if conference.state not in ("planned", "provisioned", "open") or conference.ends <= now:
        return 0
    return sum(s.link is not None and s.link != "online" and s.since is None for s in sites)


def _whole(
    db: Session, actor: Actor, key: str, words: Phrases, *, now: datetime, rules: Rules,
    seen_at: Heard,
) -> dict[str, Any]:  # fmt: skip
    context = _fresh(db, actor, key, words, now=now, rules=rules, seen_at=seen_at)
    conference, may = context["conference"], context["may"]
    changes, parts = list_changes(db, conference.id), part_views(db, conference)
    actors = list_actor_names(db, {row.actor for row in changes} | {conference.booked_by}, words)
    units = {part.delegation.unit_id: part.delegation.unit_short for part in parts}
    rooms = list_room_names(db, room_ids(changes))
    facts = list_last_facts(db, conference.id, MOST_FACTS) if may.conduct or may.change or may.confirm else []
    host = list_names(db, [conference.host_unit_id], local_day(conference.starts)).get(conference.host_unit_id)
    return context | beside(db, actor, conference, words, now=now) | {
        "member": member_view(db, conference),
        "host": host, "parts": parts, "changes": change_views(changes, actors, rooms, units, words),
        "booked_by": actors[conference.booked_by], "facts": [(f.at, words.fact(f.kind), _who(f.data)) for f in facts],
        "video": find_current_room(db, conference.id) if may.conduct else None,
        **official_view(db, conference, actor, words, now=now, rules=rules),
    }  # fmt: skip


def _who(data: Mapping[str, Any]) -> str:
    """Whom a fact is about: a device or person as its ticket called it, never an address."""
    return str(data.get("name") or "")
