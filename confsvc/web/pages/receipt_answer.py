"""Answering from a recipient's own page: will come, perhaps, will not, or sends a deputy, who waits for the host."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.errors import field_texts
from confsvc.web.pages.own_answer import CHOICES, dates_of
from confsvc.web.pages.receipt import HEADERS, whose
from confsvc.web.pages.typed import text_field
from confsvc.web.rendering import redirect
from rooms.errors import Invalid, NotFound
from scheduler.answering.answers import answer_on_page
from scheduler.errors import TooLate

SAID = "Your answer is with the host."
ACTS = {**dict(CHOICES), "delegate": "DELEGATED"}


async def save(request: web.Request) -> web.Response:
    """POST /r/{token}/answer: ``act`` of ACTS, ``comment``, ``date`` (a conference's key; "" all dates), ``deputy``."""
    item_id, mail = await whose(request)
    fields, language = await request.post(), request[keys.LANGUAGE]
    said = {name: text_field(fields, name) for name in ("act", "comment", "date", "deputy", "deputy_name")}
    back = request.path.removesuffix("/answer")
    try:
        await request.app[keys.DATABASE].write(_answer, item_id, mail, said, now=keys.now(request))
        response = redirect(request, back, flash=text(SAID, language), tone="ok")
    except Invalid as problem:
        response = redirect(request, back, flash=next(iter(field_texts(problem, language).values())), tone="bad")
    response.headers.update(HEADERS)
    return response


def _answer(db: Session, item_id: int, mail: str, said: dict[str, str], *, now: datetime) -> None:
    dates = dates_of(db, item_id, mail, now)
    if not dates:
        raise TooLate(ends=None)
    one = next((date for date in dates if date.key == said["date"]), None) if said["date"] else dates[0]
    if one is None:
        raise NotFound(kind="conference", key=said["date"])
    answer_on_page(
        db, one, mail, ACTS.get(said["act"], ""), whole=not said["date"], comment=said["comment"],
        deputy=said["deputy"], deputy_name=said["deputy_name"], now=now,
    )  # fmt: skip
