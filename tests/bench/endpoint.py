"""Room endpoints: the agenda of ten conferences by GET against a bare aiohttp answer of the same bytes.

An endpoint asks every ten minutes while its channel is up, so a thousand of them are two requests a second.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Endpoint
from rooms.tokens import issue_tokens
from scheduler.booking.book import book
from scheduler.booking.booking import Booking, Rules
from tests.bench.booking import ROUNDS, run
from tests.bench.figure import Figure, rate_figure
from tests.bench.house import House, furnish, serving


def figures(only: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="confsvc-bench-db-") as folder:
        url = f"sqlite:///{Path(folder) / 'db.sqlite3'}"
        database = Database(url)
        token, rooms = furnish(database, present=False)
        access = database.write_now(_pair)
        for number in range(10):
            database.write_now(_book, number)
        with serving(url, token, rooms) as house:
            yield from asyncio.run(_agenda(house, access))
        database.close()


def _pair(db: Session) -> str:
    endpoint = db.scalars(select(Endpoint).order_by(Endpoint.id).limit(1)).one()
    endpoint.paired_at = datetime.now(UTC)
    return issue_tokens(db, endpoint, now=datetime.now(UTC)).access


def _book(db: Session, number: int) -> None:
    """One of two conferences a day for five days in the endpoint's room."""
    now = datetime.now(UTC)
    starts = now + timedelta(hours=3 + 11 * number)
    wish = Booking(
        title=f"Giao ban {number}", kind="emergency", form="online", host_unit_id=2, starts=starts,
        ends=starts + timedelta(hours=2), room_ids=(1, 2), no_secrets=True,
    )  # fmt: skip
    book(db, wish, actor="cli", now=now, rules=Rules(bridges=(1,)))


async def _agenda(house: House, access: str) -> list[Figure]:
    headers = {"Authorization": f"Bearer {access}"}
    address = f"{house.url}/api/v1/endpoint/agenda"
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(address) as answer:
            body, tag = await answer.read(), answer.headers["ETag"]
            if answer.status != 200 or b"ticket" not in body:
                raise RuntimeError(body.decode())
        bare, bare_url = await _bare(body)

        async def same() -> None:
            async with session.get(address, headers={"If-None-Match": tag}) as got:
                assert got.status == 304

        async def whole() -> None:
            async with session.get(address) as got:
                await got.read()

        async def plain() -> None:
            async with session.get(bare_url) as got:
                await got.read()

        found = []
        for name, attempt in (("agenda_unchanged", same), ("agenda_whole", whole)):
            ours, anchors = [], []
            for _ in range(ROUNDS):
                ours.append(await run(8, attempt))
                anchors.append(await run(8, plain))
            found.append(rate_figure(f"endpoint.{name}", ours, anchors, "aiohttp_same_bytes", None))
    await bare.cleanup()
    return found


async def _bare(body: bytes) -> tuple[web.AppRunner, str]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/"
