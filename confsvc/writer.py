"""SQLite's writer: one thread with two lanes in front of it (callbacks of the video host first), one commit for many.

Units of work that wait run in one transaction, each behind a savepoint, and their callers are told after its commit:
waiting for the disk is a large part of a small unit's time. A unit that fails takes back only what it did itself.
Nobody waits for company: the thread takes what is there, ``MOST`` units or ``LONGEST`` of work, and commits.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

R = TypeVar("R")
Mode = Literal["rollback_only", "create_savepoint"]
_Outcome = tuple[Any, BaseException | None]

MOST = 16
LONGEST = 0.02
"""Seconds of work in a transaction after which no further unit joins it."""


@dataclass(order=True)
class _Waiting:
    """A unit and whom to tell; neither: the end. Ordered by lane, then by arrival."""

    lane: int
    number: int
    unit: Callable[[Session], Any] | None = field(default=None, compare=False)
    future: Future[Any] = field(default_factory=Future, compare=False)


class Writer:
    """``committed`` is called in the thread after each commit with the topics that its units left to poke."""

    def __init__(self, engine: Engine, committed: Callable[[set[str]], None]) -> None:
        self._engine = engine
        self._committed = committed
        self._queue: queue.PriorityQueue[_Waiting] = queue.PriorityQueue()
        self._count = itertools.count()
        self._thread = threading.Thread(target=self._run, name="db-write", daemon=True)
        self._thread.start()

    def submit(self, unit: Callable[[Session], R], *, first: bool = False) -> Future[R]:
        """What the unit returns, once it is committed; ``first``: ahead of all others that wait."""
        waiting = _Waiting(0 if first else 1, next(self._count), unit)
        self._queue.put(waiting)
        return waiting.future

    def shutdown(self, wait: bool = True) -> None:
        """Finish what waits and end."""
        self._queue.put(_Waiting(2, next(self._count)))
        if wait:
            self._thread.join()

    def _run(self) -> None:
        while (waiting := self._queue.get()).unit is not None:
            if waiting.future.set_running_or_notify_cancel():
                self._together(waiting)
            del waiting  # or its result would live until the next one comes

    def _together(self, first: _Waiting) -> None:
        """One transaction: ``first`` and those who came meanwhile."""
        taken, outcomes, pokes = [first.future], list[_Outcome](), set[str]()
        try:
            with self._engine.connect() as connection, connection.begin():
                # Alone in the transaction so far, the first needs no savepoint: if it fails, all there is fails.
                outcomes.append((_attempt(connection, first, "rollback_only", pokes), None))
                for other in self._meanwhile(time.monotonic()):
                    taken.append(other.future)
                    outcomes.append(_guarded(connection, other, pokes))
            self._committed(pokes)
        except BaseException as problem:  # noqa: BLE001 - handed to whoever awaits the units
            for future in taken:
                future.set_exception(problem)
            return
        for future, (result, refusal) in zip(taken, outcomes, strict=True):
            if refusal is None:
                future.set_result(result)
            else:
                future.set_exception(refusal)

    def _meanwhile(self, began: float) -> Iterator[_Waiting]:
        """Those who wait now, as long as one more may join."""
        for _ in range(MOST - 1):
            if time.monotonic() - began > LONGEST:
                return
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return
            if waiting.unit is None:
                self._queue.put(waiting)
                return
            if waiting.future.set_running_or_notify_cancel():
                yield waiting


def _attempt(connection: Connection, waiting: _Waiting, mode: Mode, pokes: set[str]) -> Any:
    """Run one unit in the connection's transaction; its topics join ``pokes`` when it has not failed."""
    if waiting.unit is None:
        raise AssertionError("the end is no unit")
    with Session(connection, expire_on_commit=False, join_transaction_mode=mode) as db, db.begin():
        result = waiting.unit(db)
    pokes |= db.info.get("pokes", set())
    return result


def _guarded(connection: Connection, waiting: _Waiting, pokes: set[str]) -> _Outcome:
    """Run one unit behind a savepoint. Raises only when SQLite gave up the whole transaction (disk full, no memory)."""
    try:
        return _attempt(connection, waiting, "create_savepoint", pokes), None
    except BaseException as problem:
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:
            raise
        return None, problem
