"""Many clients after the same thirty rooms and nine times of a day: how long an answer takes, won or lost.

The goal is a limit in seconds, so the ratio is the limit by the 99th percentile. A million reservations are present.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from confsvc.database import Database
from tests.bench.figure import Figure
from tests.bench.house import House, furnish, postgres, serving

CLIENTS, ROOMS, TIMES, ASKED, LIMIT_MS = 32, 30, 9, 12, 1000.0


def figures(only: str) -> Iterator[Figure]:
    with postgres() as server:
        url = server.url(server.create())
        database = Database(url)
        token, rooms = furnish(database, present=True)
        database.close()
        with serving(url, token, rooms) as house:
            yield asyncio.run(_contend(house))


async def _contend(house: House) -> Figure:
    """Every client asks for random times of one day in all thirty rooms, so nearly all of them lose."""
    took: list[float] = []
    statuses: Counter[int] = Counter()
    numbers = itertools.count()
    connector = aiohttp.TCPConnector(limit=CLIENTS)
    async with aiohttp.ClientSession(headers=house.headers, connector=connector) as session:

        async def client(seed: int) -> None:
            chance = random.Random(seed)
            for _ in range(ASKED):
                wish = _wish(house, chance.randrange(TIMES), next(numbers))
                began = time.perf_counter()
                async with session.post(f"{house.url}/api/v1/conferences", json=wish) as answer:
                    await answer.read()
                took.append((time.perf_counter() - began) * 1000)
                statuses[answer.status] += 1

        await asyncio.gather(*(client(seed) for seed in range(CLIENTS)))
    if set(statuses) - {201, 409} or not 0 < statuses[201] <= TIMES:
        raise RuntimeError(f"answers by status: {dict(statuses)}")
    p99 = sorted(took)[int(len(took) * 0.99)]
    return Figure("booking.contention.p99", p99, "ms", LIMIT_MS / p99, "limit_1_s", 1.0)


def _wish(house: House, number: int, attempt: int) -> dict[str, Any]:
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=30)
    starts = day + timedelta(hours=2 * number)
    return {
        "title": f"Họp {attempt}", "kind": "training", "form": "online", "host": "STTTT",
        "starts": starts.isoformat(), "ends": (starts + timedelta(minutes=30)).isoformat(),
        "sites": house.rooms[:ROOMS], "no_secrets": True,
    }  # fmt: skip
