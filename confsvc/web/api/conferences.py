"""Conferences for programs: list, read, check, book, change, submit, cancel, and register one held in person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from aiohttp import hdrs, web
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, require, sees_draft
from confsvc.web import keys
from confsvc.web.api import shown
from confsvc.web.api.fields import Line500, Model
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.api.wishes import (
    BookIn,
    BookingIn,
    ChangeIn,
    LoggedIn,
    ReplaceIn,
    Version,
    booking_in,
    changed,
    host_id,
    logged_in,
)
from confsvc.web.idempotency import IDEMPOTENCY_KEY, once, read_key, request_hash
from confsvc.web.pages.sight import is_seen
from confsvc.web.pages.trial import trial_title
from rooms.errors import FieldError, Invalid, NotFound
from scheduler.booking import book as booking_book
from scheduler.booking import edit
from scheduler.booking.booking import Booked, Booking, Rules, Warning_
from scheduler.booking.log import log_in_person
from scheduler.booking.queries import find_conference
from scheduler.booking.trial import Tried, book_with_trial
from scheduler.booking.validation import warnings
from scheduler.booking.ways.refusal import explained
from scheduler.errors import NoCapacity, RoomTaken
from scheduler.models import Conference
from scheduler.name_queries import list_unit_ids
from scheduler.sight_queries import PRIVATE


class CancelIn(Model):
    version: Version | None = None
    reason: Line500 = Field(min_length=1)


class SubmitIn(Model):
    version: Version | None = None
    clash_confirmed: bool = Field(default=False, strict=True)


@operation(
    "Book a conference", answer=shown.BookedOut, status=201, problems=(409,),
    headers={IDEMPOTENCY_KEY: "Any text of 1 to 200 visible ASCII signs: repeated with it, the request books once"},
)  # fmt: skip
async def book(request: web.Request, *, body: BookIn) -> Answer:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    key = read_key(request)
    database, language = request.app[keys.DATABASE], request[keys.LANGUAGE]
    try:
        made = await database.write(_book, body, actor, key, now=now, rules=rules, language=language)
    except (RoomTaken, NoCapacity) as problem:
        raise await database.read(_refusal, body, actor, problem, now=now, rules=rules) from problem
    location = f"/api/v1/conferences/{made.key}"
    return Answer(made, headers={hdrs.LOCATION: location, hdrs.ETAG: f'"v{made.version}"'})


def _refusal(
    db: Session, wish: BookingIn, actor: Actor, problem: RoomTaken | NoCapacity, *, now: datetime, rules: Rules
) -> RoomTaken | NoCapacity:
    booking = booking_in(db, wish, host_id(db, wish.host, actor), now=now, rules=rules)
    return explained(db, booking, problem, now=now, rules=rules)


def _book(
    db: Session, wish: BookIn, actor: Actor, key: str | None, *, now: datetime, rules: Rules, language: str
) -> shown.BookedOut:
    def work() -> shown.BookedOut:
        host = host_id(db, wish.host, actor)
        require(actor, Permission.CONFERENCE_BOOK, host)
        booking = booking_in(db, wish, host, now=now, rules=rules)
        made = _made(db, wish, booking, language, actor=actor.text, now=now, rules=rules)
        said = [*warnings(booking, now=now, rules=rules), *_untried(made)]
        out = _booked(made.booked, shown.warnings_out(tuple(said), language))
        return out.model_copy(update={"trial": made.trial.key if made.trial else None})

    asked = request_hash("POST", "/api/v1/conferences", wish)
    return once(db, actor.account_id, key, asked, shown.BookedOut, work, status=201, now=now)


def _made(
    db: Session, wish: BookIn, booking: Booking, language: str, *, actor: str, now: datetime, rules: Rules
) -> Tried:
    who: dict[str, Any] = {"actor": actor, "now": now, "rules": rules}
    if wish.trial and booking.has_video and not wish.draft:
        return book_with_trial(db, booking, trial_title(booking.title, language), **who)
    return Tried(booking_book.book(db, booking, draft=wish.draft, **who))


def _untried(made: Tried) -> list[Warning_]:
    """The trial run that did not fit."""
    if made.wish is None or made.refused is None:
        return []
    span = {"starts": made.wish.starts.isoformat(), "ends": made.wish.ends.isoformat()}
    return [Warning_("no_trial", span | {"code": made.refused.code})]


@operation("Replace a conference's content", answer=shown.BookedOut, problems=(409, 412), headers={"If-Match": "ETag"})
async def put(request: web.Request, *, path: KeyPath, body: ReplaceIn) -> Answer:
    return await _edit(request, path.key, body, body.version)


@operation("Change a conference", answer=shown.BookedOut, problems=(409, 412), headers={"If-Match": "ETag"})
async def patch(request: web.Request, *, path: KeyPath, body: ChangeIn) -> Answer:
    return await _edit(request, path.key, body, body.version)


async def _edit(request: web.Request, key: str, body: ReplaceIn | ChangeIn, version: int | None) -> Answer:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    database, seen = request.app[keys.DATABASE], read_version(request, version)
    try:
        booked = await database.write(_change, key, body, seen, actor, now=now, rules=rules)
    except (RoomTaken, NoCapacity) as problem:
        raise await database.read(_change_refusal, key, body, actor, problem, now=now, rules=rules) from problem
    return _answer(booked)


def _change(
    db: Session, key: str, body: ReplaceIn | ChangeIn, version: int, actor: Actor, *, now: datetime, rules: Rules
) -> Booked:
    conference = _allowed(db, key, actor, Permission.CONFERENCE_CHANGE)
    wished = _wished(db, conference, body, now=now, rules=rules)
    quiet = isinstance(body, ChangeIn) and not body.notify
    return edit.change(db, key, wished, version=version, actor=actor.text, now=now, rules=rules, quiet=quiet)


def _change_refusal(
    db: Session, key: str, body: ReplaceIn | ChangeIn, actor: Actor, problem: RoomTaken | NoCapacity, *, now: datetime,
    rules: Rules,
) -> RoomTaken | NoCapacity:  # fmt: skip
    conference = _allowed(db, key, actor, Permission.CONFERENCE_CHANGE)
    wished = _wished(db, conference, body, now=now, rules=rules)
    return explained(db, wished, problem, now=now, rules=rules, except_id=conference.id)


def _wished(db: Session, conference: Conference, body: ReplaceIn | ChangeIn, *, now: datetime, rules: Rules) -> Booking:
    if isinstance(body, ChangeIn):
        return changed(db, edit.booking_of(db, conference), body, now=now, rules=rules)
    if body.host is not None and list_unit_ids(db, [body.host]).get(body.host) != conference.host_unit_id:
        raise Invalid([FieldError("host", "fixed")])
    return replace(booking_in(db, body, conference.host_unit_id, now=now, rules=rules))


@operation("Book a draft", answer=shown.BookedOut, problems=(409, 412), headers={"If-Match": "ETag"})
async def submit(request: web.Request, *, path: KeyPath, body: SubmitIn) -> Answer:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    seen = read_version(request, body.version)
    database, known = request.app[keys.DATABASE], body.clash_confirmed
    try:
        booked = await database.write(_submit, path.key, seen, known, actor, now=now, rules=rules)
    except (RoomTaken, NoCapacity) as problem:
        raise await database.read(_submit_refusal, path.key, actor, problem, now=now, rules=rules) from problem
    return _answer(booked)


def _submit(db: Session, key: str, version: int, known: bool, actor: Actor, *, now: datetime, rules: Rules) -> Booked:
    _allowed(db, key, actor, Permission.CONFERENCE_BOOK)
    return edit.submit(
        db, key, version=version, actor=actor.text, now=now, rules=rules, clash_confirmed=known
    )  # fmt: skip


def _submit_refusal(
    db: Session, key: str, actor: Actor, problem: RoomTaken | NoCapacity, *, now: datetime, rules: Rules
) -> RoomTaken | NoCapacity:
    conference = _allowed(db, key, actor, Permission.CONFERENCE_BOOK)
    return explained(db, edit.booking_of(db, conference), problem, now=now, rules=rules, except_id=conference.id)


@operation("Cancel a conference", answer=shown.BookedOut, problems=(409, 412), headers={"If-Match": "ETag"})
async def cancel(request: web.Request, *, path: KeyPath, body: CancelIn) -> Answer:
    actor, now, seen = keys.actor(request), keys.now(request), read_version(request, body.version)
    booked = await request.app[keys.DATABASE].write(_cancel, path.key, seen, body.reason, actor, now=now)
    return _answer(booked)


def _cancel(db: Session, key: str, version: int, reason: str, actor: Actor, *, now: datetime) -> Booked:
    _allowed(db, key, actor, Permission.CONFERENCE_CANCEL)
    return edit.cancel(db, key, version=version, reason=reason, actor=actor.text, now=now)


@operation("Register a meeting that was held in person", answer=shown.BookedOut, status=201)
async def log(request: web.Request, *, body: LoggedIn) -> Answer:
    actor, now = keys.actor(request), keys.now(request)
    return _answer(await request.app[keys.DATABASE].write(_log, body, actor, now=now), status=201)


def _log(db: Session, wish: LoggedIn, actor: Actor, *, now: datetime) -> Booked:
    host = host_id(db, wish.host, actor)
    require(actor, Permission.CONFERENCE_LOG, host)
    return log_in_person(db, logged_in(db, wish, host), actor=actor.text, now=now)


def _allowed(db: Session, key: str, actor: Actor, permission: Permission) -> Conference:
    """What somebody may not look at is not there at all; what he sees as a guest is there, but not for changing."""
    conference = find_conference(db, key)
    if conference is None or not _known(db, actor, conference, permission):
        raise NotFound(kind="conference", key=key)
    require(actor, permission, conference.host_unit_id)
    return conference


def _known(db: Session, actor: Actor, conference: Conference, permission: Permission) -> bool:
    if conference.state in PRIVATE:
        own = sees_draft(actor, conference.host_unit_id)
        return own or (conference.state == "pending" and is_seen(db, actor, conference))
    return may(actor, permission, conference.host_unit_id) or is_seen(db, actor, conference)


def read_version(request: web.Request, given: int | None) -> int:
    """The version that somebody saw, from the field or from If-Match. Raises Invalid without one."""
    header = re.fullmatch(r'(?:W/)?"v(\d{1,9})"', request.headers.get(hdrs.IF_MATCH, "").strip())
    if given is None and header is None:
        raise Invalid([FieldError("version", "version")])
    return given if given is not None else int(header[1]) if header else 0


def _booked(booked: Booked, said: list[shown.WarningOut]) -> shown.BookedOut:
    return shown.BookedOut(
        key=booked.key, version=booked.version, url=f"/conferences/{booked.key}", state=booked.state or None,
        warnings=said,
    )  # fmt: skip


def _answer(booked: Booked, status: int | None = None) -> Answer:
    model: BaseModel = _booked(booked, [])
    return Answer(model, status, {hdrs.ETAG: f'"v{booked.version}"'})
