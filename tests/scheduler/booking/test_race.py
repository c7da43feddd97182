"""Many want the same room at the same moment: one gets it, the others learn who did, nothing is half-written."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.booking.book import book
from scheduler.booking.booking import GuestWish
from scheduler.booking.edit import booking_of, cancel, change, submit
from scheduler.booking.queries import find_conference
from scheduler.errors import RoomTaken, Stale
from scheduler.models import Conference, Effect, Reservation, Site
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

RACERS = 32


def _race(database: Database, pool: ThreadPoolExecutor, starts: Any) -> list[RoomTaken | None]:
    """One round: every racer waits at a barrier with its own transaction about to begin."""
    barrier = threading.Barrier(RACERS)

    def run(number: int) -> RoomTaken | None:
        # Different orders and different other rooms: only room 11 is wanted by all.
        rooms = (11, 12 + number % 9) if number % 2 else (12 + number % 9, 11)
        booking = wish(room_ids=rooms, starts=starts, ends=starts + timedelta(hours=1))

        def work(db: Session) -> None:
            barrier.wait()
            book(db, booking, actor=f"account:{number}", now=NOW, rules=RULES)

        def after_barrier(db: Session) -> None:
            book(db, booking, actor=f"account:{number}", now=NOW, rules=RULES)

        try:
            if database.sqlite:  # one thread writes, so the race is for its queue
                barrier.wait()
                asyncio.run(database.write(after_barrier))
            else:
                database.write_now(work)
        except RoomTaken as refusal:
            return refusal
        return None

    return list(pool.map(run, range(RACERS)))


def _rounds(url: str, rounds: int) -> None:
    database = offices(Database(url, workers=RACERS))
    try:
        with ThreadPoolExecutor(RACERS) as pool:
            for number in range(rounds):
                starts = START + timedelta(hours=2 * number)
                answers = _race(database, pool, starts)
                refusals = [answer for answer in answers if answer is not None]
                assert len(refusals) == RACERS - 1
                for refusal in refusals:
                    held = [t for t in refusal.taken if t.room_id == 11]
                    assert [(t.unit, t.ends) for t in held] == [("Sở TT&TT", starts + timedelta(hours=1))]

        def left(db: Session) -> list[int]:
            tables = (Conference, Reservation, Site, Effect)
            return [db.scalar(select(func.count()).select_from(t)) or 0 for t in tables]

        assert database.read_now(left) == [rounds, 3 * rounds, 2 * rounds, 2 * rounds]
    finally:
        database.close()


def test_fifty_rounds_of_thirty_two(database_url: str) -> None:
    _rounds(database_url, 50)


@pytest.mark.slow
def test_a_thousand_rounds_of_thirty_two(database_url: str) -> None:
    _rounds(database_url, 1000)


@pytest.mark.parametrize("draft", [False, True], ids=["cancel", "submit"])
def test_nobody_ends_or_books_what_was_changed_under_his_hands(postgres_url: str, draft: bool) -> None:
    """Whoever looked at version 1 is told, and nothing is written: else a guest added meanwhile would keep an
    invitation to a cancelled conference, and a draft would hold other rooms than it has sites in."""
    database = offices(Database(postgres_url))
    booked = database.write_now(book, wish(), actor="account:1", now=NOW, rules=RULES, draft=draft)
    looked = threading.Event()

    def late(db: Session) -> None:
        seen = find_conference(db, booked.key)  # as a page does before it acts; the session keeps it
        looked.set()
        if draft:
            submit(db, booked.key, version=1, actor="account:2", now=NOW, rules=RULES)
        else:
            cancel(db, booked.key, version=1, reason="hoãn", actor="account:2", now=NOW)
        assert seen is not None

    def early(db: Session, pool: ThreadPoolExecutor) -> Any:
        conference = find_conference(db, booked.key)
        assert conference is not None
        other = replace(booking_of(db, conference), room_ids=(2, 14), guests=(GuestWish("B", "b@x.vn", "vi"),))
        change(db, booked.key, other, version=1, actor="account:1", now=NOW, rules=RULES)
        second = pool.submit(database.write_now, late)
        assert looked.wait(10)
        return second

    try:
        with ThreadPoolExecutor(1) as pool, pytest.raises(Stale):
            database.write_now(early, pool).result(30)
        state = database.read_now(lambda db: db.scalars(select(Conference.state)).one())
        assert state == ("draft" if draft else "planned")
    finally:
        database.close()
