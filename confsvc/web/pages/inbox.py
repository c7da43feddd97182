"""Incoming mail: what came in, what it was taken for, what was decided; addresses that mail does not reach."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission, units_for
from confsvc.parts import INCOMING
from confsvc.web import keys
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import NotAllowed, NotFound
from rooms.names import tidy
from scheduler import inbox_queries as queries
from scheduler.inbox_models import MAIL_KINDS, AddressTrouble, MailReport

PAGE = 50
MOST_TROUBLES = 100


class Looked(NamedTuple):
    """What the page shows."""

    rows: Sequence[queries.MailRow]
    reported: Mapping[int, Sequence[MailReport]]
    counts: Mapping[str, int]
    troubles: Sequence[AddressTrouble]


def sees_inbox(request: web.Request) -> bool:
    """Mails are about everybody's meetings, so only for those who look after the outbox of all offices."""
    return units_for(keys.actor(request), Permission.OUTBOX_RETRY) is None


def _may_download(request: web.Request) -> bool:
    return units_for(keys.actor(request), Permission.ACCOUNT_ADMIN) is None


def _check(request: web.Request) -> None:
    if not sees_inbox(request):
        raise NotAllowed(permission=str(Permission.OUTBOX_RETRY))


async def show(request: web.Request) -> web.Response:
    """GET /inbox: the newest first."""
    _check(request)
    kind, before, q = request.query.get("kind", ""), request.query.get("before", ""), request.query.get("q", "")
    if (kind and kind not in MAIL_KINDS) or (before and not (before.isascii() and before.isdecimal())):
        raise NotFound
    q = tidy(q)[:100]
    found = await request.app[keys.DATABASE].read(
        _read, queries.MailFilter(kind, q), int(before[:18]) if before else None
    )
    incoming = request.app.get(INCOMING)
    more = found.rows[PAGE - 1].id if len(found.rows) > PAGE else None
    return render(
        request, "inbox.html", w=Words(request[keys.LANGUAGE]), found=found._replace(rows=found.rows[:PAGE]),
        kind=kind, q=q, more=more, kinds=MAIL_KINDS, trouble=incoming.trouble if incoming else None,
        inbox=request.app[keys.SETTINGS].inbox, folder=request.app[keys.SETTINGS].inbox_folder, address=_address,
        downloads=_may_download(request),
    )  # fmt: skip


def _address(**values: object) -> str:
    kept = {name: value for name, value in values.items() if value}
    return f"/inbox?{urlencode(kept)}" if kept else "/inbox"


def _read(db: Session, wanted: queries.MailFilter, before: int | None) -> Looked:
    rows = queries.list_mails(db, wanted, before=before, limit=PAGE + 1)
    reported = queries.list_reported(db, [row.id for row in rows])
    return Looked(rows, reported, queries.count_mails(db), queries.list_all_troubles(db, MOST_TROUBLES))


async def download(request: web.Request) -> web.Response:
    """GET /inbox/ID/mail.txt: the mail as it came, never shown in the page: whoever wrote it is not to be trusted."""
    if not _may_download(request):
        raise NotAllowed(permission=str(Permission.ACCOUNT_ADMIN))
    number = request.match_info["id"]
    packed = await request.app[keys.DATABASE].read(_raw, int(number))
    if packed is None:
        raise NotFound
    headers = {
        "Content-Disposition": f'attachment; filename="mail-{number}.txt"', "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }  # fmt: skip
    body = zlib.decompress(packed)
    return web.Response(body=body, content_type="text/plain", headers=headers)


def _raw(db: Session, mail_id: int) -> bytes | None:
    mail = queries.find_mail(db, mail_id)
    return mail.raw if mail else None


def _mend(db: Session, mail: str) -> bool:
    """Old reports go too: two of a week would make the address fail at the next one."""
    queries.delete_reports(db, mail)
    return queries.delete_trouble(db, mail)


async def mend(request: web.Request) -> web.Response:
    """POST /inbox/good: an address is good again; it is mailed to, and old reports do not count."""
    _check(request)
    mail = str((await request.post()).get("mail", "")).strip().lower()[:254]
    if not await request.app[keys.DATABASE].write(_mend, mail):
        raise NotFound
    words = Words(request[keys.LANGUAGE])
    return redirect(request, "/inbox", flash=words("Letters go to %(mail)s again.", mail=mail), tone="ok")
