"""One endpoint's connection: the agenda it was told of, where it should be, where it says it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsvc.agendas import AgendaSource, Made
from confsvc.database import Database
from confsvc.web.keys import Clock
from rooms.errors import NotFound
from rooms.hub import Connection, Hub
from rooms.messages import CLOSE_REVOKED, Ack, AgendaHint, Beat, BeatAck, Events, Want
from scheduler.conduct.agenda import iso, wanted
from scheduler.conduct.agenda_queries import find_want_rev
from scheduler.conduct.endpoint_facts import store_events

DRIFT = timedelta(seconds=20)
LOOK_EVERY = timedelta(seconds=60)  # repairs what another process said and we did not hear
SPREAD, SOON = 20, timedelta(minutes=2)


@dataclass
class Talk:
    """What is said goes into the connection's queue; somebody else sends it."""

    database: Database
    source: AgendaSource
    clock: Clock
    hub: Hub
    connection: Connection
    etag: str = ""
    body: dict[str, Any] | None = None
    want_rev: int = 0
    looked: datetime | None = None
    drifting: datetime | None = None

    async def look(self, *, tell: bool) -> None:
        """Read the agenda again; ``tell`` of what changed. An endpoint out of service is closed."""
        now = self.clock()
        self.connection.stale = False  # before the read: a poke during it makes us look once more
        try:
            made, rev = await self.database.read(_agenda, self.source, self.connection.endpoint_id, now)
        except NotFound:
            self.connection.close(CLOSE_REVOKED)
            return
        known, known_rev, before = self.etag, self.want_rev, self.body
        self.body, self.etag, self.want_rev, self.looked = made.body, made.etag, rev, now
        if tell and self.etag != known:
            self.connection.put(AgendaHint(self.etag, min(self.spread(), self.spread(before))))
        if tell and rev > known_rev:
            self.connection.put(self.want())

    def target(self) -> dict[str, Any] | None:
        """The agenda's conference that the endpoint should be in now."""
        return wanted(self.body, self.clock()) if self.body else None

    def want(self) -> Want:
        """Where conduct wants the endpoint, beyond the agenda's times."""
        target = self.target()
        if target is None:
            return Want(self.want_rev, None)
        return Want(self.want_rev, target["key"], target["ticket"], datetime.fromisoformat(target["leave_at"]))

    def spread(self, body: dict[str, Any] | None = None) -> int:
        """Seconds over which devices spread their asking; none when by ``body`` (the agenda as it is, or as it was)
        this one is in a conference, or joins or leaves one about now: nobody waits before a room just closed."""
        now, items = self.clock(), (body or self.body or {"conferences": []})["conferences"]
        early, late = iso(now - SOON), iso(now + SOON)
        soon = any(item["join_at"] <= late and early <= item["leave_at"] for item in items)
        return 0 if soon else SPREAD

    async def store(self, events: Events) -> None:
        """Commit what the endpoint reports, then acknowledge it."""
        now = self.clock()
        endpoint_id = self.connection.endpoint_id
        seq = await self.database.write(store_events, endpoint_id, events.boot, events.events, now=now)
        self.hub.seen(self.connection, now)
        self.connection.put(Ack(events.boot, seq))

    def hear(self, beat: Beat) -> None:
        """A beat: note it, answer it, and compare where the endpoint is with where it should be."""
        now = self.clock()
        self.hub.seen(self.connection, now, beat)
        self.connection.put(BeatAck(beat.n, now))
        if self.looked is None or now - self.looked >= LOOK_EVERY:
            self.connection.touch()
        target = self.target()
        if beat.conference == (target["key"] if target else None):
            self.drifting = None
        elif self.drifting is None:
            self.drifting = now
        elif now - self.drifting > DRIFT:
            # It missed a change of its agenda, or of where conduct wants it: say both again.
            self.drifting = now
            self.connection.put(AgendaHint(self.etag, 0))
            if self.want_rev:
                self.connection.put(self.want())


def _agenda(db: Session, source: AgendaSource, endpoint_id: int, now: datetime) -> tuple[Made, int]:
    return source.made(db, endpoint_id, now), find_want_rev(db, endpoint_id)
