"""SQLite's writer: many units, one commit; who fails fails alone; nobody is told before it is on the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from sqlite3 import connect
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.writer import MOST, Writer
from rooms.once import poke


class Line:
    """A writer whose thread is kept busy until ``go``, so that all that is submitted before waits in its queue."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.engine = self.database.engine
        self.poked: list[set[str]] = []
        self.commits = 0
        event.listen(self.engine, "commit", self._count)
        self.writer = Writer(self.engine, self.poked.append)
        self._busy, self._gate = threading.Event(), threading.Event()
        self.first = self.writer.submit(self._wait)
        assert self._busy.wait(10)

    def _count(self, _connection: object) -> None:
        self.commits += 1

    def _wait(self, db: Session) -> str:
        self._busy.set()
        self._gate.wait(10)
        return _noted("first")(db)

    def go(self) -> None:
        self._gate.set()
        self.writer.shutdown()

    def notes(self) -> list[str]:
        return self.database.read_now(lambda db: list(db.scalars(text("SELECT login FROM login_attempt ORDER BY id"))))


def _noted(name: str) -> Callable[[Session], str]:
    def unit(db: Session) -> str:
        values = {"login": name, "address": "::1", "at": "2026-11-24 01:00:00.000000"}
        db.execute(text("INSERT INTO login_attempt (login, address, at) VALUES (:login, :address, :at)"), values)
        poke(db, name)
        return name

    return unit


def _broken(db: Session) -> None:
    _noted("broken")(db)
    raise ValueError("no")


def _given_up(db: Session) -> None:
    """As SQLite does when the disk is full: the whole transaction is rolled back, then the statement fails."""
    db.execute(text("ROLLBACK"))
    raise ValueError("disk full")


@pytest.fixture
def line(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr("confsvc.writer.LONGEST", 60.0)  # only numbers count here, not how busy the machine is
    made = Line(sqlite_url)
    yield made
    made.go()
    made.database.close()


def _problem(future: Future[Any]) -> BaseException | None:
    return future.exception(10)


def test_units_that_wait_share_a_commit_and_one_that_fails_takes_back_only_its_own(line: Line) -> None:
    futures = [line.writer.submit(unit) for unit in (_noted("a"), _broken, _noted("b"))]
    line.go()
    assert [line.first.result(), futures[0].result(), futures[2].result()] == ["first", "a", "b"]
    assert isinstance(_problem(futures[1]), ValueError)
    assert line.notes() == ["first", "a", "b"]
    assert line.commits == 1
    assert line.poked == [{"first", "a", "b"}]


def test_who_is_first_in_the_line_runs_first_and_who_gave_up_not_at_all(line: Line) -> None:
    late = [line.writer.submit(_noted("late")), line.writer.submit(_noted("cancelled"))]
    line.writer.submit(_noted("soon"), first=True)
    assert late[1].cancel()
    line.go()
    assert line.notes() == ["first", "soon", "late"]


def test_a_transaction_takes_in_so_many_and_no_more(line: Line) -> None:
    futures = [line.writer.submit(_noted(str(number))) for number in range(MOST)]
    line.go()
    assert [future.result() for future in futures] == [str(number) for number in range(MOST)]
    assert line.commits == 2


def test_a_transaction_that_has_worked_long_takes_nobody_in(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confsvc.writer.LONGEST", -1.0)
    futures = [line.writer.submit(_noted(name)) for name in "ab"]
    line.go()
    assert [future.result() for future in futures] == ["a", "b"]
    assert line.commits == 3


def test_a_first_unit_that_fails_leaves_the_line_to_the_others(line: Line) -> None:
    line.go()
    other = Writer(line.engine, line.poked.append)
    failed, good = other.submit(_broken), other.submit(_noted("good"))
    other.shutdown()
    assert isinstance(_problem(failed), ValueError)
    assert good.result() == "good"
    assert line.notes() == ["first", "good"]


def test_when_the_whole_transaction_is_lost_nobody_is_told_otherwise(line: Line) -> None:
    futures: list[Future[Any]] = [line.first, line.writer.submit(_noted("a")), line.writer.submit(_given_up)]
    last = line.writer.submit(_noted("after"))
    line.go()
    assert all(_problem(future) is not None for future in futures)
    assert last.result() == "after"
    assert line.notes() == ["after"]
    assert line.poked == [{"after"}]


def test_a_database_that_somebody_else_holds_fails_the_one_who_asked(line: Line, sqlite_url: str) -> None:
    line.go()

    @event.listens_for(line.engine, "connect")
    def _impatient(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 0")

    line.engine.dispose()
    holder = connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    other = Writer(line.engine, line.poked.append)
    refused = other.submit(_noted("refused"))
    assert isinstance(_problem(refused), OperationalError)
    holder.close()
    good = other.submit(_noted("good"))
    other.shutdown()
    assert good.result() == "good"
    assert line.notes() == ["first", "good"]


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError if database.sqlite else Exception, match=r"readonly|read-only"):
        database.read_now(_noted("x"))
    assert database.write_now(_noted("x")) == "x"
