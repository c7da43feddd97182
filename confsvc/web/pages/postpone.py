"""Postponing together: what would happen to whom, the act, how far it is, and bringing them back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, units_for
from confsvc.i18n import text
from confsvc.postponing import begin, begin_back, find_course, narrowed, preview
from confsvc.web import keys
from confsvc.web.pages.choices import Places, load_places
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.typed import Fields, list_field, parse_day, text_field
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking.giving_way.models import Batch
from scheduler.booking.giving_way.postpone import ROUTINE, Chosen
from scheduler.booking.giving_way.postpone_queries import Concerned, list_batches
from scheduler.kinds import KINDS
from scheduler.local_time import instant, local_day

P = Permission.CONFERENCE_CANCEL
PAGE = "/postpone"
DAYS = 2
MOST_LISTED = 100
MOST_BATCHES = 10


@dataclass(frozen=True)
class Typed:
    """The form as text; both days belong to it."""

    since: str = ""
    until: str = ""
    host: str = ""
    notice: str = ""
    kinds: tuple[str, ...] = ROUTINE


@dataclass(frozen=True)
class Looked:
    """What the page is made of. ``found`` None: nothing was asked for yet."""

    places: Places
    errors: tuple[FieldError, ...]
    found: list[Concerned] | None
    batches: Sequence[Batch]

    @property
    def seen(self) -> str:
        """Tells whether the same meetings would be postponed as were shown."""
        return hashlib.sha256(" ".join(one.key for one in self.found or ()).encode()).hexdigest()[:16]


async def show(request: web.Request) -> web.Response:
    """GET /postpone: from today for two days."""
    first = local_day(keys.now(request))
    typed = Typed(f"{first:%d/%m/%Y}", f"{first + timedelta(days=DAYS - 1):%d/%m/%Y}")
    return await _page(request, typed, look=False)


async def save(request: web.Request) -> web.Response:
    """POST /postpone: look, or with ``act`` "go" do what was shown; what changed in between is shown again."""
    fields = await request.post()
    typed = read_form(fields)
    if fields.get("act") != "go":
        return await _page(request, typed, look=True)
    try:
        key = await request.app[keys.DATABASE].write(
            _begin, keys.actor(request), typed, text_field(fields, "seen"), now=keys.now(request)
        )
    except Invalid as problem:
        return await _page(request, typed, look=True, errors=problem.errors, status=422)
    return redirect(request, f"{PAGE}/{key}")


def _begin(db: Session, actor: Actor, typed: Typed, seen: str, *, now: datetime) -> str:
    looked = _look(db, actor, typed, True, now=now)
    chosen, _ = _chosen(actor, typed, looked.places)
    if looked.errors or chosen is None:
        raise Invalid(looked.errors)
    if looked.seen != seen:
        raise Invalid([FieldError("since", "others_now")])
    return begin(db, actor, chosen, typed.notice, now=now)


def _look(db: Session, actor: Actor, typed: Typed, look: bool, *, now: datetime) -> Looked:
    places = load_places(db, actor, P, local_day(now))
    chosen, errors = _chosen(actor, typed, places)
    found = preview(db, chosen, now=now) if look and chosen is not None else None
    mine = None if units_for(actor, P) is None else actor.text
    return Looked(places, tuple(errors), found, list_batches(db, mine, MOST_BATCHES))


def _chosen(actor: Actor, typed: Typed, places: Places) -> tuple[Chosen | None, list[FieldError]]:
    """What the form names, or what of it cannot be read."""
    first, last = parse_day(typed.since), parse_day(typed.until)
    errors = [FieldError(n, "not_a_date") for n, day in (("since", first), ("until", last)) if day is None]
    if first and last and last < first:
        errors.append(FieldError("until", "before_start"))
    kinds = tuple(kind.code for kind in KINDS if kind.code in typed.kinds)
    if not kinds:
        errors.append(FieldError("kinds", "required"))
    hosts = {unit.code: unit.id for unit in places.hosts}
    if typed.host and typed.host not in hosts:
        errors.append(FieldError("host", "no_such_unit"))
    if first is None or last is None or errors:
        return None, errors
    return narrowed(actor, instant(first), instant(last + timedelta(days=1)), kinds, hosts.get(typed.host)), []


async def _page(
    request: web.Request, typed: Typed, *, look: bool, errors: tuple[FieldError, ...] = (), status: int = 200
) -> web.Response:
    words, actor = Phrases(request[keys.LANGUAGE]), keys.actor(request)
    looked: Looked = await request.app[keys.DATABASE].read(_look, actor, typed, look, now=keys.now(request))
    said = (*errors, *looked.errors)
    found = looked.found or []
    return render(
        request, "postpone.html", status=422 if said else status, w=words, typed=typed, looked=looked, found=found,
        errors=error_texts(said, words), most=MOST_LISTED, sites=sum(one.sites for one in found),
        people=sum(one.people for one in found), hosts=[(u.code, u.short) for u in looked.places.hosts],
        units={u.id: u.short for u in looked.places.units},
        kinds=[{"value": k.code, "label": words.kind(k.code), "checked": k.code in typed.kinds} for k in KINDS],
    )  # fmt: skip


async def course(request: web.Request) -> web.Response:
    """GET /postpone/{key}: how far it is; asks again by itself while something waits, and may be left alone."""
    words = Phrases(request[keys.LANGUAGE])
    found: Any = await request.app[keys.DATABASE].read(
        find_course, keys.actor(request), request.match_info["key"]
    )  # fmt: skip
    name = "postpone_course.html" if "HX-Request" in request.headers else "postpone_batch.html"
    skipped = [item for item in found.items if item.state == "skipped"]
    return render(request, name, w=words, it=found, batch=found.batch, skipped=skipped, why=_why(words))


def _why(words: Phrases) -> dict[str, str]:
    """Codes of what was skipped, in words."""
    known = {
        "state": "it had begun, was cancelled or was changed in the meantime", "room_taken": "a room is taken now",
        "no_capacity": "a line or the video host is full now", "invalid": "an office or room is there no more",
    }  # fmt: skip
    return {code: words.say(said) for code, said in known.items()}


async def back(request: web.Request) -> web.Response:
    """POST /postpone/{key}/back."""
    key = await request.app[keys.DATABASE].write(
        begin_back, keys.actor(request), request.match_info["key"], now=keys.now(request)
    )
    said = text("They are being put back where they still fit.", request[keys.LANGUAGE])
    return redirect(request, f"{PAGE}/{key}", flash=said, tone="ok")


def read_form(fields: Fields) -> Typed:
    """The form as posted."""
    texts = {name: text_field(fields, name) for name in ("since", "until", "host", "notice")}
    return Typed(**texts, kinds=tuple(list_field(fields, "kinds")))
