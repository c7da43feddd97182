"""Many want the last room of a line, or the last seats of a video host, at one moment: it is never exceeded."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Line, Room
from scheduler.booking.book import book
from scheduler.booking.booking import Rules
from scheduler.booking.place.capacity import Amount, BridgeLimit, Load, peak
from scheduler.errors import NoCapacity
from scheduler.models import Reservation
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

RACERS, PROCESSES = 32, 2
HOUR = timedelta(hours=1)
LIMITS = {"line": Amount(0, 300, 100_000), "bridge": Amount(5, 0, 0)}
"""A line of 300 kbit/s carries one 180p, or four times sound; a host of five places two meetings of two."""


def _open(url: str, what: str) -> Database:
    """Every racer has a room of its own; all of them share the line, or the host."""

    def line(db: Session) -> None:
        limit = LIMITS["line"]
        db.execute(
            insert(Line).values(
                id=1, name="Nhà A", owner_unit_id=2, kbps_up=limit.kbps_up, kbps_down=limit.kbps_down, share=100
            )
        )
        db.execute(update(Room).values(line_id=1))

    database = offices(Database(url, workers=RACERS), districts=2 * RACERS)
    if what == "line":
        database.write_now(line)
    return database


def _rules(what: str) -> Rules:
    return replace(RULES, bridge_limits={1: BridgeLimit(seats=LIMITS["bridge"].seats)}) if what == "bridge" else RULES


def _work(number: int, what: str, starts: datetime, barrier: Any) -> Any:
    rooms = (11 + 2 * number, 12 + 2 * number) if what == "bridge" else (11 + number,)
    booking = wish(room_ids=rooms, starts=starts, ends=starts + HOUR)

    def work(db: Session) -> None:
        if barrier is not None:
            barrier.wait()
        book(db, booking, actor=f"account:{number}", now=NOW, rules=_rules(what))

    return work


def _race(
    database: Database, pool: ThreadPoolExecutor, what: str, starts: datetime, numbers: range, barrier: Any
) -> int:
    """One round: everybody waits at the barrier with a transaction about to begin; how many got it."""

    def run(number: int) -> bool:
        try:
            if database.sqlite:  # one thread writes, so the race is for its queue
                barrier.wait()
                asyncio.run(database.write(_work(number, what, starts, None)))
            else:
                database.write_now(_work(number, what, starts, barrier))
        except NoCapacity as refusal:
            assert [full.what for full in refusal.full] == [what]
            return False
        return True

    return sum(pool.map(run, numbers))


def _highest(database: Database, what: str, starts: datetime) -> Amount:
    column = Reservation.line_id if what == "line" else Reservation.bridge_id
    sizes = (Reservation.seats, Reservation.kbps_up, Reservation.kbps_down)
    query = select(Reservation.starts, Reservation.ends, *sizes).where(column == 1)
    rows = database.read_now(lambda db: [tuple(row) for row in db.execute(query)])
    return peak([Load(row[0], row[1], Amount(*row[2:])) for row in rows], starts - HOUR, starts + 2 * HOUR)


def _judge(database: Database, what: str, starts: datetime, won: int) -> None:
    most, highest = LIMITS[what], _highest(database, what, starts)
    if what == "line":
        assert highest.kbps_up <= most.kbps_up and won == 1, "250 of 300 are taken by the first picture"
    else:
        assert highest.seats <= most.seats and won == 2


def _rounds(url: str, what: str, rounds: int) -> None:
    database = _open(url, what)
    try:
        with ThreadPoolExecutor(RACERS) as pool:
            for number in range(rounds):
                starts = START + timedelta(hours=3 * number)
                won = _race(database, pool, what, starts, range(RACERS), threading.Barrier(RACERS))
                _judge(database, what, starts, won)
    finally:
        database.close()


@pytest.mark.parametrize("what", LIMITS)
def test_fifty_rounds_of_thirty_two(database_url: str, what: str) -> None:
    _rounds(database_url, what, 50)


@pytest.mark.slow
@pytest.mark.parametrize("what", LIMITS)
def test_a_thousand_rounds_of_thirty_two(database_url: str, what: str) -> None:
    """A thousand on each database: half of them for the line, half for the host, as the time for slow tests allows."""
    _rounds(database_url, what, 1000 // len(LIMITS))


def _process(url: str, what: str, part: int, rounds: int, barrier: Any) -> list[int]:
    """One process's half of the racers, round by round."""
    half = RACERS // PROCESSES
    database = Database(url, workers=half)
    try:
        with ThreadPoolExecutor(half) as pool:
            return [
                _race(database, pool, what, START + timedelta(hours=3 * number), range(part * half, (part + 1) * half),
                      barrier)
                for number in range(rounds)
            ]  # fmt: skip
    finally:
        database.close()


@pytest.mark.parametrize("what", LIMITS)
def test_two_processes_on_one_database(postgres_url: str, what: str) -> None:
    rounds = 20
    database = _open(postgres_url, what)
    context = multiprocessing.get_context("spawn")
    try:
        with context.Manager() as manager, ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
            barrier = manager.Barrier(RACERS)
            halves = [pool.submit(_process, postgres_url, what, part, rounds, barrier) for part in range(PROCESSES)]
            won = [sum(counts) for counts in zip(*(half.result(120) for half in halves), strict=True)]
        for number in range(rounds):
            _judge(database, what, START + timedelta(hours=3 * number), won[number])
    finally:
        database.close()
