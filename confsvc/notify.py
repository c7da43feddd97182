"""Processes that share a PostgreSQL tell each other what changed, so that an endpoint hears of a booking whichever
process it is connected to.

Topics go out on one channel after the commit, in a transaction of their own and gathered for a moment: inside the
booking's transaction a NOTIFY costs a third of its rate, because commits that notify queue up behind each other. A
notice that is lost (a broken connection) is made good by a resync: everybody connected is told to look again. With
SQLite there is one process and nothing to tell.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable

import psycopg
from sqlalchemy import URL

log = logging.getLogger(__name__)

CHANNEL = "confsvc"
EVERYTHING = "*"
_GATHER = 0.1  # seconds; at most ten notices a second and process
_AGAIN = 2.0
_LONGEST = 7000  # bytes; PostgreSQL takes less than 8000
Deliver = Callable[[frozenset[str]], None]


class Notices:
    """Hears what others say (``deliver``, in the event loop) and says what happened here (``say``)."""

    def __init__(self, url: URL, deliver: Deliver) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._deliver = deliver
        self._own = secrets.token_hex(4)
        self._waiting: set[str] = set()
        self._something = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.listening = asyncio.Event()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._speak())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def say(self, topics: frozenset[str]) -> None:
        """Tell the other processes; returns at once."""
        self._waiting |= topics
        self._something.set()

    async def _hear(self) -> None:
        first = True
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._address, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.listening.set()
                    if not first:  # what was said meanwhile is gone
                        self._deliver(frozenset({EVERYTHING}))
                    first = False
                    async for notice in connection.notifies():
                        self._read(notice.payload)
            except psycopg.OperationalError as problem:
                log.warning("not hearing other processes: %s", problem)
            self.listening.clear()
            await asyncio.sleep(_AGAIN)

    def _read(self, payload: str) -> None:
        said = json.loads(payload)
        if said["from"] != self._own:
            self._deliver(frozenset(said["topics"]))

    async def _speak(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._address, autocommit=True) as connection:
                    while True:
                        await self._something.wait()
                        await asyncio.sleep(_GATHER)
                        await self._send(connection)
            except psycopg.OperationalError as problem:
                log.warning("not heard by other processes: %s", problem)
            await asyncio.sleep(_AGAIN)

    async def _send(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        topics, self._waiting = self._waiting, set()
        self._something.clear()
        payload = self._payload(topics)
        try:
            await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
        except psycopg.OperationalError:
            self._waiting |= topics
            self._something.set()
            raise

    def _payload(self, topics: set[str]) -> str:
        said = json.dumps({"from": self._own, "topics": sorted(topics)})
        if len(said.encode()) <= _LONGEST:
            return said
        return json.dumps({"from": self._own, "topics": [EVERYTHING]})
