"""What one process changes, the endpoints of another hear, also after the connection between them broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest
from sqlalchemy import make_url, select

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.notify import EVERYTHING, Notices
from confsvc.parts import NOTICES
from confsvc.web.endpoint import HUB
from rooms.models import Room
from rooms.once import poke
from tests.confsvc.conftest import serving
from tests.postgres import Postgres

Heard = asyncio.Queue[frozenset[str]]


@pytest.fixture
async def pair(postgres: Postgres, postgres_url: str) -> AsyncIterator[tuple[Notices, Notices, Heard, Heard]]:
    heard: tuple[Heard, Heard] = (asyncio.Queue(), asyncio.Queue())
    both = [Notices(make_url(postgres_url), one.put_nowait) for one in heard]
    for notices in both:
        notices.start()
        await asyncio.wait_for(notices.listening.wait(), 10)
    yield both[0], both[1], *heard
    for notices in both:
        await notices.stop()


async def until(heard: Heard, wanted: frozenset[str]) -> list[frozenset[str]]:
    """Everything heard up to and with ``wanted``."""
    found: list[frozenset[str]] = []
    async with asyncio.timeout(15):
        while wanted not in found:
            found.append(await heard.get())
    return found


async def test_others_hear_what_happened_and_oneself_does_not(pair: tuple[Notices, Notices, Heard, Heard]) -> None:
    one, other, heard_by_one, heard_by_other = pair
    one.say(frozenset({"room:1"}))
    one.say(frozenset({"room:2", "due"}))
    both = frozenset({"room:1", "room:2", "due"})
    assert await until(heard_by_other, both) == [both]
    other.say(frozenset({"room:3"}))
    assert await until(heard_by_one, frozenset({"room:3"})) == [frozenset({"room:3"})]


async def test_too_much_for_one_notice_means_everything(pair: tuple[Notices, Notices, Heard, Heard]) -> None:
    one, _, _, heard_by_other = pair
    one.say(frozenset(f"room:{n}" for n in range(2000)))
    await until(heard_by_other, frozenset({EVERYTHING}))


async def test_after_a_break_everybody_looks_again(
    postgres: Postgres, postgres_url: str, pair: tuple[Notices, Notices, Heard, Heard]
) -> None:
    one, _, heard_by_one, heard_by_other = pair
    name = str(make_url(postgres_url).database)
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            (name,),
        )
    await until(heard_by_other, frozenset({EVERYTHING}))
    await until(heard_by_one, frozenset({EVERYTHING}))
    one.say(frozenset({"room:7"}))
    await until(heard_by_other, frozenset({"room:7"}))


async def test_an_endpoint_of_one_process_hears_of_a_booking_in_another(
    postgres: Postgres, filled_postgres: str, settings: Settings
) -> None:
    name = postgres.create(template=filled_postgres)
    databases = [Database(postgres.url(name)) for _ in range(2)]
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(asynccontextmanager(serving)(settings, database)) for database in databases
        ]
        (room_id,) = here.database.read_now(lambda db: db.scalars(select(Room.id).limit(1)).all())
        connection = there.app[HUB].connect(1, room_id, app="test", now=there.now)
        connection.stale = False
        await asyncio.gather(*(one.app[NOTICES].listening.wait() for one in (here, there)))
        await here.database.write(poke, f"room:{room_id}")
        async with asyncio.timeout(15):
            while not connection.stale:
                await connection.wait()
    for database in databases:
        database.close()
    postgres.drop(name)
