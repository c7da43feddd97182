"""A recipient's own page: what the letter says now, and the button that says that it has come. No sign-in.

Whoever has the link is the recipient, so it stands in the mail's text only. Nothing of it is stored or logged, and it
is passed on to nobody. Looking at the page never counts as having received: mail scanners look at every link.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.own_links import read_recipient_token
from confsvc.web import keys
from confsvc.web.pages.own_answer import own_answer
from confsvc.web.pages.phrases import Phrases
from confsvc.web.rendering import redirect, render
from confsvc.wording import FORMS, when
from rooms.errors import NotFound
from scheduler.queries import list_told_mails
from scheduler.receipt_queries import find_entry, find_receipt, find_told_edition
from scheduler.receipts import acknowledge, note_opened

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


async def show(request: web.Request) -> web.Response:
    """GET /r/{token}."""
    item_id, mail = await whose(request)
    database = request.app[keys.DATABASE]
    await database.write(note_opened, item_id, mail, now=keys.now(request))
    context = await database.read(_shown, item_id, mail, request[keys.LANGUAGE])
    context |= await database.read(own_answer, item_id, mail, now=keys.now(request))
    words = Phrases(request[keys.LANGUAGE])
    response = render(request, "receipt.html", w=words, now=keys.now(request), here=request.path, **context)
    response.headers.update(HEADERS)
    return response


async def confirm(request: web.Request) -> web.Response:
    """POST /r/{token}: the button. The token is what a form's hidden field is elsewhere: nobody else can know it."""
    item_id, mail = await whose(request)
    await request.app[keys.DATABASE].write(acknowledge, item_id, mail, now=keys.now(request))
    response = redirect(request, request.path)
    response.headers.update(HEADERS)
    return response


async def whose(request: web.Request) -> tuple[int, str]:
    """The calendar entry and the recipient. Raises NotFound, also for an address that was never written to."""
    token = request.match_info["token"]
    item_id = int(token.partition("-")[0])
    key = request.app[keys.SETTINGS].service_key
    mail = await request.app[keys.DATABASE].read(_recipient, item_id, token, key)
    if mail is None:
        raise NotFound
    return item_id, mail


def _recipient(db: Session, item_id: int, token: str, key: bytes) -> str | None:
    item = find_entry(db, item_id)
    if item is None:
        return None
    return read_recipient_token(token, item_id, item.uid, list_told_mails(db, item.uid), key)


def _shown(db: Session, item_id: int, mail: str, language: str) -> dict[str, Any]:
    item = find_entry(db, item_id)
    edition = find_told_edition(db, item.uid, mail) if item is not None else None
    if item is None or edition is None:
        raise NotFound
    receipt, content = find_receipt(db, item.uid, mail), edition.content
    known = receipt.acknowledged_edition if receipt is not None else None
    return {
        "content": content, "when": when(content, language), "form": FORMS[content["form"]], "mail": mail,
        "off": content["what"] if edition.method == "CANCEL" else "",
        "acknowledged": receipt.acknowledged if receipt is not None and known == edition.id else None,
        "join": f"/j/{content['key']}" if content["form"] != "in_person" and edition.method != "CANCEL" else "",
    }  # fmt: skip
