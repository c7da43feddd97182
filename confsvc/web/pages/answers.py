"""What the invited said, on the conference's page: other times that they propose, people whom nobody invited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.errors import text_of
from confsvc.web.pages.sight import find_hosted
from confsvc.web.pages.typed import text_field
from confsvc.web.rendering import redirect
from rooms.errors import FieldError, Invalid
from scheduler.answering import proposals, strangers
from scheduler.errors import NotAsked, Stale, TooLate
from scheduler.local_time import LOCAL
from scheduler.models import Conference

P = Permission.CONFERENCE_CHANGE
SAID = {
    "decline": "Declined; only the person who proposed it is told.",
    "add": "Invited; only this person is written to.",
    "refuse": "Refused; only this person is told.",
}
Act = Callable[[Session, Conference, int], None]


async def decide_proposal(request: web.Request) -> web.Response:
    """POST /conferences/{key}/proposals/{id}: ``act`` accept (goes to the form with the new time) or decline."""
    fields, key = await request.post(), request.match_info["key"]
    number, actor = int(request.match_info["id"]), keys.actor(request)
    if fields.get("act") == "accept":
        times = await request.app[keys.DATABASE].read(find_times, actor, key, number)
        return redirect(request, f"/conferences/{key}/edit?{times}")
    act, reason, now = str(fields.get("act", "")), text_field(fields, "reason"), keys.now(request)
    return await _done(request, "decline", decline, actor, key, number, act, reason, now)


async def decide_stranger(request: web.Request) -> web.Response:
    """POST /conferences/{key}/strangers/{id}: ``act`` add or refuse."""
    fields, key = await request.post(), request.match_info["key"]
    act = str(fields.get("act", ""))
    number = int(request.match_info["id"])
    return await _done(request, act, settle, keys.actor(request), key, number, act, keys.now(request))


async def _done(request: web.Request, said: str, work: Callable[..., None], *arguments: object) -> web.Response:
    here, language = f"/conferences/{request.match_info['key']}", request[keys.LANGUAGE]
    try:
        await request.app[keys.DATABASE].write(work, *arguments)
    except (NotAsked, TooLate, Stale, Invalid) as problem:
        return redirect(request, f"{here}#answers", flash=text_of(problem, language), tone="bad")
    return redirect(request, f"{here}#answers", flash=text(SAID[said], language), tone="ok")


def find_times(db: Session, actor: Actor, key: str, number: int) -> str:
    """The proposed time as the form's query. Raises NotFound, NotAllowed, NotAsked."""
    one = proposals.open_proposal(db, find_hosted(db, actor, key, P), number, locked=False)
    starts, ends = one.starts.astimezone(LOCAL), one.ends.astimezone(LOCAL)
    return f"day={starts:%Y-%m-%d}&start={starts:%H:%M}&end={ends:%H:%M}"


def decline(db: Session, actor: Actor, key: str, number: int, act: str, reason: str, now: datetime) -> None:
    conference = find_hosted(db, actor, key, P)
    _check(act, ("decline",))
    proposals.decline(db, conference, number, reason=reason, actor=actor.text, now=now)


def settle(db: Session, actor: Actor, key: str, number: int, act: str, now: datetime) -> None:
    """Add or refuse somebody whom nobody had invited."""
    conference = find_hosted(db, actor, key, P)
    _check(act, ("add", "refuse"))
    work = strangers.add if act == "add" else strangers.refuse
    work(db, conference, number, actor=actor.text, now=now)


def _check(act: str, known: tuple[str, ...]) -> None:
    if act not in known:
        raise Invalid([FieldError("act", "unknown")])
