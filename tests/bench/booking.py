"""Booking over HTTP against exactly the same rows written by a bare driver under the same locks.

The service runs without its jobs: the anchor sends no letters either, and what sending costs is measured in `mail`.
With them in the same process a booking waits for its share of the interpreter; on PostgreSQL they can have one of
their own (docs/operations.md, section 6).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Change
from scheduler.booking.place.reservations import BRIDGE, KEYS
from scheduler.models import (
    CalendarItem,
    Conference,
    Delegation,
    Edition,
    Effect,
    Guest,
    Opening,
    Reservation,
    Site,
)
from tests.bench.figure import Figure, rate_figure
from tests.bench.house import House, furnish, postgres, serving

ROUNDS, SECONDS, RECIPIENTS = 3, 2.0, 40
GOALS = {("postgresql", 1): 0.35, ("postgresql", 30): 0.50, ("sqlite", 1): 0.5, ("sqlite", 30): 0.5}
FULL_AGAINST_EMPTY = 0.8
WORDS = {1: "one_room", 30: "thirty_rooms"}
CHILDREN = (Site, Delegation, Guest, Opening, Reservation, Effect)
Attempt = Callable[[], Awaitable[None]]


class Slots:
    """Free half-hours, each given once: the benchmark measures booking, not refusing."""

    def __init__(self, rooms: int) -> None:
        self.rooms = rooms
        self.count = itertools.count()
        self.base = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=10)

    def take(self) -> tuple[datetime, int]:
        """A start, and the number of the first room."""
        number = next(self.count)
        if self.rooms > 1:
            return self.base + timedelta(minutes=30 * number), 0
        return self.base + timedelta(minutes=30 * (number // 33)), number % 33


def wish(house: House, slots: Slots) -> dict[str, Any]:
    """A booking with as many guests as make forty recipients."""
    starts, first = slots.take()
    rooms = house.rooms[first : first + slots.rooms]
    mine = f"{starts:%y%j%H%M}.{first}@bench.example"  # nobody is in two meetings at once
    return {
        "title": "Tập huấn an toàn thông tin", "kind": "training", "form": "online", "host": "STTTT",
        "starts": starts.isoformat(), "ends": (starts + timedelta(minutes=15)).isoformat(), "sites": rooms,
        "guests": [{"name": f"Khách {n}", "mail": f"k{n}.{mine}"} for n in range(RECIPIENTS - slots.rooms)],
        "no_secrets": True,
    }  # fmt: skip


async def run(clients: int, attempt: Attempt) -> float:
    """How many a second, over ``SECONDS``, by ``clients`` at once."""
    done, ends = 0, time.perf_counter() + SECONDS

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            await attempt()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return done / (time.perf_counter() - began)


def figures(only: str) -> Iterator[Figure]:
    for backend in ("postgresql", "sqlite"):
        mine = f"booking.{backend}"
        if mine.startswith(only) or only.startswith(mine):
            yield from _backend(backend)


def _backend(backend: str) -> Iterator[Figure]:
    rates: dict[tuple[int, int, bool], float] = {}
    with ExitStack() as stack:
        server = stack.enter_context(postgres()) if backend == "postgresql" else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="confsvc-bench-db-")))
        for present in (False, True):
            url = server.url(server.create()) if server else f"sqlite:///{folder / f'{present}.sqlite3'}"
            database = Database(url)
            token, rooms = furnish(database, present=present)
            with serving(url, token, rooms, jobs=False) as house:
                for count, clients in itertools.product((1, 30), (1, 8)):
                    figure = asyncio.run(_figure(backend, house, database, count, clients, present))
                    rates[count, clients, present] = figure.value
                    yield figure
            database.close()
    for count in (1, 30):
        name = f"booking.{backend}.{WORDS[count]}.c8.million_against_empty"
        ratio = rates[count, 8, True] / rates[count, 8, False]
        yield Figure(name, rates[count, 8, True], "1/s", ratio, "empty", FULL_AGAINST_EMPTY)


_SLOTS: dict[tuple[str, int], Slots] = {}


async def _figure(backend: str, house: House, database: Database, count: int, clients: int, present: bool) -> Figure:
    slots = _SLOTS.setdefault((house.database_url, count), Slots(count))
    if count == 30:  # beyond what the one-room rounds use
        slots.base = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=150)
    async with aiohttp.ClientSession(headers=house.headers, connector=aiohttp.TCPConnector(limit=clients)) as session:

        async def over_http() -> None:
            async with session.post(f"{house.url}/api/v1/conferences", json=wish(house, slots)) as answer:
                if answer.status != 201:
                    raise RuntimeError(f"{answer.status}: {await answer.text()}")
                await answer.read()

        await over_http()
        template = database.read_now(template_of)
        anchor = PostgresAnchor(template, database) if backend == "postgresql" else SqliteAnchor(template, database)
        await anchor.open(clients)
        ours, raw = [], []
        try:
            for _ in range(ROUNDS):
                ours.append(await run(clients, over_http))
                raw.append(await run(clients, anchor.attempt))
        finally:
            await anchor.close()
    what = "million" if present else "empty"
    goal = GOALS[backend, count] if clients == 8 else None
    driver = "asyncpg_one_statement" if backend == "postgresql" else "sqlite3_prepared_full"
    return rate_figure(f"booking.{backend}.{WORDS[count]}.c{clients}.{what}", ours, raw, driver, goal)


def template_of(db: Session) -> dict[str, list[dict[str, Any]]]:
    """All rows of the newest booking, by table."""
    row = db.scalars(select(Conference).order_by(Conference.id.desc()).limit(1)).one()

    def rows(model: Any, *conditions: Any) -> list[dict[str, Any]]:
        found = db.scalars(select(model).where(*conditions).order_by(model.id))
        return [{c.name: getattr(item, c.name) for c in model.__table__.columns} for item in found]

    found = {"calendar_item": rows(CalendarItem, CalendarItem.uid == row.uid)}
    found["edition"] = rows(Edition, Edition.uid == row.uid)
    found["conference"] = rows(Conference, Conference.id == row.id)
    for model in CHILDREN:
        found[model.__tablename__] = rows(model, model.conference_id == row.id)
    found["change"] = rows(Change, Change.subject_kind == "conference", Change.subject_id == row.id)
    return found


class _Anchor:
    """Writes the template's rows again and again under new ids, keys and times."""

    numbers = itertools.count(1)  # shared: several figures write into one database

    def __init__(self, template: dict[str, list[dict[str, Any]]], database: Database) -> None:
        self.template = template
        self.database = database
        self.base = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2000)

    def renumbered(self) -> tuple[int, datetime, dict[str, list[dict[str, Any]]]]:
        """The rows of one more booking; negative ids, which the service never takes."""
        number = -next(self.numbers)
        shift = timedelta(minutes=30 * -number)
        starts = self.base + shift
        new = {
            table: [self._row(table, n, row, number, starts) for n, row in enumerate(rows)]
            for table, rows in self.template.items()
        }
        return number, starts, new

    def _row(self, table: str, n: int, row: dict[str, Any], number: int, starts: datetime) -> dict[str, Any]:
        new = dict(row)
        if table == "conference":
            new |= {"id": number, "key": f"a{number}", "counted_with": number, "uid": f"{number}@bench"}
            return new
        if table in ("site", "edition"):
            new["id"] = number * 100 + n
        else:
            del new["id"]
        if "conference_id" in new:
            new["conference_id"] = number
        if "uid" in new:
            new["uid"] = f"{number}@bench"
        match table:
            case "delegation":
                new["site_id"] = number * 100 + n
            case "opening":
                new["jitsi_name"] = f"h{number}"
            case "reservation":
                new |= {"starts": starts, "ends": starts + timedelta(minutes=25)}
            case "effect":
                new |= {"key": f"letter:{number}:{n}", "chain": f"letter:{number}@bench:{n}"}
            case "change":
                new["subject_id"] = number
        return new


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(type(value).__name__)


class PostgresAnchor(_Anchor):
    """One statement: the advisory locks, then every row, each table from one JSON parameter."""

    async def open(self, clients: int) -> None:
        url = make_url(str(self.database.url))
        host = str(url.query["host"])
        self.pool = await asyncpg.create_pool(
            user="postgres", host=host, database=url.database, min_size=clients, max_size=clients
        )  # fmt: skip
        _, _, rows = self.renumbered()
        parts = []
        for number, (table, found) in enumerate(rows.items()):
            columns = ", ".join(found[0])
            source = f"json_populate_recordset(NULL::{table}, ${number + 2}::json)"
            parts.append(f"c{number} AS (INSERT INTO {table} ({columns}) SELECT {columns} FROM {source})")
        locks = "l AS (SELECT count(pg_advisory_xact_lock(k)) AS n FROM unnest($1::bigint[]) k)"
        self.sql = f"WITH {locks}, {', '.join(parts)} SELECT n FROM l"

    async def attempt(self) -> None:
        _, starts, rows = self.renumbered()
        days = {starts.date().toordinal(), (starts + timedelta(hours=1)).date().toordinal()}
        kinds = {kind: key for kind, key in KEYS.items() if kind != BRIDGE}  # this host is not said to be limited
        held = [(kind, row[key]) for row in rows["reservation"] for kind, key in kinds.items() if row[key]]
        keys = sorted((kind << 58) | (resource << 20) | day for kind, resource in held for day in days)
        await self.pool.execute(self.sql, keys, *(json.dumps(found, default=_plain) for found in rows.values()))

    async def close(self) -> None:
        await self.pool.close()


class SqliteAnchor(_Anchor):
    """One transaction of prepared statements on one connection, synchronous FULL."""

    async def open(self, clients: int) -> None:
        self.connection = sqlite3.connect(str(self.database.url.database), isolation_level=None, timeout=30)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self.connection.execute(f"PRAGMA {pragma}")
        _, _, rows = self.renumbered()
        self.sql = {
            table: f"INSERT INTO {table} ({', '.join(found[0])}) VALUES ({', '.join('?' * len(found[0]))})"
            for table, found in rows.items()
        }

    async def attempt(self) -> None:
        _, _, rows = self.renumbered()
        self.connection.execute("BEGIN IMMEDIATE")
        for table, found in rows.items():
            self.connection.executemany(self.sql[table], [[_sqlite(v) for v in row.values()] for row in found])
        self.connection.execute("COMMIT")
        await asyncio.sleep(0)

    async def close(self) -> None:
        self.connection.close()


def _sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return json.dumps(value) if isinstance(value, dict) else value
