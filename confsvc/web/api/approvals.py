"""From a wish to its letter, for programs: what waits to be decided, the two answers, and the letter's number."""

from __future__ import annotations

from datetime import date, datetime

from aiohttp import hdrs, web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.approving import deciders, scope_of
from confsvc.web import keys
from confsvc.web.api import shown
from confsvc.web.api.conferences import read_version
from confsvc.web.api.fields import Day, Line40, Line500, Model, Shown
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.api.wishes import Version
from confsvc.web.pages.approvals import approve_as, return_as
from confsvc.web.pages.sight import find_seen
from rooms.errors import NotFound
from scheduler.booking.approving.official_letter import Numbered, numbered, record_letter
from scheduler.booking.approving.official_queries import find_letter_of
from scheduler.booking.approving.queries import list_open_approvals, list_waiting
from scheduler.booking.booking import Booked
from scheduler.local_time import local_day
from scheduler.name_queries import list_short_names

MOST = 200


class AgreeIn(Model):
    version: Version | None = None
    note: Line500 = ""


class ReturnIn(Model):
    version: Version | None = None
    reason: Line500 = Field(min_length=1)


class LetterIn(Model):
    """As the document system numbered it; nothing is made up here."""

    version: Version | None = None
    number: Line40 = Field(min_length=1)
    symbol: Line40 = Field(min_length=1)
    issued: Day


class QuestionOut(Shown):
    """``function``: who is asked (head, hall, operator); ``reasons``: why (rule, leader, capacity); ``mine``: the asker
    may answer it."""

    function: str
    reasons: list[str]
    asked: datetime
    mine: bool


class RequestOut(Shown):
    key: str
    version: int
    title: str
    kind: str
    form: str
    host_short: str
    starts: datetime
    ends: datetime
    questions: list[QuestionOut]


class RequestsOut(Shown):
    """The next sitting first, at most 200."""

    items: list[RequestOut]


class LetterOut(Shown):
    """``sha256``: of the signed file, null without one or after it was taken out."""

    number: str
    symbol: str
    shown: str
    issued: date
    recorded_at: datetime
    sha256: str | None
    purged_at: datetime | None


@operation("Requests that wait for the asker's word", answer=RequestsOut)
async def index(request: web.Request) -> RequestsOut:
    return await request.app[keys.DATABASE].read(_index, keys.actor(request))


def _index(db: Session, actor: Actor) -> RequestsOut:
    waiting = list_waiting(db, scope_of(actor), MOST)
    names = list_short_names(db, [(one.host_unit_id, local_day(one.starts)) for one in waiting]) if waiting else {}
    items = []
    for one in waiting:
        questions = list_open_approvals(db, one.id)
        mine = deciders(actor, questions)
        items.append(
            RequestOut(
                key=one.key, version=one.version, title=one.title, kind=one.kind, form=one.form,
                host_short=names.get((one.host_unit_id, local_day(one.starts)), ""), starts=one.starts, ends=one.ends,
                questions=[
                    QuestionOut(function=q.function, reasons=list(q.reasons), asked=q.asked, mine=q.id in mine)
                    for q in questions
                ],
            )
        )  # fmt: skip
    return RequestsOut(items=items)


@operation("Approve a request", answer=shown.BookedOut, problems=(409, 412), headers={"If-Match": "ETag"})
async def agree(request: web.Request, *, path: KeyPath, body: AgreeIn) -> Answer:
    seen = read_version(request, body.version)
    return _answer(
        await request.app[keys.DATABASE].write(
            approve_as, keys.actor(request), path.key, version=seen, note=body.note, now=keys.now(request),
            rules=keys.rules(request),
        )
    )  # fmt: skip


@operation("Return a request with reasons", answer=shown.BookedOut, problems=(409, 412), headers={"If-Match": "ETag"})
async def send_back(request: web.Request, *, path: KeyPath, body: ReturnIn) -> Answer:
    seen = read_version(request, body.version)
    return _answer(
        await request.app[keys.DATABASE].write(
            return_as, keys.actor(request), path.key, version=seen, reason=body.reason, now=keys.now(request)
        )
    )


@operation("The letter of invitation", answer=LetterOut)
async def letter(request: web.Request, *, path: KeyPath) -> LetterOut:
    return await request.app[keys.DATABASE].read(_letter, keys.actor(request), path.key)


def _letter(db: Session, actor: Actor, key: str) -> LetterOut:
    found = find_letter_of(db, find_seen(db, actor, key).counted_with)
    if found is None:
        raise NotFound(kind="letter", key=key)
    return LetterOut(
        number=found.number, symbol=found.symbol, issued=found.issued, recorded_at=found.recorded_at,
        shown=Numbered(found.number, found.symbol, found.issued).shown, purged_at=found.purged_at,
        sha256=None if found.purged_at else found.pdf_sha256,
    )  # fmt: skip


@operation("Record the letter's number", answer=shown.BookedOut, problems=(409, 412), headers={"If-Match": "ETag"})
async def record(request: web.Request, *, path: KeyPath, body: LetterIn) -> Answer:
    now, seen = keys.now(request), read_version(request, body.version)
    wanted = numbered(body.number, body.symbol, body.issued, today=local_day(now))
    return _answer(
        await request.app[keys.DATABASE].write(_record, keys.actor(request), path.key, wanted, version=seen, now=now)
    )


def _record(db: Session, actor: Actor, key: str, wanted: Numbered, *, version: int, now: datetime) -> Booked:
    require(actor, Permission.CONFERENCE_CHANGE, find_seen(db, actor, key).host_unit_id)
    return record_letter(db, key, wanted, version=version, file=None, actor=actor.text, now=now)


def _answer(booked: Booked) -> Answer:
    made = shown.BookedOut(
        key=booked.key, version=booked.version, url=f"/conferences/{booked.key}", state=booked.state or None
    )
    return Answer(made, headers={hdrs.ETAG: f'"v{booked.version}"'})
