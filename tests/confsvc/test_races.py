"""What two people do at one instant: administrators who disable each other, guesses at a password, a room taken out of
use while it is being booked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from confsvc import accounts, queries
from confsvc.database import Database
from confsvc.models import LoginAttempt, RoleGrant
from confsvc.sessions import MOST_BY_BOTH, TooManyAttempts, begin_attempt
from confsvc.web.pages.directory_form import By
from confsvc.web.pages.place_acts import RETIRE_ROOM
from rooms.errors import Invalid, NotAllowed, Problem
from rooms.models import Room
from scheduler.booking.book import book
from scheduler.local_time import local_day
from scheduler.models import Reservation
from tests.scheduler.booking.offices import NOW, RULES, offices, wish

TODAY, DAY = local_day(NOW), timedelta(days=1)
RACERS, ROUNDS = 8, 5
Work = Callable[[Session], Any]


def race(database: Database, pool: ThreadPoolExecutor, works: list[Work]) -> list[Problem | None]:
    """All at once, each in its own transaction that has begun; what each was refused with."""
    barrier = threading.Barrier(len(works))

    def run(work: Work) -> Problem | None:
        def after_barrier(db: Session) -> None:
            barrier.wait()
            work(db)

        try:
            if database.sqlite:  # one writes at a time, so the race is for its turn
                barrier.wait()
                database.write_now(work)
            else:
                database.write_now(after_barrier)
        except Problem as refusal:
            return refusal
        return None

    return list(pool.map(run, works))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(RACERS) as made:
        yield made


def _admins(database: Database, number: int) -> list[int]:
    made = []
    for n in range(RACERS):
        account = database.write_now(
            accounts.add_account, f"admin{number}.{n}", "A", actor="cli", now=NOW, password_hash="x"
        )
        database.write_now(accounts.add_grant, account, "admin", actor="cli", now=NOW)
        made.append(account)
    return made


@pytest.mark.parametrize("way", ["disable", "end"])
def test_administrators_who_disable_each_other_leave_one(
    database: Database, pool: ThreadPoolExecutor, way: str
) -> None:
    for number in range(ROUNDS):
        admins = _admins(database, number)

        def take_away(account: int) -> Work:
            if way == "disable":
                return lambda db: accounts.disable_account(db, account, actor="x", now=NOW)
            (grant,) = database.read_now(queries.list_role_grants, account)
            return lambda db: accounts.end_grant(db, grant.id, last=TODAY - DAY, actor="x", now=NOW)

        refused = race(database, pool, [take_away(account) for account in admins])
        assert [type(problem) for problem in refused if problem] == [NotAllowed]
        assert database.read_now(queries.count_active_admins, TODAY) == 1
        # The one who stayed goes before the next round, behind the rule's back.
        database.write_now(lambda db: db.query(RoleGrant).delete())


def test_the_last_grant_ends_neither_today_nor_later(database: Database) -> None:
    """A last day of today would leave nobody tomorrow; whoever acts in somebody's place does not count."""
    first, deputy = (
        database.write_now(accounts.add_account, login, "A", actor="cli", now=NOW, password_hash="x")
        for login in ("first", "deputy")
    )
    grant = database.write_now(accounts.add_grant, first, "admin", actor="cli", now=NOW)
    database.write_now(accounts.add_grant, deputy, "admin", actor="cli", now=NOW, substitute_for=first)
    with pytest.raises(NotAllowed):
        database.write_now(accounts.end_grant, grant, last=TODAY, actor="cli", now=NOW)


def test_guesses_at_one_instant_are_counted(database: Database, pool: ThreadPoolExecutor) -> None:
    for number in range(ROUNDS):
        guess: Work = lambda db, number=number: begin_attempt(db, f"lan{number}", "10.0.0.1", now=NOW)  # type: ignore[misc]  # noqa: E731
        refused = race(database, pool, [guess] * RACERS)
        assert [type(problem) for problem in refused if problem] == [TooManyAttempts] * (RACERS - MOST_BY_BOTH)
    assert database.read_now(lambda db: db.query(LoginAttempt).count()) == ROUNDS * MOST_BY_BOTH


@pytest.fixture
def houses(postgres_url: str) -> Iterator[Database]:
    opened = offices(Database(postgres_url))
    yield opened
    opened.close()


def _retire(db: Session) -> None:
    key = db.get_one(Room, 11).key
    RETIRE_ROOM.do(db, RETIRE_ROOM.find(db, key, TODAY), {"reason": ""}, By("account:1", NOW, TODAY, "hop.example"))


def _book(db: Session) -> None:
    book(db, wish(room_ids=(11, 12)), actor="account:2", now=NOW, rules=RULES)


def _second_waits(database: Database, pool: ThreadPoolExecutor, first: Work, second: Work) -> Future[Any]:
    """``second`` begins when ``first`` has done its work and not yet committed."""
    done, commit = threading.Event(), threading.Event()

    def held(db: Session) -> None:
        try:
            first(db)
        finally:
            done.set()
        assert commit.wait(30)

    earlier = pool.submit(database.write_now, held)
    assert done.wait(30)
    later = pool.submit(database.write_now, second)
    try:
        with pytest.raises(TimeoutError):
            later.result(timeout=0.5)
    finally:
        commit.set()
    earlier.result(30)
    return later


def test_a_room_that_is_being_booked_is_not_taken_out_of_use(houses: Database, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(Invalid) as refusal:
        _second_waits(houses, pool, _book, _retire).result(30)
    assert [error.code for error in refusal.value.errors] == ["room_booked"]
    assert houses.read_now(lambda db: db.get_one(Room, 11).retired_at) is None


def test_a_room_that_is_being_taken_out_of_use_is_not_booked(houses: Database, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(Invalid) as refusal:
        _second_waits(houses, pool, _retire, _book).result(30)
    assert [error.code for error in refusal.value.errors] == ["no_such_room"]
    assert houses.read_now(lambda db: db.query(Reservation).count()) == 0
