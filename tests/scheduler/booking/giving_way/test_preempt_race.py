"""Emergencies at the same moment: the first or higher gets the rooms, nobody is half displaced."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Problem
from scheduler.booking.book import book
from scheduler.booking.booking import Booking
from scheduler.booking.giving_way.preempt import Preempted, preempt
from scheduler.booking.giving_way.rivals import Consent
from scheduler.models import Conference, Displacement, Reservation
from tests.scheduler.booking.giving_way.test_preempt import emergency, no_overlap
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

ROUNDS = 10


def _race(database: Database, wishes: list[tuple[Booking, Consent | None]]) -> list[Preempted | Problem | None]:
    """Everybody at a barrier: those with a consent pre-empt, the others book."""
    barrier = threading.Barrier(len(wishes))

    def run(number: int) -> Preempted | Problem | None:
        booking, consent = wishes[number]

        def work(db: Session) -> Preempted | None:
            if not database.sqlite:
                barrier.wait()
            if consent is None:
                book(db, booking, actor=f"account:{number}", now=NOW, rules=RULES)
                return None
            return preempt(db, booking, consent, actor=f"account:{number}", now=NOW, rules=RULES)

        try:
            if database.sqlite:  # one thread writes, so the race is for its queue
                barrier.wait()
                return asyncio.run(database.write(work))
            return database.write_now(work)
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(run, range(len(wishes))))


@pytest.mark.parametrize("same", [True, False])
def test_two_emergencies_for_the_same_rooms(database: Database, same: bool) -> None:
    offices(database)
    for number in range(ROUNDS):
        starts = START + timedelta(days=7 * number)
        span = {"starts": starts, "ends": starts + timedelta(hours=2)}
        lost = database.write_now(lambda db, span=span: book(db, wish(**span), actor="a", now=NOW, rules=RULES))
        consent = Consent(frozenset([lost.key]))
        first = emergency(room_ids=(2, 11), **span)
        second = emergency(room_ids=(11, 12), host_unit_id=11, **span)
        if not same:
            second = wish(kind="briefing", room_ids=(11, 12), host_unit_id=11, **span)
        made = _race(database, [(first, consent), (second, consent)])
        won = [one for one in made if isinstance(one, Preempted)]
        assert len(won) >= 1 if not same else len(won) == 1

        def whole(db: Session, lost_id: int = lost.id) -> None:
            no_overlap(db)
            conference = db.get_one(Conference, lost_id)
            open_ones = db.scalars(
                select(Displacement).where(Displacement.displaced_id == lost_id, Displacement.decided.is_(None))
            ).all()
            assert conference.state == "pending" and len(open_ones) == 1
            there = db.scalars(select(Reservation.room_id).where(
                Reservation.conference_id == lost_id, Reservation.starts > conference.ends - timedelta(hours=4),
                Reservation.room_id.is_not(None), Reservation.starts >= open_ones[0].alternative_starts
                - timedelta(minutes=15),
            )).all()  # fmt: skip
            assert sorted(there) == [2, 11, 12, 13]  # the other time is held whole

        database.read_now(whole)


def test_nobody_gets_the_time_that_is_held_for_who_gave_way(database: Database) -> None:
    offices(database)
    for number in range(ROUNDS):
        starts = START + timedelta(days=7 * number)
        span = {"starts": starts, "ends": starts + timedelta(hours=2)}
        lost = database.write_now(lambda db, span=span: book(db, wish(**span), actor="a", now=NOW, rules=RULES))
        others = [
            wish(starts=starts + timedelta(hours=hours), ends=starts + timedelta(hours=hours + 2), room_ids=(11, 13))
            for hours in (5, 6, 24)
        ]
        made = _race(database, [(emergency(**span), Consent(frozenset([lost.key]))), *((one, None) for one in others)])
        assert isinstance(made[0], Preempted)
        database.read_now(no_overlap)
        held = made[0].preview.ways[0].alternative
        assert held is not None
        for booking, answer in zip(others, made[1:], strict=True):
            setup = timedelta(minutes=15)
            crossing = booking.starts - setup < held[1] and held[0] - setup < booking.ends
            assert not crossing or isinstance(answer, Problem)
