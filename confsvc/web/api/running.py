"""A conference that runs, for programs: extend it, end it, say that a site is there, read and write comments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aiohttp import hdrs, web
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.web import keys
from confsvc.web.api import shown
from confsvc.web.api.conferences import read_version
from confsvc.web.api.fields import Line500, Model, RoomKey, Shown
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.api.wishes import Version
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.running import check_in_site, end_now
from confsvc.web.pages.sight import find_run, find_seen
from confsvc.web.pages.words import Words
from rooms.errors import NotFound
from scheduler.booking.booking import Booked, Rules
from scheduler.conduct.comment_queries import list_comments
from scheduler.conduct.comments import LONGEST_COMMENT, comment
from scheduler.conduct.extension import extend
from scheduler.name_queries import list_room_ids
from scheduler.timing import Timing

Comment = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_COMMENT, strip_whitespace=True)]


class ExtendIn(Model):
    """``minutes``: 15 or 30."""

    version: Version | None = None
    minutes: Annotated[int, Field(strict=True, ge=15, le=30, multiple_of=15)]


class EndIn(Model):
    version: Version | None = None
    reason: Line500 = ""


class HereIn(Model):
    """``site``: the key of its room."""

    site: RoomKey


class CommentIn(Model):
    text: Comment


@operation(
    "Let a running conference go on for 15 or 30 minutes more", answer=shown.BookedOut, problems=(409, 412),
    headers={"If-Match": "ETag"},
)  # fmt: skip
async def extend_it(request: web.Request, *, path: KeyPath, body: ExtendIn) -> Answer:
    actor, now, rules = keys.actor(request), keys.now(request), keys.rules(request)
    seen = read_version(request, body.version)
    database = request.app[keys.DATABASE]
    return _answer(await database.write(_extend, path.key, body.minutes, seen, actor, now=now, rules=rules))


def _extend(db: Session, key: str, minutes: int, version: int, actor: Actor, *, now: datetime, rules: Rules) -> Booked:
    find_run(db, actor, key)
    return extend(db, key, minutes, version=version, actor=actor.text, now=now, rules=rules)


@operation("End a running conference", answer=shown.BookedOut, problems=(409, 412), headers={"If-Match": "ETag"})
async def end_it(request: web.Request, *, path: KeyPath, body: EndIn) -> Answer:
    seen, timing = read_version(request, body.version), keys.rules(request).timing
    made = await request.app[keys.DATABASE].write(
        end_now, keys.actor(request), path.key, version=seen, reason=body.reason, now=keys.now(request), timing=timing
    )
    return _answer(made)


@operation("Say that a site is there", answer=None, status=204, problems=(409,))
async def say_here(request: web.Request, *, path: KeyPath, body: HereIn) -> Answer:
    timing = keys.rules(request).timing
    await request.app[keys.DATABASE].write(
        _here, keys.actor(request), path.key, body.site, now=keys.now(request), timing=timing
    )
    return Answer(None)


def _here(db: Session, actor: Actor, key: str, room: str, *, now: datetime, timing: Timing) -> None:
    room_id = list_room_ids(db, [room]).get(room)
    if room_id is None:
        find_seen(db, actor, key)
        raise NotFound(kind="site", key=room)
    check_in_site(db, actor, key, room_id, now=now, timing=timing)


class CommentOut(Shown):
    """``by``: the name of whoever wrote it."""

    at: datetime
    by: str
    text: str


class CommentsOut(Shown):
    items: list[CommentOut]


@operation("Comments on a conference, the oldest first", answer=CommentsOut)
async def list_them(request: web.Request, *, path: KeyPath) -> CommentsOut:
    words = Words(request[keys.LANGUAGE])
    return await request.app[keys.DATABASE].read(_comments, keys.actor(request), path.key, words)


def _comments(db: Session, actor: Actor, key: str, words: Words) -> CommentsOut:
    rows = list_comments(db, find_seen(db, actor, key).id)
    names = list_actor_names(db, {row.by for row in rows}, words)
    return CommentsOut(items=[CommentOut(at=row.at, by=names[row.by], text=row.text) for row in rows])


@operation("Comment on a conference", answer=None, status=204)
async def add_comment(request: web.Request, *, path: KeyPath, body: CommentIn) -> Answer:
    await request.app[keys.DATABASE].write(_comment, keys.actor(request), path.key, body.text, now=keys.now(request))
    return Answer(None)


def _comment(db: Session, actor: Actor, key: str, text: str, *, now: datetime) -> None:
    comment(db, find_seen(db, actor, key).id, text, actor=actor.text, now=now)


def _answer(booked: Booked) -> Answer:
    made = shown.BookedOut(key=booked.key, version=booked.version, url=f"/conferences/{booked.key}", warnings=[])
    return Answer(made, None, {hdrs.ETAG: f'"v{booked.version}"'})
