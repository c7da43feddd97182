"""Who is busy when: the API's answer against the bare fetch of the same rows, with a million reservations present.

The anchor asks for the same rooms in the way that lets the database use its index, and makes nothing of the rows.
"""

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

ROOMS, ROUNDS, WEEKS, GOAL = 264, 15, 4, 0.4  # at most 2.5 times the bare fetch
_SQL = (
    "SELECT room_id, starts, ends FROM reservation WHERE room_id = ANY ($3) AND holds AND starts < $2::timestamptz "
    "AND starts > $1::timestamptz - interval '3 days' "
    "AND ends > $1::timestamptz ORDER BY room_id, starts"
)


def figures(only: str) -> Iterator[Figure]:
    with postgres() as server:
        url = server.url(server.create())
        database = Database(url)
        token, rooms = furnish(database, present=True, rooms=ROOMS)
        database.close()
        with serving(url, token, rooms) as house:
            yield asyncio.run(_four_weeks(house))


async def _four_weeks(house: House) -> Figure:
    """All rooms, four weeks of the past with some 13,000 reservations."""
    until = datetime.now(UTC) - timedelta(days=30)
    since = until - timedelta(weeks=WEEKS)
    url = make_url(house.database_url)
    bare = await asyncpg.connect(user="postgres", host=str(url.query["host"]), database=url.database)
    ids = list(range(1, len(house.rooms) + 1))
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
            rows = await bare.fetch(_SQL, since, until, ids)
            if number:  # the first round only warms up
                ours.append(took)
                raw.append(time.perf_counter() - began)
    await bare.close()
    answered = body.count(b'"room"')
    if len(rows) < 10_000 or answered != len(rows):
        raise RuntimeError(f"{len(rows)} reservations in the four weeks, {answered} in the answer")
    ratio = median(r / o for r, o in zip(raw, ours, strict=True))
    return Figure("freebusy.four_weeks_264_rooms", median(ours) * 1000, "ms", ratio, "asyncpg_fetch", GOAL)
