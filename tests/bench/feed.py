"""A feed of 10,000 events: its answer against a static file of the same size on the same kind of server, and "nothing
new" against a bare answer of the framework. The feed is written before; what is asked within seconds comes from memory.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from sqlalchemy import insert
from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.feeds.addresses import add_address
from confsvc.feeds.scope import Scope
from rooms.bulk import next_ids
from scheduler.models import CalendarItem, Conference
from tests.bench.booking import ROUNDS, run
from tests.bench.figure import Figure, rate_figure
from tests.bench.house import House, furnish, serving

_EVENTS, _HOST, _CLIENTS = 10_000, 2, 4


def figures(only: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="confsvc-bench-db-") as folder:
        url = f"sqlite:///{Path(folder) / 'db.sqlite3'}"
        database = Database(url)
        token, rooms = furnish(database, present=False)
        database.write_now(_fill)
        secret = database.write_now(
            add_address, Scope("unit", _HOST), "bench", account_id=1, by="cli", now=datetime.now(UTC)
        )
        with serving(url, token, rooms, jobs=False) as house, _bare(Path(folder)) as bare:
            yield from asyncio.run(_asked(house, secret, Path(folder), bare))
        database.close()


def _fill(db: Session) -> None:
    now = datetime.now(UTC)
    ids = next_ids(db, Conference, _EVENTS)
    rows = []
    for number, one in enumerate(ids):
        starts = now + timedelta(days=1, minutes=50 * number)
        ends = starts + timedelta(minutes=45)
        rows.append({
            "id": one, "key": f"b{one:09}", "counted_with": one, "origin": "booked", "kind": "briefing",
            "form": "online", "title": f"Họp giao ban trực tuyến số {number}", "search_key": "hop",
            "host_unit_id": _HOST, "starts": starts, "ends": ends, "booked_ends": ends, "opens": starts,
            "latest_end": ends, "state": "planned", "uid": f"{one}@bench.example", "booked_by": "cli",
            "booked_at": now, "chair_name": "Ông Chủ Trì", "chair_title": "Giám đốc", "note": "Đề nghị đúng giờ.",
        })  # fmt: skip
    db.execute(insert(CalendarItem), [{"uid": row["uid"], "last_dtstamp": now} for row in rows])
    db.execute(insert(Conference), rows)


async def _asked(house: House, secret: str, folder: Path, bare: str) -> list[Figure]:
    address = f"{house.url}/feeds/{secret}.ics"
    plain = {"Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(headers=plain, connector=aiohttp.TCPConnector(limit=_CLIENTS)) as session:
        async with session.get(address) as answer:
            body, tag = await answer.read(), answer.headers["ETag"]
        if body.count(b"BEGIN:VEVENT") != _EVENTS:
            raise RuntimeError("the feed does not hold every event")
        (folder / "feed.ics").write_bytes(body)

        async def whole() -> None:
            async with session.get(address) as got:
                assert len(await got.read()) == len(body)

        async def static() -> None:
            async with session.get(f"{bare}/static/feed.ics") as got:
                assert len(await got.read()) == len(body)

        async def unchanged() -> None:
            async with session.get(address, headers={"If-None-Match": tag}) as got:
                assert got.status == 304

        async def nothing() -> None:
            async with session.get(f"{bare}/nothing") as got:
                assert got.status == 304

        found = []
        for name, ours, anchor, said, goal in (
            ("ten_thousand", whole, static, "aiohttp_static_file", 1 / 3),
            ("ten_thousand_unchanged", unchanged, nothing, "aiohttp_bare_answer", 1 / 2),
        ):
            mine, theirs = [], []
            for _ in range(ROUNDS):
                mine.append(await run(_CLIENTS, ours))
                theirs.append(await run(_CLIENTS, anchor))
            found.append(rate_figure(f"feed.{name}", mine, theirs, said, goal))
    return found


@contextmanager
def _bare(folder: Path) -> Iterator[str]:
    """The framework alone with one static file, in a process of its own as the service is."""
    command = [sys.executable, "-c", _BARE, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
        finally:
            child.terminate()


_BARE = """
import asyncio, sys
from aiohttp import web

async def nothing(request):
    return web.Response(status=304)

async def main():
    app = web.Application()
    app.router.add_static("/static", sys.argv[1])
    app.router.add_get("/nothing", nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
