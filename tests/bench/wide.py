"""A million reservations in many rooms against as many in few: answers and bookings must not depend on the spread.

Both houses are asked the same of the same rooms, in turn, in one run: who is busy in thirty rooms over a week that is
filled alike in both, a booking of one room, one of thirty. The ratio is wide by deep.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import insert
from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.models import Reservation
from tests.bench.figure import Figure, rate_figure
from tests.bench.house import House, furnish, postgres, serving
from tests.bench.many import Wishes, booker, rate

WIDE, DEEP = 10_000, 264  # rooms: 100 reservations in each, some 3,800 in each
CLIENTS, ROUNDS, GOAL = 8, 6, 0.8
EACH = {"free_busy": 120, "one_room": 160, "thirty_rooms": 60}  # in a round
ASKED, IN_EACH = 30, 10  # rooms, and reservations of each in the week that is asked for
Attempt = Callable[[], Awaitable[None]]


def figures(only: str) -> Iterator[Figure]:
    for backend in ("postgresql", "sqlite"):
        mine = f"booking.wide_against_deep.{backend}"
        if mine.startswith(only) or only.startswith(mine):
            yield from _backend(backend)


def _backend(backend: str) -> Iterator[Figure]:
    week = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=300)
    with ExitStack() as stack:
        server = stack.enter_context(postgres()) if backend == "postgresql" else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="confsvc-bench-db-")))
        urls = [server.url(server.create()) if server else f"sqlite:///{folder / f'{n}.sqlite3'}" for n in "wd"]
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as both:  # a million rows in each take a minute
            made = list(both.map(_fill, urls, (WIDE, DEEP), (week, week)))
        wide, deep = (
            stack.enter_context(serving(url, token, rooms[:DEEP], jobs=False))
            for url, (token, rooms) in zip(urls, made, strict=True)
        )
        yield from asyncio.run(_compare(f"booking.wide_against_deep.{backend}", wide, deep, week))


def _fill(url: str, rooms: int, week: datetime) -> tuple[str, list[str]]:
    database = Database(url)
    try:
        made = furnish(database, present=True, rooms=rooms)
        database.write_now(_fill_week, week)
        return made
    finally:
        database.close()


def _fill_week(db: Session, week: datetime) -> None:
    """Beside the million, ahead of today: the first rooms' week, of a conference that holds nothing else there."""
    rows: list[dict[str, Any]] = [
        {"room_id": room, "conference_id": n + 1, "starts": at, "ends": at + timedelta(minutes=45)}
        for n in range(IN_EACH)
        for at in [week + timedelta(hours=12 * n)]
        for room in range(1, ASKED + 1)
    ]
    db.execute(insert(Reservation), rows)


async def _compare(name: str, wide: House, deep: House, week: datetime) -> list[Figure]:
    async with _session(wide) as in_wide, _session(deep) as in_deep:
        asked = (await _attempts(wide, in_wide, week), await _attempts(deep, in_deep, week))
        found = []
        for what, count in EACH.items():
            rates: tuple[list[float], list[float]] = ([], [])
            for number in range(ROUNDS + 1):
                for which in (0, 1) if number % 2 else (1, 0):
                    made = await rate(count, CLIENTS, asked[which][what])
                    if number:  # the first round only warms up
                        rates[which].append(made)
            found.append(rate_figure(f"{name}.{what}", *rates, f"{DEEP}_rooms", GOAL))
    return found


def _session(house: House) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers=house.headers, connector=aiohttp.TCPConnector(limit=CLIENTS))


async def _attempts(house: House, session: aiohttp.ClientSession, week: datetime) -> dict[str, Attempt]:
    one, thirty = Wishes(house, 1), Wishes(house, 30)
    thirty.base += timedelta(days=140)  # beyond what the bookings of one room use
    query = [("from", week.isoformat()), ("to", (week + timedelta(days=7)).isoformat())]
    query += [("rooms", room) for room in house.rooms[:ASKED]]

    async def busy() -> None:
        async with session.get(f"{house.url}/api/v1/rooms/busy", params=query) as answer:
            body = await answer.read()
        if answer.status != 200 or body.count(b'"room"') != ASKED * IN_EACH:
            raise RuntimeError(f"{answer.status}: {body[:300].decode()}")

    await busy()
    return {"free_busy": busy, "one_room": booker(session, one), "thirty_rooms": booker(session, thirty)}
