"""Who is busy when: the API's answer against the bare fetch of the same rows, with a million reservations present."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

import aiohttp
import asyncpg
from sqlalchemy import make_url

from confsvc.database import Database
from tests.bench.figure import Figure
from tests.bench.house import House, furnish, postgres, serving

ROUNDS, WEEKS, GOAL = 15, 4, 0.4  # at most 2.5 times the bare fetch
_SQL = (
    "SELECT room_id, starts, ends FROM reservation WHERE holds AND starts < $2::timestamptz "
    "AND starts > $1::timestamptz - interval '3 days' "
    "AND ends > $1::timestamptz ORDER BY room_id, starts"
)


def figures(only: str) -> Iterator[Figure]:
    with postgres() as server:
        url = server.url(server.create())
        database = Database(url)
        token, rooms = furnish(database, present=True)
        database.close()
        with serving(url, token, rooms) as house:
            yield asyncio.run(_four_weeks(house))


async def _four_weeks(house: House) -> Figure:
    """34 rooms, four weeks of the past in which every room has some 14 reservations a day."""
    until = datetime.now(UTC) - timedelta(days=30)
    since = until - timedelta(weeks=WEEKS)
    url = make_url(house.database_url)
    bare = await asyncpg.connect(user="postgres", host=str(url.query["host"]), database=url.database)
    ours, raw = [], []
    async with aiohttp.ClientSession(headers=house.headers) as session:
        query = {"from": since.isoformat(), "to": until.isoformat()}
        for number in range(ROUNDS + 1):
            began = time.perf_counter()
            async with session.get(f"{house.url}/api/v1/rooms/busy", params=query) as answer:
                body = await answer.read()
                if answer.status != 200:
                    raise RuntimeError(body.decode())
            took = time.perf_counter() - began
            began = time.perf_counter()
            rows = await bare.fetch(_SQL, since, until)
            if number:  # the first round only warms up
                ours.append(took)
                raw.append(time.perf_counter() - began)
    await bare.close()
    if len(rows) < 1000:
        raise RuntimeError(f"only {len(rows)} reservations in the four weeks")
    ratio = median(r / o for r, o in zip(raw, ours, strict=True))
    return Figure("freebusy.four_weeks_all_rooms", median(ours) * 1000, "ms", ratio, "asyncpg_fetch", GOAL)
