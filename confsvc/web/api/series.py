"""Series for programs: check, book, read, change, cancel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may, require
from confsvc.web import keys
from confsvc.web.api import series_shown as shown
from confsvc.web.api.conferences import read_version
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.api.wishes import booking_in, changed, host_id
from confsvc.web.idempotency import IDEMPOTENCY_KEY, once, read_key, request_hash
from confsvc.web.pages.series import find_seen_series, shown_dates
from rooms.errors import FieldError, Invalid, NotFound
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.series.book import BookedSeries, book_series, check_series
from scheduler.booking.series.cancel import cancel_series
from scheduler.booking.series.edit import change_series
from scheduler.booking.series.queries import find_series
from scheduler.booking.series.reading import SeriesView, read_series
from scheduler.booking.series.turn import series_booking
from scheduler.booking.series.wish import SeriesFindings, SeriesWish
from scheduler.booking.ways.sittings import Sitting, part_of
from scheduler.models import Series
from scheduler.name_queries import list_room_ids

Out = TypeVar("Out", shown.SeriesBookedOut, shown.SeriesOut)
_REPEATED = {IDEMPOTENCY_KEY: "Any text of 1 to 200 visible ASCII signs: repeated with it, the request is done once"}
SEEN = {"If-Match": "ETag", **_REPEATED}


@operation("Whether a series could be booked, date by date", answer=shown.SeriesCheckOut)
async def check(request: web.Request, *, body: shown.SeriesIn) -> shown.SeriesCheckOut:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    found = await request.app[keys.DATABASE].read(_check, body, actor, now=now, rules=rules)
    return shown.check_out(found, request[keys.LANGUAGE])


def _check(db: Session, body: shown.SeriesIn, actor: Actor, *, now: datetime, rules: Rules) -> SeriesFindings:
    wish = _wish(db, body, actor, now=now, rules=rules)
    return check_series(db, wish, shown.choices_of(body.choices), now=now, rules=rules)


def _wish(db: Session, body: shown.SeriesIn, actor: Actor, *, now: datetime, rules: Rules) -> SeriesWish:
    host = host_id(db, body.host, actor)
    require(actor, Permission.CONFERENCE_BOOK, host)
    booking = booking_in(db, body, host, now=now, rules=rules)
    sessions = tuple((one.starts, one.ends) for one in body.sessions)
    return SeriesWish(booking, body.counts, body.rule, sessions, _sittings(db, body, booking))


def _sittings(db: Session, body: shown.SeriesIn, booking: Booking) -> dict[datetime, Booking]:
    """What sessions with sites of their own are booked as. Raises Invalid for rooms that are unknown."""
    known = list_room_ids(db, [site for one in body.sessions for site in one.sites])
    wrong = [
        FieldError(f"sessions.{number}.sites.{n}", "no_such_room")
        for number, one in enumerate(body.sessions)
        for n, site in enumerate(one.sites)
        if site not in known
    ]
    if wrong:
        raise Invalid(wrong)
    first = min((one.starts for one in body.sessions), default=None)
    cut = [Sitting(one.starts, one.ends, tuple(known[key] for key in one.sites)) for one in body.sessions if one.sites]
    return {one.starts: part_of(booking, one, first=one.starts == first) for one in cut}


@operation(
    "Book a series, all dates as chosen or none", answer=shown.SeriesBookedOut, status=201, problems=(409,),
    headers=_REPEATED,
)  # fmt: skip
async def book(request: web.Request, *, body: shown.SeriesIn) -> Answer:
    return await write_once(request, shown.SeriesBookedOut, shown.booked_out, _book, body, status=201)


def _book(db: Session, body: shown.SeriesIn, actor: Actor, *, now: datetime, rules: Rules) -> BookedSeries:
    wish = _wish(db, body, actor, now=now, rules=rules)
    return book_series(db, wish, shown.choices_of(body.choices), actor=actor.text, now=now, rules=rules)


@operation("One series with its dates", answer=shown.SeriesOut)
async def read(request: web.Request, *, path: KeyPath) -> Answer:
    view = await request.app[keys.DATABASE].read(_read, path.key, keys.actor(request))
    found = shown.series_out(view, request[keys.LANGUAGE])
    return Answer(found, headers={hdrs.ETAG: f'"v{found.version}"'})


def _read(db: Session, key: str, actor: Actor) -> SeriesView:
    """Whoever may look at one of its dates may look at the series, with the dates that he may look at."""
    view, seen = find_seen_series(db, actor, key)
    return replace(view, dates=shown_dates(view, seen, actor))


@operation(
    "Change this and the following dates of a series, or all", answer=shown.SeriesBookedOut, problems=(409, 412),
    headers=SEEN,
)  # fmt: skip
async def patch(request: web.Request, *, path: KeyPath, body: shown.SeriesChangeIn) -> Answer:
    seen = read_version(request, body.version)
    return await write_once(request, shown.SeriesBookedOut, shown.booked_out, _patch, body, path.key, seen)


def _patch(
    db: Session, body: shown.SeriesChangeIn, key: str, version: int, actor: Actor, *, now: datetime, rules: Rules
) -> BookedSeries:
    allowed_series(db, key, actor, Permission.CONFERENCE_CHANGE)
    base = series_booking(db, key, scope=body.scope, since=body.since, version=version, now=now)
    wished = replace(changed(db, base, body, now=now, rules=rules), clash_confirmed=body.clash_confirmed)
    return change_series(
        db, key, wished, scope=body.scope, since=body.since, rule=body.rule, choices=shown.choices_of(body.choices),
        version=version, actor=actor.text, now=now, rules=rules,
    )  # fmt: skip


@operation(
    "Cancel this and the following dates of a series, or all", answer=shown.SeriesOut, problems=(409, 412),
    headers=SEEN,
)  # fmt: skip
async def cancel(request: web.Request, *, path: KeyPath, body: shown.SeriesCancelIn) -> Answer:
    language, seen = request[keys.LANGUAGE], read_version(request, body.version)

    def show(view: SeriesView) -> shown.SeriesOut:
        return shown.series_out(view, language)

    return await write_once(request, shown.SeriesOut, show, _cancel, body, path.key, seen)


def _cancel(
    db: Session, body: shown.SeriesCancelIn, key: str, version: int, actor: Actor, *, now: datetime, rules: Rules
) -> SeriesView:
    allowed_series(db, key, actor, Permission.CONFERENCE_CANCEL)
    cancel_series(
        db, key, scope=body.scope, since=body.since, version=version, reason=body.reason, actor=actor.text, now=now
    )
    return read_series(db, key)


def allowed_series(db: Session, key: str, actor: Actor, permission: Permission) -> Series:
    """The series, for somebody who wants to do this with it. Raises NotFound, NotAllowed."""
    series = find_series(db, key)
    if series is None:
        raise NotFound(kind="series", key=key)
    if not may(actor, permission, series.host_unit_id):
        _read(db, key, actor)
    require(actor, permission, series.host_unit_id)
    return series


async def write_once(
    request: web.Request, answer: type[Out], show: Callable[[Any], Out], work: Callable[..., object], body: BaseModel,
    *which: str | int, status: int = 200,
) -> Answer:  # fmt: skip
    """``work(db, body, *which, actor, …)`` shown as an answer; under an Idempotency-Key done once. ``which``: the
    series and the version of it that was seen, which may be named by a header: they are part of what is asked."""
    actor, now, rules, name = keys.actor(request), keys.now(request), keys.rules(request), read_key(request)
    asked = request_hash(request.method, f"{request.path} {which}", body)

    def unit(db: Session) -> Out:
        def done() -> Out:
            return show(work(db, body, *which, actor, now=now, rules=rules))

        return once(db, actor.account_id, name, asked, answer, done, status=status, now=now)

    found = await request.app[keys.DATABASE].write(unit)
    headers: dict[str, str] = {hdrs.ETAG: f'"v{found.version}"'}
    if status == 201:
        headers[hdrs.LOCATION] = f"/api/v1/series/{found.key}"
    return Answer(found, status, headers)
