"""Secret calendar addresses: one's own, an office's, a room's. Made and shown once, copied, put out of use.

Of an office and its rooms: whoever keeps its contacts. What everybody may read is switched on by whoever keeps the
directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, require
from confsvc.feeds import addresses, body_queries
from confsvc.feeds.models import FeedToken
from confsvc.feeds.scope import Kind, Scope
from confsvc.web import keys
from confsvc.web.errors import field_texts
from confsvc.web.feeds import FEEDS, subject_name
from confsvc.web.pages.directory import find_office
from confsvc.web.pages.typed import text_field
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import Invalid, NotFound
from rooms.place_queries import list_rooms
from rooms.queries import find_unit_by_id
from scheduler.local_time import local_day


@dataclass(frozen=True)
class Subject:
    """Whose addresses they are. ``path``: of their page; ``unit_id``: None for one's own; ``timetable``: whether
    everybody may read what the office hosts, None where that is not asked."""

    kind: Kind
    subject_id: int
    name: str
    path: str
    unit_code: str = ""
    unit_id: int | None = None
    rooms: Sequence[tuple[str, str]] = ()
    timetable: bool | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.kind, self.subject_id)


async def show(request: web.Request) -> web.Response:
    """GET /feeds, /directory/units/{code}/feeds, /directory/rooms/{key}/feeds."""
    return await _page(request)


async def make(request: web.Request) -> web.Response:
    """POST to the same: the new address is shown on the answer, and never again."""
    actor, now = keys.actor(request), keys.now(request)
    name = text_field(await request.post(), "name")
    try:
        token = await request.app[keys.DATABASE].write(_make, request, actor, name, now=now)
    except Invalid as problem:
        return await _page(request, errors=field_texts(problem, request[keys.LANGUAGE]), name=name)
    return await _page(request, made=token)


async def revoke(request: web.Request) -> web.Response:
    """POST /feeds/{id}/revoke."""
    actor, now = keys.actor(request), keys.now(request)
    path = await request.app[keys.DATABASE].write(_revoke, request, actor, now=now)
    request.app[FEEDS].forget()
    return redirect(request, path, flash=Words(request[keys.LANGUAGE])("The address is out of use."))


async def switch(request: web.Request) -> web.Response:
    """POST /directory/units/{code}/timetable: open or close the public timetable."""
    actor, now = keys.actor(request), keys.now(request)
    opens = text_field(await request.post(), "open") == "yes"
    path = await request.app[keys.DATABASE].write(_switch, request, actor, opens, now=now)
    request.app[FEEDS].forget()
    said = "The timetable is public." if opens else "The timetable is no longer public."
    return redirect(request, path, flash=Words(request[keys.LANGUAGE])(said))


async def _page(
    request: web.Request, *, made: str | None = None, errors: dict[str, str] | None = None, name: str = ""
) -> web.Response:
    actor, now = keys.actor(request), keys.now(request)
    subject, tokens = await request.app[keys.DATABASE].read(_look, request, actor, now=now)
    public = request.app[keys.SETTINGS].public_url
    edits = subject.kind == "unit" and may(actor, Permission.DIRECTORY_EDIT, subject.unit_id)
    return render(
        request, "feeds.html", status=422 if errors else 200, w=Words(request[keys.LANGUAGE]), s=subject,
        tokens=tokens, made=_addresses(public, subject.kind, made) if made else None, errors=errors or {}, name=name,
        edits=edits, public=public, most=addresses.LONGEST_NAME,
    )  # fmt: skip


def _addresses(public: str, kind: str, token: str) -> dict[str, str]:
    """One address in the ways that programs want it."""
    https = f"{public}/feeds/{token}.ics"
    found = {"https": https, "webcal": f"webcal://{https.partition('://')[2]}"}
    return found | ({"busy": f"{public}/feeds/{token}.ifb"} if kind == "room" else {})


def _look(db: Session, request: web.Request, actor: Actor, *, now: datetime) -> tuple[Subject, Sequence[FeedToken]]:
    subject = _subject(db, request, actor, now=now)
    return subject, body_queries.list_tokens(db, subject.kind, subject.subject_id)


def _make(db: Session, request: web.Request, actor: Actor, name: str, *, now: datetime) -> str:
    scope = _subject(db, request, actor, now=now).scope
    return addresses.add_address(db, scope, name, account_id=actor.account_id, by=actor.text, now=now)


def _revoke(db: Session, request: web.Request, actor: Actor, *, now: datetime) -> str:
    token_id, today = int(request.match_info["id"]), local_day(now)
    found = body_queries.find_token(db, token_id)
    if found is None or (found.kind == "account" and found.subject_id != actor.account_id):
        raise NotFound(kind="feed", key=token_id)
    path = "/feeds"
    if found.kind == "unit":
        require(actor, Permission.CONTACT_EDIT, found.subject_id)
        unit = find_unit_by_id(db, found.subject_id, today)
        path = f"/directory/units/{unit.code}/feeds" if unit else "/"
    elif found.kind == "room":
        room = next(iter(list_rooms(db, today, ids=[found.subject_id])), None)
        require(actor, Permission.CONTACT_EDIT, room.unit_id if room else None)
        path = f"/directory/rooms/{room.key}/feeds" if room else "/"
    scope = Scope(cast(Kind, found.kind), found.subject_id)
    addresses.revoke_address(db, scope, token_id, by=actor.text, now=now)
    return path


def _switch(db: Session, request: web.Request, actor: Actor, opens: bool, *, now: datetime) -> str:
    unit = find_office(db, request.match_info["code"], local_day(now))
    require(actor, Permission.DIRECTORY_EDIT, unit.id)
    act = addresses.open_timetable if opens else addresses.close_timetable
    act(db, unit.id, by=actor.text, now=now)
    return f"/directory/units/{unit.code}/feeds"


def _subject(db: Session, request: web.Request, actor: Actor, *, now: datetime) -> Subject:
    """Who is meant by the address of the page. Raises NotFound, NotAllowed."""
    today, given = local_day(now), request.match_info
    if "code" in given:
        unit = find_office(db, given["code"], today)
        require(actor, Permission.CONTACT_EDIT, unit.id)
        rooms = [(room.key, room.name) for room in list_rooms(db, today, unit_ids=[unit.id])]
        public = body_queries.find_timetable(db, unit.id) is not None
        path = f"/directory/units/{unit.code}/feeds"
        return Subject("unit", unit.id, unit.name, path, unit.code, unit.id, rooms, public)
    if "key" in given:
        room = next(iter(list_rooms(db, today, keys=[given["key"]])), None)
        if room is None:
            raise NotFound(kind="room", key=given["key"])
        require(actor, Permission.CONTACT_EDIT, room.unit_id)
        path = f"/directory/rooms/{room.key}/feeds"
        return Subject("room", room.id, f"{room.name} ({room.unit_short})", path, room.unit_code, room.unit_id)
    name = subject_name(db, "account", actor.account_id, now=now)
    return Subject("account", actor.account_id, name, "/feeds")
