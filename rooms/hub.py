"""Which endpoints are connected to this process now, and what is waiting to be told to each.

Memory only: a lost message is repaired by the next hello or beat, and ``last_seen`` is written in batches. Everything
here runs in the event loop; a database's ``on_poke`` reaches ``poke`` through ``call_soon_threadsafe``.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.messages import CLOSE_REPLACED, CLOSE_RESTART, CLOSE_REVOKED, CLOSE_SLOW, AgendaHint, Beat, FromService, Want
from rooms.place_queries import set_last_seen

MOST_WAITING = 64
_NEWEST_ONLY = (AgendaHint, Want)


@dataclass(eq=False)
class Connection:
    """One endpoint's connection: a bounded queue out, and what the endpoint said last."""

    endpoint_id: int
    room_id: int
    epoch: int
    app: str = ""
    since: datetime | None = None
    beat: Beat | None = None
    stale: bool = True  # its agenda may have changed: look before the next send
    close_code: int | None = None
    _queue: deque[FromService] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, message: FromService) -> None:
        """Queue a message; of hints and wants only the newest is kept. A full queue closes the connection (4408)."""
        if isinstance(message, _NEWEST_ONLY):
            self._queue = deque(m for m in self._queue if type(m) is not type(message))
        if len(self._queue) >= MOST_WAITING:
            self.close(CLOSE_SLOW)
            return
        self._queue.append(message)
        self._wake.set()

    def touch(self) -> None:
        """The agenda may have changed."""
        self.stale = True
        self._wake.set()

    def close(self, code: int) -> None:
        """End the connection with ``code``; what is queued is not sent any more. The first code stays."""
        if self.close_code is None:
            self.close_code = code
        self._wake.set()

    async def wait(self) -> None:
        """Until there is something to do: messages, a touched agenda, or the end."""
        await self._wake.wait()
        self._wake.clear()

    def take(self) -> list[FromService]:
        """All waiting messages, oldest first."""
        waiting, self._queue = list(self._queue), deque()
        return waiting


class Hub:
    """The connections of this process; the newest of an endpoint wins."""

    def __init__(self) -> None:
        self._connections: dict[int, Connection] = {}
        self._epochs = itertools.count(1)
        self._seen: dict[int, tuple[datetime, str]] = {}
        self._unwritten: set[int] = set()

    def connect(self, endpoint_id: int, room_id: int, *, app: str, now: datetime) -> Connection:
        """Register a connection; an older one of the same endpoint is closed with 4409."""
        older = self._connections.get(endpoint_id)
        connection = Connection(endpoint_id, room_id, next(self._epochs), app, now)
        self._connections[endpoint_id] = connection
        if older is not None:
            older.close(CLOSE_REPLACED)
        self.seen(connection, now)
        return connection

    def disconnect(self, connection: Connection) -> None:
        """Forget a connection, unless a newer one took its place."""
        if self._connections.get(connection.endpoint_id) is connection:
            del self._connections[connection.endpoint_id]

    def find(self, endpoint_id: int) -> Connection | None:
        return self._connections.get(endpoint_id)

    def __len__(self) -> int:
        return len(self._connections)

    def seen(self, connection: Connection, now: datetime, beat: Beat | None = None) -> None:
        """Something was heard from an endpoint."""
        if beat is not None:
            connection.beat = beat
        self._seen[connection.endpoint_id] = (now, connection.app)
        self._unwritten.add(connection.endpoint_id)

    def last_seen(self, endpoint_id: int) -> datetime | None:
        """When this process last heard an endpoint; None: never, ask the row."""
        known = self._seen.get(endpoint_id)
        return known[0] if known else None

    def poke(self, topics: Iterable[str]) -> None:
        """Topics of a commit: ``room:5`` and ``endpoint:3`` (look at the agenda), ``revoked:3`` (close with 4403), and
        ``*`` when nobody knows what was missed: everybody looks."""
        topics, rooms, endpoints = set(topics), set[int](), set[int]()
        everybody = "*" in topics
        for topic in topics:
            kind, _, number = topic.partition(":")
            if kind in ("room", "endpoint", "revoked") and number.isdecimal():
                (rooms if kind == "room" else endpoints).add(int(number))
                if kind == "revoked" and (revoked := self._connections.get(int(number))):
                    revoked.close(CLOSE_REVOKED)
        for connection in self._connections.values():
            if everybody or connection.endpoint_id in endpoints or connection.room_id in rooms:
                connection.touch()

    def take_seen(self) -> list[tuple[int, datetime, str]]:
        """What was heard since the last time and is to be written, by endpoint id."""
        rows = [(i, *self._seen[i]) for i in sorted(self._unwritten)]
        self._unwritten.clear()
        return rows

    def close_all(self) -> None:
        """The process ends: everybody may come back at once (1012)."""
        for connection in self._connections.values():
            connection.close(CLOSE_RESTART)


def flush(db: Session, rows: list[tuple[int, datetime, str]]) -> None:
    """A unit of work: write what ``Hub.take_seen`` gave, in one statement and one order on every process."""
    set_last_seen(db, rows)
