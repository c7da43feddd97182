"""Confirming an address: somebody checked that it is right."""

from __future__ import annotations

from datetime import date, datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.web import keys
from confsvc.web.pages.place_acts import find_person_subject
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect
from rooms.people import confirm_person
from scheduler.local_time import local_day


async def confirm(request: web.Request) -> web.Response:
    """One click on the office's page."""
    now, actor = keys.now(request), keys.actor(request)
    code = await request.app[keys.DATABASE].write(_confirm, actor, request.match_info["id"], local_day(now), now=now)
    said = Words(request[keys.LANGUAGE])("The address is confirmed.")
    return redirect(request, f"/directory/units/{code}", flash=said, tone="ok")


def _confirm(db: Session, actor: Actor, key: str, today: date, *, now: datetime) -> str:
    subject = find_person_subject(db, key, today)
    require(actor, Permission.CONTACT_EDIT, subject.unit_id)
    confirm_person(db, int(key), actor=actor.text, now=now)
    return subject.unit_code
