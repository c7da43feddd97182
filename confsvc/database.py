"""One synchronous engine in threads, for both databases: a unit of work is one transaction in one hop.

``await database.write(work, …)`` runs ``work(db, …)`` and commits; ``read`` runs it in a read-only snapshot. A unit of
work is an ordinary function, so it cannot await: no network call happens inside a transaction. Units that touch what
endpoints or pages watch put topics into ``db.info["pokes"]``; they are delivered after the commit.

SQLite: one writer thread with two lanes (callbacks of the video host first) and a few readers. PostgreSQL: a small
pool; units are run again up to three times when the database asks for it, so they must be re-runnable.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

P = ParamSpec("P")
R = TypeVar("R")
Work = Callable[Concatenate[Session, P], R]

_RETRIED = {"40001", "40P01"}  # serialization failure, deadlock
_TRIES = 3


class Database:
    """A database by SQLAlchemy URL (``sqlite:///path`` or ``postgresql+psycopg://…``).

    ``on_poke``: called in the writing thread after a commit, with the set of topics that the unit left.
    """

    def __init__(self, url: str, *, workers: int = 8, on_poke: Callable[[set[str]], None] | None = None) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.on_poke = on_poke
        self._engine = _sqlite_engine(url) if self.sqlite else _postgresql_engine(url, workers)
        self._write_engine = self._engine.execution_options(confsvc_write=True)
        self._read_engine = self._engine.execution_options(confsvc_write=False)
        self._readers: Executor = ThreadPoolExecutor(4 if self.sqlite else workers, "db-read")
        self._writers: _Lanes | ThreadPoolExecutor = (
            _Lanes() if self.sqlite else ThreadPoolExecutor(workers, "db-write")
        )

    @property
    def engine(self) -> Engine:
        """The engine itself, for migrations and tools; domain code never sees it."""
        return self._engine

    async def write(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``work`` as one transaction and commit it."""
        return await asyncio.wrap_future(self._writers.submit(lambda: self.write_now(work, *args, **kwargs)))

    async def write_first(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As ``write``, ahead of others that wait for SQLite's writer: for callers that cannot wait."""
        if isinstance(self._writers, _Lanes):
            return await asyncio.wrap_future(self._writers.submit_first(lambda: self.write_now(work, *args, **kwargs)))
        return await self.write(work, *args, **kwargs)

    async def read(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``work`` in a read-only snapshot."""
        return await asyncio.wrap_future(self._readers.submit(lambda: self.read_now(work, *args, **kwargs)))

    def write_now(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As ``write``, in the calling thread (command line, tests)."""
        for attempt in itertools.count(1):
            try:
                with Session(self._write_engine, expire_on_commit=False) as db, db.begin():
                    result = work(db, *args, **kwargs)
                    pokes: set[str] = db.info.get("pokes", set())
            except DBAPIError as problem:
                if attempt < _TRIES and getattr(problem.orig, "sqlstate", None) in _RETRIED:
                    continue
                raise
            if pokes and self.on_poke:
                self.on_poke(pokes)
            return result
        raise AssertionError("unreachable")

    def read_now(self, work: Work[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As ``read``, in the calling thread."""
        with Session(self._read_engine, expire_on_commit=False) as db, db.begin():
            if not self.sqlite:
                db.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
            return work(db, *args, **kwargs)

    def close(self) -> None:
        """Finish the units under way and close every connection."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engine.dispose()


class _Lanes:
    """A single thread with two queues in front of it; the first lane is always emptied first."""

    def __init__(self) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Future[Any] | None, Callable[[], Any]]] = queue.PriorityQueue()
        self._count = itertools.count()
        self._thread = threading.Thread(target=self._run, name="db-write", daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[], R]) -> Future[R]:
        return self._put(1, call)

    def submit_first(self, call: Callable[[], R]) -> Future[R]:
        return self._put(0, call)

    def _put(self, lane: int, call: Callable[[], R]) -> Future[R]:
        future: Future[R] = Future()
        self._queue.put((lane, next(self._count), future, call))
        return future

    def _run(self) -> None:
        while True:
            _, _, future, call = self._queue.get()
            if future is None:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call()
            except BaseException as problem:  # noqa: BLE001 - handed to whoever awaits the unit
                future.set_exception(problem)
            else:
                future.set_result(result)
            del future, call

    def shutdown(self, wait: bool = True) -> None:
        self._queue.put((2, next(self._count), None, lambda: None))
        if wait:
            self._thread.join()


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url, connect_args={"check_same_thread": False}, pool_size=8, max_overflow=8, hide_parameters=True
    )

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
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        write = connection.get_execution_options().get("confsvc_write", True)
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if write else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql_engine(url: str, workers: int) -> Engine:
    return create_engine(
        url, pool_size=workers, max_overflow=workers, pool_pre_ping=False, pool_recycle=1800, hide_parameters=True
    )
