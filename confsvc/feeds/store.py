"""Written feeds: kept as they are until what they are written from changes, in memory for a few seconds without asking.

Nobody has to remember to throw a feed away: each is kept with the stamp of the rows that it was written from
(``content.look``), and a row that changed gives another stamp, in whichever process. What is asked for within
``TRUSTED`` is answered without looking, so that a crowd of phones costs one look.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.feeds import body_queries as queries
from confsvc.feeds import content
from confsvc.feeds.scope import Form, Scope, Window, window
from integrations.calendar import feed

TRUSTED = timedelta(seconds=10)
MOST_BYTES = 64 * 1024 * 1024
"""What is kept in memory; the database keeps one body a feed, packed."""


@dataclass(frozen=True)
class Body:
    """A written feed. ``modified``: whole seconds; it moves with the bytes, also when something went."""

    stamp: str
    etag: str
    modified: datetime
    plain: bytes
    packed: bytes


@dataclass(frozen=True)
class Made:
    """What names a feed besides its conferences: the calendar's name and where feeds are found."""

    name: str
    public_url: str
    domain: str


class Store:
    """The feeds of one process, the least recently asked for going first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Body, datetime]] = OrderedDict()
        self._bytes = 0

    async def find(self, database: Database, scope: Scope, form: Form, made: Made, *, now: datetime) -> Body:
        """The feed as of a few seconds ago at most."""
        name = scope.name(form)
        kept = self._kept.get(name)
        if kept is not None and timedelta() <= now - kept[1] < TRUSTED:
            self._kept.move_to_end(name)
            return kept[0]
        body, is_new = await database.read(current, scope, form, made, kept[0] if kept else None, now=now)
        if is_new:
            body = replace(body, modified=await database.write(queries.put_body, name, body, now=now))
        self._keep(name, body, now)
        return body

    def forget(self) -> None:
        """Nothing is kept any more: what was written is to be looked at again."""
        self._kept.clear()
        self._bytes = 0

    def _keep(self, name: str, body: Body, now: datetime) -> None:
        before = self._kept.pop(name, None)
        self._bytes += _size(body) - (_size(before[0]) if before else 0)
        self._kept[name] = (body, now)
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            _, (gone, _) = self._kept.popitem(last=False)
            self._bytes -= _size(gone)


def _size(body: Body) -> int:
    return len(body.plain) + len(body.packed)


def current(
    db: Session, scope: Scope, form: Form, made: Made, kept: Body | None, *, now: datetime
) -> tuple[Body, bool]:
    """The feed as the rows are now, and whether it had to be written: ``kept`` or the stored one where these are from
    the same rows."""
    span = window(now)
    seen, plain = None, b""
    if form == "ifb":
        plain = freebusy(db, scope, span, made)
        stamp = feed.etag(plain)
    else:
        seen = content.look(db, scope, span, public_url=made.public_url)
        stamp = f"{seen.stamp} {made.name}"
    if kept is not None and kept.stamp == stamp:
        return kept, False
    stored = queries.find_body(db, scope.name(form))
    if stored is not None and stored.stamp == stamp:
        return Body(stamp, stored.etag, stored.modified, gzip.decompress(stored.packed), stored.packed), False
    if seen is not None:
        plain = calendar(db, scope, seen, made)
    tag = feed.etag(plain)
    if stored is not None and stored.etag == tag:  # other rows that say the same
        return Body(stamp, tag, stored.modified, plain, stored.packed), True
    return Body(stamp, tag, now, plain, feed.packed(plain)), True


def calendar(db: Session, scope: Scope, seen: content.Look, made: Made) -> bytes:
    """A feed from nothing."""
    entries = content.list_entries(db, scope, seen.known, public_url=made.public_url)
    uid = f"{scope.kind}-{scope.subject_id}@{made.domain}"
    return feed.calendar(entries, name=made.name, uid=uid, source=f"{made.public_url}/feeds")


def freebusy(db: Session, scope: Scope, span: Window, made: Made) -> bytes:
    spans, stamp = content.busy(db, scope.subject_id, span)
    name = f"room-{scope.subject_id}@{made.domain}"
    return feed.freebusy(spans, uid=f"busy-{name}", organizer=name, stamp=stamp, since=span.since, until=span.until)
