"""Maintenance and closures: what is closed and why; operators and administrators add and lift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, require
from confsvc.web import keys
from confsvc.web.errors import field_text, taken_text
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.choices import Places, load_places, site_groups
from confsvc.web.pages.closure_form import FIELD_OF, Typed, new_typed, read_typed, unreadable, wish_of
from confsvc.web.pages.hits import Hits, hits_shown
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking.place.closure_queries import Closed, list_closable, list_closed_rooms, list_closures
from scheduler.booking.place.closures import KINDS, LONGEST_REASON, add_closure, lift_closure
from scheduler.booking.place.hit_queries import list_hit
from scheduler.errors import NoPlace, StillBooked, Taken
from scheduler.local_time import local_day

P = Permission.CLOSURE_EDIT
PAGE = "/closures"
NAMES = {"maintenance": "Maintenance", "closed": "Closed for another use"}
MOST_SAID = 12
EVENING = timedelta(hours=7)
"""From this long before midnight on a fresh form is for the next day: its hours of today are past."""


@dataclass(frozen=True)
class Looked:
    """What the page is made of. ``closed``: what is closed already; ``hits``: the conferences
    that would stay booked."""

    places: Places
    lines: Sequence[tuple[int, str]]
    hosts: Sequence[tuple[int, str]]
    closures: Sequence[Closed]
    names: Mapping[str, str]
    closed: Sequence[Taken] = ()
    hits: Hits | None = None


async def show(request: web.Request) -> web.Response:
    """GET /closures; ``room``, ``day`` and ``find`` fill the form."""
    typed = new_typed(request.query, local_day(keys.now(request) + EVENING))
    return await _page(request, typed)


async def save(request: web.Request) -> web.Response:
    """POST /closures: close; with ``act`` "check" only look at what stands in the way."""
    actor, words = keys.actor(request), Words(request[keys.LANGUAGE])
    require(actor, P)
    fields = await request.post()
    typed = read_typed(fields)
    errors = tuple(unreadable(typed))
    if errors or fields.get("act") == "check":
        return await _page(request, typed, errors=errors, check=True)
    seen = str(fields.get("seen", "")) if fields.get("confirmed") else ""
    try:
        await request.app[keys.DATABASE].write(_add, actor, typed, seen, now=keys.now(request))
    except Invalid as problem:
        return await _page(request, typed, errors=problem.errors)
    except (NoPlace, StillBooked):
        return await _page(request, typed, check=True, status=409)
    return redirect(request, PAGE, flash=words("It is closed; nobody can book it in that time."), tone="ok")


def _add(db: Session, actor: Actor, typed: Typed, seen: str, *, now: datetime) -> str:
    places = load_places(db, actor, Permission.CONFERENCE_READ, local_day(now))
    starts, ends = typed.moment("starts"), typed.moment("ends")
    assert starts is not None and ends is not None  # noqa: S101 - unreadable() has refused it
    return add_closure(db, wish_of(typed, places, starts, ends), actor=actor.text, now=now, seen=seen)


async def lift(request: web.Request) -> web.Response:
    """POST /closures/{key}/lift."""
    actor, words = keys.actor(request), Words(request[keys.LANGUAGE])
    require(actor, P)
    key, now = request.match_info["key"], keys.now(request)
    await request.app[keys.DATABASE].write(lift_closure, key, actor=actor.text, now=now)
    return redirect(request, PAGE, flash=words("It is open again from now on."), tone="ok")


async def _page(
    request: web.Request, typed: Typed, *, errors: Sequence[FieldError] = (), check: bool = False, status: int = 200
) -> web.Response:
    actor, now, words = keys.actor(request), keys.now(request), Words(request[keys.LANGUAGE])
    looked = await request.app[keys.DATABASE].read(_look, actor, typed, now=now, words=words, check=check)
    groups, hidden = site_groups(looked.places, set(typed.sites), typed.texts["find"], words)
    told = {FIELD_OF.get(error.field, error.field): field_text(error, words.language) for error in reversed(errors)}
    return render(
        request, "closures.html", status=422 if errors else status, w=words, now=now, errors=told, looked=looked,
        typed=typed.texts, kinds=[{"value": kind, "label": words(NAMES[kind])} for kind in KINDS], kind_names=NAMES,
        lines=_options(looked.lines, typed.lines), hosts=_options(looked.hosts, typed.hosts), groups=groups,
        hidden_sites=hidden, chosen_sites=len(typed.sites), edits=may(actor, P), longest=LONGEST_REASON,
        checked=check and not errors, closed=_said(looked.closed, words), hits=looked.hits,
    )  # fmt: skip


def _look(db: Session, actor: Actor, typed: Typed, *, now: datetime, words: Words, check: bool) -> Looked:
    places = load_places(db, actor, Permission.CONFERENCE_READ, local_day(now))
    closures, (lines, hosts) = list_closures(db, now), list_closable(db)
    names = list_actor_names(db, {one.made_by for one in closures}, words)
    starts, ends = typed.moment("starts"), typed.moment("ends")
    if not check or starts is None or ends is None or ends <= starts:
        return Looked(places, lines, hosts, closures, names)
    wish = wish_of(typed, places, starts, ends)
    things = (wish.room_ids, wish.line_ids, wish.bridge_ids)
    hits = hits_shown(db, list_hit(db, *things, starts, ends), actor, words)
    return Looked(places, lines, hosts, closures, names, list_closed_rooms(db, wish.room_ids, starts, ends), hits)


def _options(known: Sequence[tuple[int, str]], chosen: Sequence[str]) -> list[dict[str, object]]:
    return [{"value": str(one), "label": name, "checked": str(one) in chosen} for one, name in known]


def _said(closed: Sequence[Taken], words: Words) -> list[str]:
    """What is closed already, a line each; the last says how many more there are."""
    said = [taken_text(taken.as_data(), words.language) for taken in closed]
    more = len(said) - MOST_SAID
    return [*said[:MOST_SAID], words("and %(count)s more", count=more)] if more > 0 else said
