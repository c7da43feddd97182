"""One synchronous engine in threads, for both databases: a unit of work is one transaction in one hop.

``await database.write(work, …)`` runs ``work(db, …)`` and commits; ``read`` runs it in a read-only snapshot. A unit of
work is an ordinary function, so it cannot await: no network call happens inside a transaction. Units that touch what
endpoints or pages watch put topics into ``db.info["pokes"]``; they are delivered after the commit.

SQLite: one writer thread (confsvc/writer.py) and a few readers. PostgreSQL: a small pool; units are run again up to
three times when the database asks for it, so they must be re-runnable. More than about five threads only take the
interpreter from each other (measured: 32 clients after the same rooms waited a fifth longer with eight).

Readers and writers have connections of their own: what a connection may do is then said once, when it is made, and
SQLite's writer keeps its page cache, which every commit of another connection would empty.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from confsvc.writer import Writer
from rooms import driver

P = ParamSpec("P")
R = TypeVar("R")
Work = Callable[Concatenate[Session, P], R]

_RETRIED = {"40001", "40P01"}  # serialization failure, deadlock
_TRIES = 3


class Database:
    """A database by SQLAlchemy URL (``sqlite:///path`` or ``postgresql+psycopg://…``).

    ``on_poke``: called in the writing thread after a commit, with the set of topics that the unit left.
    """

    def __init__(self, url: str, *, workers: int = 5, on_poke: Callable[[set[str]], None] | None = None) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.on_poke = on_poke
        if self.sqlite:
            self._engine, self._read_engine = _sqlite_engine(url, write=True), _sqlite_engine(url, write=False)
        else:
            self._engine, self._read_engine = _postgresql_engine(url, workers), _postgresql_reading(url, workers)
        self._readers: Executor = ThreadPoolExecutor(4 if self.sqlite else workers, "db-read")
        self._writers: Writer | ThreadPoolExecutor = (
            Writer(self._engine, self._committed) if self.sqlite else ThreadPoolExecutor(workers, "db-write")
        )

    @property
    def engine(self) -> Engine:
        """The engine itself, for migrations and tools; domain code never sees it."""
        return self._engine

    async def write(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``work`` as one transaction and commit it."""
        if isinstance(self._writers, Writer):
            return await asyncio.wrap_future(self._writers.submit(lambda db: work(db, *args, **kwargs)))
        return await asyncio.wrap_future(self._writers.submit(lambda: self.write_now(work, *args, **kwargs)))

    async def write_first(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As ``write``, ahead of others that wait for SQLite's writer: for callers that cannot wait."""
        if isinstance(self._writers, Writer):
            return await asyncio.wrap_future(self._writers.submit(lambda db: work(db, *args, **kwargs), first=True))
        return await self.write(work, *args, **kwargs)

    async def read(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``work`` in a read-only snapshot."""
        return await asyncio.wrap_future(self._readers.submit(lambda: self.read_now(work, *args, **kwargs)))

    def write_now(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As ``write``, in the calling thread (command line, tests)."""
        for attempt in itertools.count(1):
            try:
                with Session(self._engine, expire_on_commit=False) as db, db.begin():
                    result = work(db, *args, **kwargs)
                    pokes: set[str] = db.info.get("pokes", set())
            except DBAPIError as problem:
                if attempt < _TRIES and getattr(problem.orig, "sqlstate", None) in _RETRIED:
                    continue
                raise
            self._committed(pokes)
            return result
        raise AssertionError("unreachable")

    def read_now(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As ``read``, in the calling thread."""
        with Session(self._read_engine, expire_on_commit=False) as db, db.begin():
            return work(db, *args, **kwargs)

    def close(self) -> None:
        """Finish the units under way and close every connection."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engine.dispose()
        self._read_engine.dispose()

    def _committed(self, pokes: set[str]) -> None:
        if pokes and self.on_poke:
            self.on_poke(pokes)


def _sqlite_engine(url: str, *, write: bool) -> Engine:
    engine = create_engine(
        url, connect_args={"check_same_thread": False}, pool_size=4, max_overflow=12, pool_use_lifo=True,
        hide_parameters=True,
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling is off: it would begin late and read-only first.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "busy_timeout = 10000",
            "cache_size = -65536",
            f"query_only = {'OFF' if write else 'ON'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        driver.execute(connection, "BEGIN IMMEDIATE" if write else "BEGIN", ())

    return engine


def _postgresql_engine(url: str, workers: int, **more: Any) -> Engine:
    return create_engine(
        url, pool_size=workers, max_overflow=workers, pool_recycle=1800, pool_use_lifo=True, hide_parameters=True,
        **more,
    )  # fmt: skip


def _postgresql_reading(url: str, workers: int) -> Engine:
    engine = _postgresql_engine(url, workers, isolation_level="REPEATABLE READ")

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.read_only = True

    return engine
