"""One serving process of the service whose time stands still, over a database that is there: ``python -m
tests.stories.serving URL PORT FOLDER TIME SEATS``. It says "ready" and serves until its input ends."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from aiohttp import web

from confsvc.app import SERVING, make_app
from confsvc.config import BridgeSection, DatabaseSection, Settings
from confsvc.config import Service as Listening
from confsvc.database import Database


async def serve(url: str, port: int, folder: Path, at: datetime, seats: int) -> None:
    secrets = {name: folder / name for name in ("secret_file", "callback_secret_file")}
    for path in secrets.values():
        path.write_text("a secret of the simulated host", "utf-8")
    bridge = BridgeSection(
        name="sim", base_url="http://127.0.0.1:9", domain="meet.example", muc_domain="conference.meet.example",
        simulated=True, seats=seats, **secrets,
    )  # fmt: skip
    settings = Settings(
        service=Listening(port=port, var=folder), database=DatabaseSection(url=url), bridges=[bridge]
    )  # fmt: skip
    database = Database(url)
    runner = web.AppRunner(make_app(settings, database, now=lambda: at, running=SERVING), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()
    database.close()


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(serve(given[0], int(given[1]), Path(given[2]), datetime.fromisoformat(given[3]), int(given[4])))
