"""Thirty-two clerks want the same at the same moment, through two serving processes on PostgreSQL and one on SQLite:
nothing is booked twice or in part or beyond what the video host carries, and the losers learn why."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc.accounts import add_account, add_grant
from confsvc.database import Database
from confsvc.tokens import add_token
from rooms.place_queries import RoomOn, list_rooms
from rooms.queries import find_unit
from scheduler.booking.place.capacity import Amount, Load, peak
from scheduler.local_time import local_day
from scheduler.models import Conference, Delegation, Effect, Opening, Reservation, Site
from tests.directory import load_communes
from tests.fakes.service import free_port
from tests.stories.day import local

RACERS, SEATS = 32, 5
NOW, START = local(23, 8), datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
APART = 4 * HOUR  # of two rounds: longer than the host holds a conference of an hour
HOSTS = ("STTTT", "SNV", "SYT", "STP")
Answer = tuple[int, dict[str, Any]]


def clerk(db: Session) -> str:
    """Somebody who books for four offices, and his key for programs."""
    units = [find_unit(db, code, local_day(NOW)) for code in HOSTS]
    ids = [unit.id for unit in units if unit is not None]
    account = add_account(db, "vanthu", "Văn thư", actor="cli", now=NOW, unit_id=ids[0])
    for unit_id in ids:
        add_grant(db, account, "booker", actor="cli", now=NOW, unit_id=unit_id)
    return add_token(db, account, "race", ["read", "book"], expires=NOW + timedelta(days=99), by="cli", now=NOW).token


@asynccontextmanager
async def processes(url: str, folder: Path, count: int) -> AsyncIterator[list[str]]:
    """So many serving processes, and their addresses."""
    children, addresses = [], []
    try:
        for number in range(count):
            mine, port = folder / str(number), free_port()
            mine.mkdir()
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.stories.serving", url, str(port), str(mine), NOW.isoformat(), str(SEATS),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )  # fmt: skip
            children.append(child)
            addresses.append(f"http://127.0.0.1:{port}")
        for child in children:
            assert child.stdout is not None
            assert await asyncio.wait_for(child.stdout.readline(), 60) == b"ready\n"
            child.stdout.feed_eof()  # its log is nobody's concern here
        yield addresses
    finally:
        for child in children:
            if child.stdin is not None:
                child.stdin.close()
            await asyncio.wait_for(child.wait(), 30)


def wanted(number: int, halls: Sequence[RoomOn], same: bool) -> list[str]:
    """The rooms of one racer. ``same``: one hall that everybody wants and one of nine others, in two orders; else two
    that nobody else wants, so that only the video host is short."""
    if not same:
        return [halls[2 * number].key, halls[2 * number + 1].key]
    pair = [halls[0].key, halls[1 + number % 9].key]
    return pair if number % 2 else pair[::-1]


async def book(http: aiohttp.ClientSession, address: str, number: int, sites: list[str], starts: datetime) -> Answer:
    body = {
        "title": f"Cuộc họp {number}", "kind": "briefing", "form": "online", "no_secrets": True,
        "host": HOSTS[number % len(HOSTS)], "sites": sites, "starts": starts.isoformat(),
        "ends": (starts + HOUR).isoformat(),
    }  # fmt: skip
    async with http.post(f"{address}/api/v1/conferences", json=body) as response:
        return response.status, await response.json()


def judge(answers: list[Answer], same: bool) -> int:
    """How many got it: as many as there is place for, and everybody else an explained refusal."""
    counted = Counter(status for status, _ in answers)
    most = 1 if same else SEATS // 2
    assert counted == Counter({201: most, 409: RACERS - most}), (counted, answers)
    for status, said in answers:
        if status == 409:
            assert said["code"] == ("room_taken" if same else "no_capacity"), said
            held = said["taken"] if same else said["full"]
            assert held and all(one["detail"] for one in held) and said["ways_out"]["times"], said
    return most


async def rounds(url: str, folder: Path, count: int, services: int) -> None:
    database = Database(url)
    try:
        token = database.write_now(clerk)
        database.write_now(load_communes, 2 * RACERS)
        halls = [room for room in database.read_now(list_rooms, START.date()) if room.unit_level == "commune"]
        headers, won = {"Authorization": f"Bearer {token}"}, 0
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            processes(url, folder, services) as addresses,
            aiohttp.ClientSession(headers=headers, connector=connector) as http,
        ):
            for number in range(count):
                same, starts = number % 2 == 0, START + number * APART
                racers = [book(http, addresses[n % services], n, wanted(n, halls, same), starts) for n in range(RACERS)]
                won += judge(list(await asyncio.gather(*racers)), same)
        database.read_now(whole, won)
    finally:
        database.close()


def whole(db: Session, won: int) -> None:
    """Whoever got it got all of it, whoever did not left nothing, and nothing overlaps or is exceeded."""
    tables = (Conference, Opening, Site, Delegation)
    assert [db.scalar(select(func.count()).select_from(table)) for table in tables] == [won, won, 2 * won, 2 * won]
    assert db.scalar(select(func.count(func.distinct(Effect.conference_id)))) == won
    in_rooms = db.scalars(select(Reservation).where(Reservation.room_id.is_not(None)))
    rooms = sorted((row.room_id or 0, row.starts, row.ends) for row in in_rooms)
    assert len(rooms) == 2 * won
    assert all(one[0] != other[0] or one[2] <= other[1] for one, other in pairwise(rooms))
    held = db.scalars(select(Reservation).where(Reservation.bridge_id.is_not(None))).all()
    loads = [Load(row.starts, row.ends, Amount(row.seats, 0, 0)) for row in held]
    assert len(held) == won and peak(loads, START - HOUR, START + 1000 * APART).seats <= SEATS


def services_on(url: str) -> int:
    return 1 if url.startswith("sqlite") else 2


async def test_fifty_rounds_of_thirty_two(directory_url: str, tmp_path: Path) -> None:
    await rounds(directory_url, tmp_path, 50, services_on(directory_url))


@pytest.mark.slow
async def test_a_thousand_rounds_of_thirty_two(directory_url: str, tmp_path: Path) -> None:
    await rounds(directory_url, tmp_path, 1000, services_on(directory_url))
