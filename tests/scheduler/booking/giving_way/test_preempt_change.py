"""An emergency that is there already moves into rooms of others: the same rules as for a new one, and never itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Problem
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking
from scheduler.booking.giving_way.preempt import Changed, Preempted, Rehearsed, preempt, rehearse
from scheduler.booking.giving_way.rivals import Consent
from scheduler.errors import GivesWay, RoomTaken, Stale
from tests.scheduler.booking.giving_way.test_preempt import consent_to, emergency, holds, no_overlap, the, training
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WHO: dict[str, Any] = {"actor": "account:1", "now": NOW, "rules": RULES}


def own(database: Database, booking: Booking, *, draft: bool = False) -> Changed:
    made = database.write_now(book, booking, draft=draft, **WHO)
    return Changed(made.id, made.key, made.version)


def away() -> Booking:
    return emergency(room_ids=(2, 11), starts=START + DAY, ends=START + DAY + 2 * HOUR)


def move(database: Database, changed: Changed, booking: Booking, consent: Consent | None) -> Preempted:
    return database.write_now(preempt, booking, consent, changed=changed, **WHO)


def test_it_is_moved_over_a_training_which_is_asked_about_another_time(database: Database) -> None:
    offices(database)
    lost = database.write_now(training)
    changed = own(database, away())
    wanted = emergency(room_ids=(2, 11, 14))
    with pytest.raises(Rehearsed) as shown:
        database.write_now(rehearse, wanted, changed=changed, **WHO)
    assert [(way.key, way.outcome) for way in shown.value.preview.ways] == [(lost.key, "asked")]
    with pytest.raises(GivesWay):
        move(database, changed, wanted, Consent())
    made = move(database, changed, wanted, consent_to(lost))
    assert made.booked.key == changed.key and made.booked.version > changed.version

    def look(db: Session) -> None:
        no_overlap(db)
        mine = Booked(changed.id, changed.key)
        assert (the(db, mine).state, the(db, mine).starts) == ("planned", START)
        assert {room for room, _ in holds(db, mine)} == {2, 11, 14}
        assert the(db, lost).state == "pending"

    database.read_now(look)


def test_it_is_no_rival_of_itself_when_it_moves_by_an_hour(database: Database) -> None:
    offices(database)
    changed = own(database, emergency(room_ids=(2, 11)))
    later = replace(emergency(room_ids=(2, 11, 12)), starts=START + HOUR, ends=START + 3 * HOUR)
    lost = database.write_now(
        lambda db: book(db, wish(room_ids=(12,), starts=START + HOUR, ends=START + 2 * HOUR), **WHO)
    )
    made = move(database, changed, later, consent_to(lost))
    assert [way.key for way in made.preview.ways] == [lost.key]
    database.read_now(no_overlap)


def test_a_draft_of_an_emergency_is_submitted_into_the_rooms(database: Database) -> None:
    offices(database)
    lost = database.write_now(training)
    changed = own(database, emergency(room_ids=(2, 11)), draft=True)
    made = move(database, changed, emergency(room_ids=(2, 11)), consent_to(lost))
    assert made.booked.state == "planned"
    database.read_now(no_overlap)


def test_equal_rank_and_an_old_version_change_nothing(database: Database) -> None:
    offices(database)
    first = database.write_now(book, emergency(room_ids=(2, 11)), **WHO)
    changed = own(database, away())
    with pytest.raises(RoomTaken):
        move(database, changed, emergency(room_ids=(2, 11)), None)
    lost = database.write_now(training, starts=START + 3 * DAY, ends=START + 3 * DAY + HOUR)
    there = emergency(room_ids=(2, 11), starts=START + 3 * DAY, ends=START + 3 * DAY + HOUR)
    with pytest.raises(Stale):
        move(database, replace(changed, version=9), there, consent_to(lost))

    def look(db: Session) -> None:
        assert the(db, lost).state == "planned" and the(db, Booked(changed.id, changed.key)).starts == START + DAY
        assert the(db, first).state == "planned"

    database.read_now(look)


def test_two_that_move_over_each_other_are_not_both_there(postgres_url: str) -> None:
    """Each wants the other's rooms; rows are locked in one order, the gate after them."""
    database = Database(postgres_url, workers=4)
    offices(database)
    try:
        low = own(database, wish(room_ids=(2, 11)))
        high = own(database, replace(away(), room_ids=(12, 13)))
        barrier = threading.Barrier(2)

        def run(changed: Changed, booking: Booking, consent: Consent) -> Preempted | Problem:
            def work(db: Session) -> Preempted:
                barrier.wait(30)
                return preempt(db, booking, consent, changed=changed, **WHO)

            try:
                return database.write_now(work)
            except Problem as problem:
                return problem

        over = emergency(room_ids=(2, 11))
        under = wish(room_ids=(12, 13), starts=START + DAY, ends=START + DAY + 2 * HOUR)
        with ThreadPoolExecutor(2) as pool:
            up = pool.submit(run, high, over, Consent(frozenset([low.key])))
            down = pool.submit(run, low, under, Consent(frozenset([high.key])))
            made = [up.result(60), down.result(60)]
        assert any(isinstance(one, Preempted) for one in made)
        database.read_now(no_overlap)
    finally:
        database.close()
