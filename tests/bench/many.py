"""A thousand conferences of eleven sites by sixteen clients over HTTP, against the same rows by a bare driver."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from confsvc.database import Database
from tests.bench.booking import RECIPIENTS, PostgresAnchor, template_of
from tests.bench.figure import Figure, rate_figure
from tests.bench.house import House, furnish, postgres, serving

CLIENTS, CONFERENCES, SITES, ROUNDS, GOAL = 16, 1000, 11, 4, 0.4


def figures(only: str) -> Iterator[Figure]:
    with postgres() as server:
        url = server.url(server.create())
        database = Database(url)
        token, rooms = furnish(database, present=False)
        with serving(url, token, rooms, jobs=False) as house:
            yield asyncio.run(_thousand(house, database))
        database.close()


class Wishes:
    """Eleven free rooms at a free time, each given once."""

    def __init__(self, house: House, sites: int = SITES) -> None:
        self.house, self.sites = house, sites
        self.at_once = len(house.rooms) // sites
        self.numbers = itertools.count()
        self.base = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=10)

    def next(self) -> dict[str, Any]:
        number = next(self.numbers)
        starts = self.base + timedelta(minutes=30 * (number // self.at_once))
        first = (number % self.at_once) * self.sites
        return {
            "title": "Tập huấn an toàn thông tin", "kind": "training", "form": "online", "host": "STTTT",
            "starts": starts.isoformat(), "ends": (starts + timedelta(minutes=15)).isoformat(),
            "sites": self.house.rooms[first : first + self.sites], "no_secrets": True,
            "guests": [
                {"name": f"Khách {n}", "mail": f"k{n}.{number}@bench.example"} for n in range(RECIPIENTS - self.sites)
            ],
        }  # fmt: skip


def booker(session: aiohttp.ClientSession, wishes: Wishes) -> Callable[[], Awaitable[None]]:
    async def attempt() -> None:
        url = f"{wishes.house.url}/api/v1/conferences"
        async with session.post(url, json=wishes.next()) as answer:
            if answer.status != 201:
                raise RuntimeError(f"{answer.status}: {await answer.text()}")
            await answer.read()

    return attempt


async def rate(count: int, clients: int, attempt: Callable[[], Awaitable[None]]) -> float:
    """How many a second, of ``count`` in all."""
    left = iter(range(count))

    async def client() -> None:
        for _ in left:
            await attempt()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return count / (time.perf_counter() - began)


async def _thousand(house: House, database: Database) -> Figure:
    connector = aiohttp.TCPConnector(limit=CLIENTS)
    async with aiohttp.ClientSession(headers=house.headers, connector=connector) as session:
        attempt = booker(session, Wishes(house))
        await attempt()
        anchor = PostgresAnchor(database.read_now(template_of), database)
        await anchor.open(CLIENTS)
        ours, raw = [], []
        try:
            for _ in range(ROUNDS):
                ours.append(await rate(CONFERENCES // ROUNDS, CLIENTS, attempt))
                raw.append(await rate(CONFERENCES // ROUNDS, CLIENTS, anchor.attempt))
        finally:
            await anchor.close()
    return rate_figure("booking.many_conferences", ours, raw, "asyncpg_one_statement", GOAL)
