"""Postponing many conferences together, for programs: what it would do, the act, how far it is, bringing them back."""

from __future__ import annotations

from datetime import datetime

from aiohttp import hdrs, web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.postponing import Course, begin, begin_back, find_course, narrowed, preview
from confsvc.web import keys
from confsvc.web.api.fields import Instant, Line40, Line500, Model, Shown, UnitCode
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from rooms.errors import FieldError, Invalid
from scheduler.booking.giving_way.postpone import Chosen
from scheduler.booking.giving_way.postpone_queries import Concerned
from scheduler.kinds import find_kind
from scheduler.name_queries import list_unit_ids

MOST_KINDS = 40


class ChosenIn(Model):
    """The booked meetings that start during [since, until). ``kinds`` left out: everyday ones, no emergencies;
    ``host`` left out: of every office for which the caller may cancel."""

    since: Instant
    until: Instant
    kinds: list[Line40] | None = Field(default=None, max_length=MOST_KINDS)
    host: UnitCode | None = None


class PostponeIn(ChosenIn):
    """``notice`` stands in every letter."""

    notice: Line500 = Field(min_length=1)


class BackIn(Model):
    """Nothing to say."""


class ConcernedOut(Shown):
    key: str
    title: str
    starts: datetime
    ends: datetime
    sites: int
    people: int


class ChosenOut(Shown):
    conferences: list[ConcernedOut]
    sites: int
    people: int


class BegunOut(Shown):
    key: str


class ItemOut(Shown):
    """``state``: waiting, done or skipped; ``code``: why it was skipped."""

    key: str
    title: str
    starts: datetime
    state: str
    code: str | None


class CourseOut(Shown):
    key: str
    act: str
    notice: str
    made_at: datetime
    finished_at: datetime | None
    done: int
    skipped: int
    waiting: int
    brought_back_by: str | None
    items: list[ItemOut]


@operation("What postponing these conferences would do", answer=ChosenOut)
async def look(request: web.Request, *, body: ChosenIn) -> ChosenOut:
    found = await request.app[keys.DATABASE].read(_look, body, keys.actor(request), now=keys.now(request))
    shown = [
        ConcernedOut(
            key=one.key, title=one.title, starts=one.starts, ends=one.ends, sites=one.sites, people=one.people
        )
        for one in found
    ]  # fmt: skip
    return ChosenOut(conferences=shown, sites=sum(o.sites for o in found), people=sum(o.people for o in found))


def _look(db: Session, body: ChosenIn, actor: Actor, *, now: datetime) -> list[Concerned]:
    return preview(db, _chosen(db, body, actor), now=now)


def _chosen(db: Session, body: ChosenIn, actor: Actor) -> Chosen:
    """Raises Invalid, NotAllowed."""
    host = list_unit_ids(db, [body.host]).get(body.host) if body.host else None
    errors = [FieldError("host", "no_such_unit")] if body.host and host is None else []
    kinds = body.kinds or []
    errors += [FieldError(f"kinds.{n}", "unknown_value") for n, kind in enumerate(kinds) if find_kind(kind) is None]
    if errors:
        raise Invalid(errors)
    return narrowed(actor, body.since, body.until, tuple(kinds) if body.kinds is not None else None, host)


@operation("Postpone conferences together", answer=BegunOut, status=202)
async def start(request: web.Request, *, body: PostponeIn) -> Answer:
    key = await request.app[keys.DATABASE].write(_start, body, keys.actor(request), now=keys.now(request))
    return _begun(key)


def _start(db: Session, body: PostponeIn, actor: Actor, *, now: datetime) -> str:
    return begin(db, actor, _chosen(db, body, actor), body.notice, now=now)


@operation("How far a postponement is", answer=CourseOut)
async def course(request: web.Request, *, path: KeyPath) -> CourseOut:
    found: Course = await request.app[keys.DATABASE].read(find_course, keys.actor(request), path.key)
    batch = found.batch
    return CourseOut(
        key=batch.key, act=batch.act, notice=batch.notice, made_at=batch.made_at, finished_at=batch.finished_at,
        done=found.count("done"), skipped=found.count("skipped"), waiting=found.count("waiting"),
        brought_back_by=found.back,
        items=[
            ItemOut(key=one.key, title=one.title, starts=one.starts, state=one.state, code=one.code)
            for one in found.items
        ],
    )  # fmt: skip


@operation("Bring back what was postponed, where it still fits", answer=BegunOut, status=202, problems=(409,))
async def back(request: web.Request, *, path: KeyPath, body: BackIn) -> Answer:
    key = await request.app[keys.DATABASE].write(begin_back, keys.actor(request), path.key, now=keys.now(request))
    return _begun(key)


def _begun(key: str) -> Answer:
    return Answer(BegunOut(key=key), headers={hdrs.LOCATION: f"/api/v1/postponements/{key}"})
