"""The first common hour of 33 sites in five working days, against the bare query that finds the same busy time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median

import aiohttp
import asyncpg
from sqlalchemy import make_url

from confsvc.database import Database
from scheduler.local_time import instant, local_day
from scheduler.work_calendar import WorkCalendar
from tests.bench.figure import Figure
from tests.bench.house import House, furnish, postgres, serving

SITES, DAYS, ROUNDS, GOAL = 33, 5, 25, 0.33  # at most three times the bare query
HALF = timedelta(minutes=30)
_BARE = (
    "SELECT min(starts), max(ends) FROM (SELECT starts, ends, sum(CASE WHEN reach >= starts THEN 0 ELSE 1 END) "
    "OVER (ORDER BY starts, ends) AS n FROM (SELECT starts, ends, max(ends) OVER (ORDER BY starts, ends "
    "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach FROM reservation WHERE room_id = ANY($1) AND holds "
    "AND starts < $3 AND starts > $2::timestamptz - interval '3 days' AND ends > $2) q) r GROUP BY n ORDER BY 1"
)
_FILL = (
    "INSERT INTO reservation (room_id, conference_id, starts, ends, holds) "
    "SELECT room, 1, at, at + interval '25 minutes', true FROM unnest($1::bigint[], $2::timestamptz[]) AS q(room, at)"
)


def figures(only: str) -> Iterator[Figure]:
    with postgres() as server:
        url = server.url(server.create())
        database = Database(url)
        token, rooms = furnish(database, present=True)
        database.close()
        with serving(url, token, rooms) as house:
            yield asyncio.run(_first_hour(house))


async def _first_hour(house: House) -> Figure:
    """A million reservations of other days, and in the next five working ones 14 in every room, so placed that only the
    last afternoon has an hour for all."""
    bare = await _connect(house)
    days = _days(datetime.now(UTC))
    ids = [row[0] for row in await bare.fetch("SELECT id FROM room ORDER BY id LIMIT $1", SITES)]
    held = [(room, at) for day in days for at in _held(day, last=day == days[-1]) for room in ids]
    await bare.execute(_FILL, [room for room, _ in held], [at for _, at in held])
    await bare.execute("ANALYZE reservation")
    wanted = {"sites": house.rooms[:SITES], "minutes": 60, "from": f"{days[0]}", "to": f"{days[-1]}", "most": 1}
    since, until = instant(days[0]), instant(days[-1] + timedelta(days=1))
    ours, raw, found = [], [], ""
    async with aiohttp.ClientSession(headers=house.headers) as session:
        for number in range(ROUNDS + 1):
            began = time.perf_counter()
            async with session.get(f"{house.url}/api/v1/free-times", params=_pairs(wanted)) as answer:
                body = await answer.json()
            took = time.perf_counter() - began
            found = body["items"][0]["starts"]
            began = time.perf_counter()
            await bare.fetch(_BARE, ids, since, until)
            if number:  # the first round only warms up
                ours.append(took)
                raw.append(time.perf_counter() - began)
    await bare.close()
    if not found.startswith(f"{days[-1]}T09:"):
        raise RuntimeError(f"the common hour was said to be {found}")
    ratio = median(r / o for r, o in zip(raw, ours, strict=True))
    return Figure("freebusy.first_common_hour", median(ours) * 1000, "ms", ratio, "asyncpg_query", GOAL)


async def _connect(house: House) -> asyncpg.Connection:
    url = make_url(house.database_url)
    return await asyncpg.connect(user="postgres", host=str(url.query["host"]), database=url.database)


def _days(now: datetime) -> list[date]:
    calendar, day = WorkCalendar(), local_day(now)
    days: list[date] = []
    for _ in range(DAYS):
        day = calendar.next_working_day(day)
        days.append(day)
    return days


def _held(day: date, *, last: bool) -> Iterator[datetime]:
    """Starts of 25 minutes each, half an hour apart, all through the office hours; on the last day not after 15:45."""
    at = instant(day) + timedelta(hours=7, minutes=15)
    until = instant(day) + (timedelta(hours=15, minutes=45) if last else timedelta(hours=17))
    while at < until:
        yield at
        at += HALF


def _pairs(wanted: dict[str, object]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in wanted.items():
        pairs += [(name, str(one)) for one in value] if isinstance(value, list) else [(name, str(value))]
    return pairs
