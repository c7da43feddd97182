"""Whom the letters of one conference have not reached: a list to telephone by, printed or as a file; and sending now
what waits for further changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import find_hosted
from confsvc.web.rendering import redirect, render
from integrations.documents.sheets import write_csv
from rooms.changes import add_change
from rooms.once import poke
from rooms.place_queries import list_phones
from rooms.queries import list_names
from scheduler.booking.reading import RecipientView, recipient_views
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.overtaken_queries import set_hastened_of

REACHED = ("sent",)
HEADINGS = ("Name", "Role", "Unit", "Address", "Telephone", "Letter", "Why")


class Call(NamedTuple):
    """Somebody to call."""

    who: RecipientView
    unit: str
    phone: str


def to_call(db: Session, actor: Actor, key: str) -> tuple[Conference, list[Call]]:
    """Those who are invited and whose last letter did not surely get there; whoever acknowledged it has it. Raises
    NotFound, NotAllowed."""
    conference = find_hosted(db, actor, key, Permission.OUTBOX_READ)
    found = [
        one for one in recipient_views(db, conference)
        if not one.removed and not one.acknowledged and one.delivery not in REACHED
    ]  # fmt: skip
    units = list_names(db, [one.unit_id for one in found if one.unit_id], local_day(conference.starts))
    phones = list_phones(db, {one.mail for one in found})
    named = {number: unit.short or unit.name for number, unit in units.items()}
    return conference, [Call(one, named.get(one.unit_id or 0, ""), phones.get(one.mail, "")) for one in found]


async def call_list(request: web.Request) -> web.Response:
    """GET /conferences/{key}/call-list."""
    conference, calls = await _read(request)
    words, now = Phrases(request[keys.LANGUAGE]), keys.now(request)
    return render(request, "call_list.html", w=words, now=now, conference=conference, calls=calls, headings=HEADINGS)


async def call_file(request: web.Request) -> web.Response:
    """GET /conferences/{key}/call-list.csv: the same for spreadsheets."""
    conference, calls = await _read(request)
    words = Phrases(request[keys.LANGUAGE])
    rows: list[list[Any]] = [[words.say(heading) for heading in HEADINGS]]
    for one in calls:
        who = one.who
        rows.append([who.name, words.role(who.role), one.unit, who.mail, one.phone, words.delivery(who.delivery)[1],
                     who.error or ""])  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="call-list-{conference.key}.csv"'}
    return web.Response(body=write_csv(rows), content_type="text/csv", charset="utf-8", headers=headers)


async def _read(request: web.Request) -> tuple[Conference, list[Call]]:
    return await request.app[keys.DATABASE].read(to_call, keys.actor(request), request.match_info["key"])


async def send_now(request: web.Request) -> web.Response:
    """POST /conferences/{key}/send-now."""
    key = request.match_info["key"]
    count = await request.app[keys.DATABASE].write(_send, keys.actor(request), key, now=keys.now(request))
    said = "The letters go out now." if count else "No letter was waiting."
    return redirect(request, f"/conferences/{key}", flash=text(said, request[keys.LANGUAGE]), tone="ok")


def _send(db: Session, actor: Actor, key: str, *, now: datetime) -> int:
    conference = find_hosted(db, actor, key, Permission.CONFERENCE_CHANGE)
    count = set_hastened_of(db, conference.id, now=now)
    if count:
        add_change(
            db, "conference", conference.id, "letters_sent_now", actor=actor.text, now=now, after={"letters": count}
        )
        poke(db, "outbox", f"conference:{conference.id}")
    return count
