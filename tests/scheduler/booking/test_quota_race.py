"""An office that may book once more: of many who want it at one moment one gets it, by whatever way they come."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms import driver
from rooms.errors import Invalid, Problem
from scheduler.booking import edit
from scheduler.booking.book import book
from scheduler.booking.booking import Rules
from scheduler.booking.place import holding
from scheduler.booking.place.reservations import OFFICE, lock_keys
from scheduler.booking.plan import plan
from scheduler.booking.series.book import book_series
from scheduler.booking.series.wish import SeriesWish
from scheduler.errors import SeriesBlocked
from scheduler.models import Conference
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.test_limits import ruled

RACERS, LIMIT = 8, 3
LIMITED = ruled(("quota_count_week", str(LIMIT), {"unit_id": 2}))
Act = Callable[[Session], object]


def booked(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Conference).where(Conference.state == "planned")) or 0


def race(database: Database, acts: Sequence[Act], monkeypatch: pytest.MonkeyPatch) -> list[Problem | None]:
    """Everybody has planned, so counted, before anybody takes a lock: the worst case of the check alone."""
    barrier = threading.Barrier(len(acts))
    if not database.sqlite:
        wait_at_locks(monkeypatch, barrier)

    def run(act: Act) -> Problem | None:
        try:
            if database.sqlite:  # one thread writes, so the race is for its queue
                barrier.wait(30)
                asyncio.run(database.write(act))
            else:
                database.write_now(act)
        except Problem as problem:
            return problem
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def wait_at_locks(monkeypatch: pytest.MonkeyPatch, barrier: threading.Barrier) -> list[str]:
    """Each thread waits for the others before its first lock; the statements that took locks, as they come."""
    rows, mine, seen = driver.rows, threading.local(), list[str]()

    def waiting(connection: Connection, statement: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        if "pg_advisory_xact_lock" in statement:
            seen.append(threading.current_thread().name)
            if not getattr(mine, "waited", False):
                mine.waited = True
                barrier.wait(30)
        return rows(connection, statement, parameters)

    monkeypatch.setattr(driver, "rows", waiting)
    return seen


def wanted(number: int, **changes: Any) -> Any:
    """Another room and another day of the same week for each: nothing but the office's limit is shared."""
    starts = START + timedelta(days=number % 3, hours=2 * (number // 3))
    return wish(room_ids=(11 + number,), starts=starts, ends=starts + timedelta(hours=1), **changes)


@pytest.fixture
def limited(database: Database) -> Database:
    """One of three booked."""
    offices(database)
    database.write_now(book, wanted(9, title="Đã có"), actor="a", now=NOW, rules=RULES)
    return database


def test_bookings_at_one_moment_never_exceed_the_limit(limited: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    acts = [
        lambda db, n=n: book(db, wanted(n), actor=f"account:{n}", now=NOW, rules=LIMITED)  # type: ignore[misc]
        for n in range(RACERS)
    ]
    answers = race(limited, acts, monkeypatch)
    assert limited.read_now(booked) == LIMIT
    refused = [answer for answer in answers if answer is not None]
    assert len(refused) == RACERS - (LIMIT - 1)
    for answer in refused:
        assert isinstance(answer, Invalid)
        (error,) = answer.errors
        assert (error.code, error.data["used"]) == ("over_quota_count_week", LIMIT)


def test_without_the_count_under_the_lock_the_limit_would_be_exceeded(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the race above is one."""
    database = Database(postgres_url, workers=RACERS)
    offices(database)
    monkeypatch.setattr(holding, "quota_errors", lambda *_args, **_kwargs: [])
    acts = [
        lambda db, n=n: book(db, wanted(n), actor=f"account:{n}", now=NOW, rules=LIMITED)  # type: ignore[misc]
        for n in range(RACERS)
    ]
    try:
        assert race(database, acts, monkeypatch) == [None] * RACERS
        assert database.read_now(booked) == RACERS > LIMIT
    finally:
        database.close()


def test_drafts_submitted_a_series_and_a_move_into_the_week_count_too(
    limited: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place is left after the second booking; whoever comes first has it."""
    limited.write_now(book, wanted(8, title="Đã có hai"), actor="a", now=NOW, rules=RULES)
    draft = limited.write_now(book, wanted(0), actor="a", now=NOW, rules=RULES, draft=True)
    week = timedelta(days=7)
    away = replace(wanted(1), starts=wanted(1).starts + week, ends=wanted(1).ends + week)
    moved = limited.write_now(book, away, actor="a", now=NOW, rules=RULES)
    who: dict[str, Any] = {"actor": "b", "now": NOW, "rules": LIMITED}
    series = SeriesWish(wanted(2), rule="FREQ=WEEKLY;COUNT=2")
    acts: list[Act] = [
        lambda db: edit.submit(db, draft.key, version=draft.version, **who),
        lambda db: edit.change(db, moved.key, wanted(1), version=moved.version, **who),
        lambda db: book_series(db, series, **who),
        lambda db: book(db, wanted(3), **who),
    ]
    answers = race(limited, acts, monkeypatch)
    this_week = limited.read_now(
        lambda db: db.scalar(
            select(func.count()).select_from(Conference).where(
                Conference.state == "planned", Conference.starts < START + timedelta(days=6)
            )
        )
    )  # fmt: skip
    assert this_week == LIMIT
    assert sum(answer is None for answer in answers) == 1
    assert all(isinstance(answer, Invalid | SeriesBlocked) for answer in answers if answer is not None)


def test_a_series_beyond_the_limit_says_which_date(limited: Database) -> None:
    series = SeriesWish(wanted(0), rule="FREQ=DAILY;COUNT=3")
    with pytest.raises(SeriesBlocked) as refused:
        limited.write_now(book_series, series, actor="a", now=NOW, rules=LIMITED)
    assert [[e.code for e in one.errors] for one in refused.value.findings] == [["over_quota_count_week"]]


@pytest.mark.parametrize(
    ("rules", "kind", "locked"),
    [(LIMITED, "training", True), (RULES, "training", False), (LIMITED, "emergency", False),
     (ruled(("quota_count_week", "3", {"unit_id": 11})), "training", False)],
    ids=["limited", "no rule", "urgent", "of another office"],
)  # fmt: skip
def test_the_offices_lock_is_taken_only_where_a_rule_limits_it(
    sqlite_url: str, rules: Rules, kind: str, locked: bool
) -> None:
    database = offices(Database(sqlite_url))
    claims = database.read_now(lambda db: holding.claims(plan(db, wanted(0, kind=kind), now=NOW, rules=rules)))
    office = [hold for hold in claims if hold.kind == OFFICE]
    assert bool(office) is locked
    if locked:
        assert lock_keys(claims)[-1] == (OFFICE << 58) | (2 << 20), "after all rooms, lines and hosts; one for all days"
