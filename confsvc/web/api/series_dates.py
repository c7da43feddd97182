"""Single dates of a series for programs: put back what was left out or cancelled, add one, and for how many of the
later ones places are held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.web import keys
from confsvc.web.api import series_shown as shown
from confsvc.web.api.conferences import SubmitIn, read_version
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.api.series import SEEN, allowed_series, write_once
from confsvc.web.api.shown import BookedOut
from confsvc.web.pages.sight import sight_of
from rooms.errors import NotFound
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.queries import find_conference
from scheduler.booking.series.book import BookedSeries
from scheduler.booking.series.expected import set_expected
from scheduler.booking.series.put_back import add_date, put_back, put_back_date
from scheduler.booking.series.reading import SeriesView, read_series
from scheduler.booking.series.wish import wish_at
from scheduler.sight_queries import find_visible


@operation(
    "Book a date of a series that was left out", answer=shown.SeriesBookedOut, problems=(409, 412),
    headers=SEEN,
)  # fmt: skip
async def put_date_back(request: web.Request, *, path: KeyPath, body: shown.PutBackDateIn) -> Answer:
    seen = read_version(request, body.version)
    return await write_once(request, shown.SeriesBookedOut, shown.booked_out, _put_date_back, body, path.key, seen)


def _put_date_back(
    db: Session, body: shown.PutBackDateIn, key: str, version: int, actor: Actor, *, now: datetime, rules: Rules
) -> BookedSeries:
    allowed_series(db, key, actor, Permission.CONFERENCE_BOOK)
    return put_back_date(
        db, key, body.original, starts=body.starts, version=version, actor=actor.text, now=now, rules=rules,
        short_notice_reason=body.short_notice_reason, clash_confirmed=body.clash_confirmed,
    )  # fmt: skip


@operation(
    "Add a date to a series", answer=shown.SeriesBookedOut, status=201, problems=(409, 412),
    headers=SEEN,
)  # fmt: skip
async def add(request: web.Request, *, path: KeyPath, body: shown.AddDateIn) -> Answer:
    seen = read_version(request, body.version)
    return await write_once(request, shown.SeriesBookedOut, shown.booked_out, _add, body, path.key, seen, status=201)


def _add(
    db: Session, body: shown.AddDateIn, key: str, version: int, actor: Actor, *, now: datetime, rules: Rules
) -> BookedSeries:
    series = allowed_series(db, key, actor, Permission.CONFERENCE_BOOK)
    booking = replace(wish_at(series.wish, body.starts, series.minutes), ends=body.ends)
    booking = replace(
        booking, short_notice_reason=body.short_notice_reason, clash_confirmed=body.clash_confirmed
    )  # fmt: skip
    return add_date(db, key, booking, version=version, actor=actor.text, now=now, rules=rules)


@operation(
    "Reserve places of the video host by what came to earlier dates", answer=shown.SeriesOut, problems=(409, 412),
    headers=SEEN,
)  # fmt: skip
async def expect(request: web.Request, *, path: KeyPath, body: shown.ExpectedIn) -> Answer:
    language, seen = request[keys.LANGUAGE], read_version(request, body.version)

    def show(view: SeriesView) -> shown.SeriesOut:
        return shown.series_out(view, language)

    return await write_once(request, shown.SeriesOut, show, _expect, body, path.key, seen)


def _expect(
    db: Session, body: shown.ExpectedIn, key: str, version: int, actor: Actor, *, now: datetime, rules: Rules
) -> SeriesView:
    allowed_series(db, key, actor, Permission.CONFERENCE_CHANGE)
    set_expected(db, key, accept=body.accept, version=version, actor=actor.text, now=now, rules=rules)
    return read_series(db, key)


@operation(
    "Hold a conference after all that was cancelled or postponed", answer=BookedOut, problems=(409, 412),
    headers={"If-Match": "ETag"},
)  # fmt: skip
async def put_conference_back(request: web.Request, *, path: KeyPath, body: SubmitIn) -> Answer:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    seen = read_version(request, body.version)
    booked = await request.app[keys.DATABASE].write(_put_back, path.key, body, seen, actor, now=now, rules=rules)
    made = BookedOut(key=booked.key, version=booked.version, url=f"/conferences/{booked.key}")
    return Answer(made, headers={hdrs.ETAG: f'"v{booked.version}"'})


def _put_back(
    db: Session, key: str, body: SubmitIn, version: int, actor: Actor, *, now: datetime, rules: Rules
) -> Booked:
    conference = find_conference(db, key)
    if conference is None or find_visible(db, key, sight=sight_of(actor)) is None:
        raise NotFound(kind="conference", key=key)
    require(actor, Permission.CONFERENCE_BOOK, conference.host_unit_id)
    return put_back(
        db, key, version=version, actor=actor.text, now=now, rules=rules, clash_confirmed=body.clash_confirmed
    )
