"""What the invited said about a conference, for programs; deciding on times that they propose and on people whom nobody
had invited."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.web import keys
from confsvc.web.api.conferences import read_version
from confsvc.web.api.fields import Line500, Model, Shown
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.api.wishes import Version
from confsvc.web.pages.answers import P, decline, settle
from confsvc.web.pages.sight import find_hosted, find_seen
from scheduler.answering.proposals import open_proposal
from scheduler.answering.reading import answers_of
from scheduler.booking import edit
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.queries import list_guests
from scheduler.models import Proposal, Stranger, Unverified

Code = Literal["accepted", "tentative", "delegated", "declined", "old", "none"]
Said = Literal["accepted", "tentative", "delegated", "declined", "none"]


class RowPath(KeyPath):
    id: Annotated[int, Field(ge=1, lt=10**15)]


class AnswerOut(Shown):
    """``answer``: "old" when it was given before the time was changed (``said``: what it was), "none" without one.
    ``of_date``: to this date of a series alone. ``deputy``: who comes instead."""

    mail: str
    name: str
    answer: Code
    said: Said
    comment: str
    at: datetime | None
    source: Literal["mail", "page"] | None
    of_date: bool
    deputy: str | None


class ProposalOut(Shown):
    id: int
    mail: str
    starts: datetime
    ends: datetime
    comment: str
    state: Literal["open", "accepted", "declined"]
    at: datetime


class StrangerOut(Shown):
    """``through``: whose deputy, "" when he came by himself."""

    id: int
    mail: str
    name: str
    through: str
    comment: str
    state: Literal["waiting", "added", "refused"]
    at: datetime


class UnverifiedOut(Shown):
    """``mail``: in whose name; ``sender``: who sent it. Never counted."""

    mail: str
    sender: str
    said: str
    comment: str
    at: datetime


class AnswersOut(Shown):
    items: list[AnswerOut]
    proposals: list[ProposalOut]
    strangers: list[StrangerOut]
    unverified: list[UnverifiedOut]


class ProposalIn(Model):
    """``accept`` moves the conference there, as any change does; it needs ``version``. ``decline`` tells only whoever
    proposed it, with the ``reason``."""

    act: Literal["accept", "decline"]
    version: Version | None = None
    reason: Line500 = ""


class StrangerIn(Model):
    """``add`` invites, ``refuse`` sends a cancellation; nobody else is written to."""

    act: Literal["add", "refuse"]


_NONE: dict[str, Any] = {
    "answer": "none", "said": "none", "comment": "", "at": None, "source": None, "of_date": False, "deputy": None,
}  # fmt: skip


@operation("What the invited answered", answer=AnswersOut)
async def answers(request: web.Request, *, path: KeyPath) -> AnswersOut:
    return await request.app[keys.DATABASE].read(_answers, keys.actor(request), path.key)


def _answers(db: Session, actor: Actor, key: str) -> AnswersOut:
    conference = find_seen(db, actor, key)
    found, items = answers_of(db, conference), []
    for guest in list_guests(db, conference.id):
        one = found.by_mail.get(guest.mail)
        said = {**vars(one), "answer": one.code} if one else _NONE
        items.append({name: said[name] for name in _NONE} | {"mail": guest.mail, "name": guest.name})
    return AnswersOut.model_validate({
        "items": items,
        "proposals": [_row(ProposalOut, one) for one in found.proposals],
        "strangers": [_row(StrangerOut, one) for one in found.strangers],
        "unverified": [{**_row(UnverifiedOut, one), "said": one.partstat.lower()} for one in found.unverified],
    })  # fmt: skip


def _row(model: type[Shown], row: Proposal | Stranger | Unverified) -> dict[str, Any]:
    names = [name for name in model.model_fields if name not in ("at", "said")]
    return {name: getattr(row, name) for name in names} | {"at": row.received_at}


@operation(
    "Accept or decline a time that somebody proposed", answer=None, status=204, problems=(409, 412),
    headers={"If-Match": "ETag"},
)  # fmt: skip
async def decide_proposal(request: web.Request, *, path: RowPath, body: ProposalIn) -> Answer:
    database, actor, now = request.app[keys.DATABASE], keys.actor(request), keys.now(request)
    if body.act == "decline":
        await database.write(decline, actor, path.key, path.id, body.act, body.reason, now)
        return Answer(None)
    seen = read_version(request, body.version)
    booked = await database.write(_accept, actor, path.key, path.id, seen, now=now, rules=keys.rules(request))
    return Answer(None, None, {"ETag": f'"v{booked.version}"'})


def _accept(db: Session, actor: Actor, key: str, number: int, version: int, *, now: datetime, rules: Rules) -> Booked:
    conference = find_hosted(db, actor, key, P)
    one = open_proposal(db, conference, number)
    booking = replace(edit.booking_of(db, conference), starts=one.starts, ends=one.ends)
    return edit.change(db, key, booking, version=version, actor=actor.text, now=now, rules=rules)


@operation("Add or refuse somebody whom nobody had invited", answer=None, status=204, problems=(409,))
async def decide_stranger(request: web.Request, *, path: RowPath, body: StrangerIn) -> Answer:
    actor, now = keys.actor(request), keys.now(request)
    await request.app[keys.DATABASE].write(settle, actor, path.key, path.id, body.act, now)
    return Answer(None)
