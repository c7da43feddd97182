"""The outbox: did it arrive? Per recipient what is owed, sent, deferred or dead, why it waits, when it tries again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission, may, units_for
from confsvc.web import keys
from confsvc.web.pages.inbox import sees_inbox
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import NotAllowed, NotFound
from rooms.names import search_key, tidy
from rooms.place_queries import list_phones
from scheduler.outbox_acts import give_up, retry_now
from scheduler.outbox_queries import GROUPS, LETTER, OutboxFilter, OutboxRow, count_outbox, find_outbox, list_outbox

PAGE = 50
KINDS = (LETTER, "notice", "waiting", "end_meeting")
CALLED = (*GROUPS["failed"], "deferred")
"""Whom one would rather telephone."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    state: str
    kind: str
    q: str
    conference: str
    before: int | None

    def address(self, **changes: Any) -> str:
        values = {
            "state": self.state,
            "kind": "" if self.kind == LETTER else self.kind,
            "q": self.q,
            "conference": self.conference,
            **changes,
        }
        kept = {name: value for name, value in values.items() if value not in ("", None)}
        return f"/outbox?{urlencode(kept)}" if kept else "/outbox"

    def filter(self, hosts: frozenset[int] | None) -> OutboxFilter:
        return OutboxFilter(hosts, self.state, self.kind, self.q, search_key(self.q), self.conference)


def _asked(request: web.Request) -> Asked:
    query = request.query
    state, kind, before = query.get("state", ""), query.get("kind", ""), query.get("before", "")
    if (state and state not in GROUPS) or (kind and kind not in KINDS) or (before and not before.isdecimal()):
        raise NotFound
    number = int(before[:18]) if before else None
    return Asked(state, kind or LETTER, tidy(query.get("q", ""))[:100], query.get("conference", "")[:40], number)


async def outbox(request: web.Request) -> web.Response:
    """The list with counts per state."""
    wanted, actor = _asked(request), keys.actor(request)
    hosts = units_for(actor, Permission.OUTBOX_READ)
    rows, counts, phones = await request.app[keys.DATABASE].read(_read, wanted, hosts)
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return render(
        request, "outbox.html", w=Words(request[keys.LANGUAGE]), rows=rows[:PAGE], asked=wanted, more=more,
        phones=phones,
        counts={group: sum(counts.get(name, 0) for name in names) for group, names in GROUPS.items()},
        sees_inbox=sees_inbox(request), maildir=request.app[keys.SETTINGS].maildir,
        may_act=lambda row: _may_act(request, row), now=keys.now(request),
    )  # fmt: skip


def _read(
    db: Session, wanted: Asked, hosts: frozenset[int] | None
) -> tuple[list[OutboxRow], dict[str, int], dict[str, str]]:
    asked_for = wanted.filter(hosts)
    rows = list_outbox(db, asked_for, before=wanted.before, limit=PAGE + 1)
    called = {row.mail for row in rows if row.mail and row.delivery in CALLED}
    return rows, count_outbox(db, asked_for), list_phones(db, called)


def _may_act(request: web.Request, row: OutboxRow) -> bool:
    return may(keys.actor(request), Permission.OUTBOX_RETRY, row.host_unit_id)


def effect_id(request: web.Request) -> int:
    number = request.match_info["id"]
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        raise NotFound
    return int(number)


async def seen(request: web.Request) -> OutboxRow:
    """The effect of the address, for somebody who may see it. Raises NotFound."""
    hosts = units_for(keys.actor(request), Permission.OUTBOX_READ)
    row = await request.app[keys.DATABASE].read(find_outbox, effect_id(request), hosts)
    if row is None:
        raise NotFound
    return row


async def retry(request: web.Request) -> web.Response:
    """Try again now."""
    row = await _actable(request)
    await request.app[keys.DATABASE].write(retry_now, row.id, actor=keys.actor(request).text, now=keys.now(request))
    words = Words(request[keys.LANGUAGE])
    return redirect(request, f"/outbox/{row.id}", flash=words("It goes out with the next round."), tone="ok")


async def give_up_letter(request: web.Request) -> web.Response:
    """Nobody tries it any more."""
    row = await _actable(request)
    await request.app[keys.DATABASE].write(give_up, row.id, actor=keys.actor(request).text, now=keys.now(request))
    words = Words(request[keys.LANGUAGE])
    return redirect(request, f"/outbox/{row.id}", flash=words("It is not tried any more."), tone="warn")


async def _actable(request: web.Request) -> OutboxRow:
    row = await seen(request)
    if not _may_act(request, row):
        raise NotAllowed(permission=str(Permission.OUTBOX_RETRY))
    return row
