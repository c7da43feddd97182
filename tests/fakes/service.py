"""The whole service inside a test: the real application on a real socket, a simulated Jitsi, a mail server, one clock.

    async with Service(url, folder, starts=at) as service:
        halls = await service.pair("STTTT", "HHOA")
        made = await service.book(sites=["STTTT", "HHOA"], …)
        await service.move_to(at + timedelta(hours=1))   # everything that comes due on the way happens at its time

Time stands still unless it is moved: the service, the video host and the halls read the same clock.
"""

from __future__ import annotations

import asyncio
import html
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc.accounts import add_account, add_grant
from confsvc.app import make_app
from confsvc.config import BridgeSection, DatabaseSection, Mail, Settings, Smtp
from confsvc.config import Service as Listening
from confsvc.database import Database
from confsvc.jobs import Jobs
from confsvc.parts import JOBS
from confsvc.tokens import add_token
from confsvc.web.callbacks import SPAWNED, VIDEOS
from confsvc.web.endpoint import AGENDA
from rooms.pairing import WrongCodes, confirm
from rooms.place_queries import RoomOn, list_rooms
from rooms.queries import find_unit
from scheduler.conduct.agenda import agenda_bytes, etag
from scheduler.conduct.queries import find_next_due
from scheduler.local_time import local_day
from scheduler.models import Effect
from tests.fakes.hall import Hall
from tests.fakes.jitsi import CALLBACK_SECRET, SECRET, SimulatedJitsi, until
from tests.fakes.smtp_sink import SmtpSink

STRIDE = timedelta(minutes=5)
MOST_ROUNDS = 30


class MovedClock:
    """``clock()`` is the time; only its owner moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.at


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """``url``: a database with the default directory. ``clock`` left out: one that stands at ``starts``.

    ``ringing``: the service's own bell rings, as in production; for stories on the real clock. ``video``: settings of
    the simulated Jitsi.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        starts: datetime | None = None,
        clock: Callable[[], datetime] | None = None,
        ringing: bool = False,
        times: Mapping[str, int] | None = None,
        **video: Any,
    ) -> None:
        if (starts is None) == (clock is None):
            raise ValueError("either a time to start at or a clock")
        self.moved = MovedClock(starts) if starts else None
        self.clock: Callable[[], datetime] = clock or self.moved  # type: ignore[assignment]
        self.database_url, self.folder, self.ringing, self.times = url, folder, ringing, dict(times or {})
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sink = SmtpSink()
        self.jitsi = SimulatedJitsi(f"{self.url}/jitsi/sim", callback_secret=CALLBACK_SECRET, now=self.clock, **video)
        self.halls: list[Hall] = []
        self.app: web.Application
        self.database: Database
        self._stack = AsyncExitStack()
        self._runner: web.AppRunner | None = None
        self._killed: list[tuple[web.AppRunner, Database]] = []

    # Its life

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.sink)
        await self._stack.enter_async_context(self.jitsi)
        self.http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._stack.push_async_callback(self._end)
        await self.start()
        await self._make_clerk()
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._stack.aclose()

    async def _end(self) -> None:
        for hall in self.halls:
            await hall.close()
        await self.stop()
        for runner, database in self._killed:
            await runner.cleanup()
            database.close()

    async def start(self) -> None:
        """Open the database and serve."""
        self.database = Database(self.database_url)
        self.app = make_app(self._settings(), self.database, now=self.clock, ringing=self.ringing)
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1, handler_cancellation=False)
        await self._runner.setup()
        for video in self.app[VIDEOS].values():
            video.client._prosody._sleep = _no_wait  # its pauses would be real time
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        """End in good order."""
        if self._runner is not None:
            await self._runner.cleanup()
            self.database.close()
            self._runner = None

    async def kill(self) -> None:
        """As if the power went: sockets are cut, nothing is said or written any more."""
        runner, self._runner = self._runner, None
        assert runner is not None and runner.server is not None
        for site in list(runner.sites):
            await site.stop()
        for connection in list(runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()
        self.app[JOBS].stopping = True
        self._killed.append((runner, self.database))
        await until(lambda: all(hall._ws is None for hall in self.halls))

    def _settings(self) -> Settings:
        secrets = {"secret_file": SECRET, "callback_secret_file": CALLBACK_SECRET}
        for name, value in secrets.items():
            (self.folder / name).write_text(value, "utf-8")
        bridge = BridgeSection(
            name="sim", base_url=self.jitsi.url, domain=self.jitsi.config.domain,
            muc_domain=self.jitsi.config.muc_domain, simulated=True, **{name: self.folder / name for name in secrets},
        )  # fmt: skip
        return Settings(
            service=Listening(port=self.port, var=self.folder), database=DatabaseSection(url=self.database_url),
            mail=Mail(domain="bacgiang.example", smtp=Smtp(host=self.sink.host, port=self.sink.port, tls="none")),
            times=self.times, bridges=[bridge],
        )  # fmt: skip

    # Time

    async def move_to(self, moment: datetime, stride: timedelta = STRIDE) -> None:
        """Move the clock, stopping wherever somebody has something to do, and at least every ``stride``."""
        assert self.moved is not None
        while self.moved.at < moment:
            self.moved.at = min([moment, self.moved.at + stride, *await self._moments()])
            await self.settle()

    async def advance(self, seconds: float, stride: timedelta = STRIDE) -> None:
        await self.move_to(self.clock() + timedelta(seconds=seconds), stride)

    async def settle(self) -> None:
        """Let everybody do what is due now, until nobody has anything to do."""
        for _ in range(MOST_ROUNDS):
            self.jitsi.host.advance()
            before = [(hall.inside, hall._ws is None) for hall in self.halls]
            await asyncio.gather(*(hall.act() for hall in self.halls))
            worked = 0
            if self._runner is not None:
                await self.jitsi.quiet()
                await asyncio.gather(*(hall.flush() for hall in self.halls if hall.line))
                await self.app[SPAWNED].finish()
                worked = await self.jobs.advance_due() + await self.jobs.drain()
                await self.jobs.run_rounds()
                await self.jitsi.quiet()
            if not worked and before == [(hall.inside, hall._ws is None) for hall in self.halls]:
                return
        raise AssertionError("somebody always finds something to do")

    async def _moments(self) -> list[datetime]:
        found = [moment for hall in self.halls for moment in hall.moments()]
        if self._runner is not None:
            found += await self.database.read(_due)
        found += [due for due, _ in self.jitsi.host._due()]
        return [moment for moment in found if moment > self.clock()]

    async def told(self) -> None:
        """Wait until every hall that is connected has heard of its agenda as it is now, without having asked."""

        def want() -> dict[str, str]:
            source, now = self.app[AGENDA], self.clock()
            return {
                hall.key: etag(agenda_bytes(self.database.read_now(source.body, self._ids[hall.key], now)))
                for hall in self.halls
                if hall._ws is not None
            }

        wanted = await asyncio.to_thread(want)
        await until(lambda: all(hall.etag == wanted.get(hall.key, hall.etag) for hall in self.halls))

    @property
    def jobs(self) -> Jobs:
        return self.app[JOBS]

    # People

    async def _make_clerk(self) -> None:
        self.token = await self.database.write(_clerk, now=self.clock())
        rooms = await self.database.read(list_rooms, local_day(self.clock()))
        self.rooms: dict[str, RoomOn] = {room.unit_code: room for room in rooms}
        self._ids: dict[str, int] = {}

    async def api(
        self, method: str, path: str, body: Any = None, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Any:
        """A call of the JSON API as the clerk; its answer, which must have ``status``."""
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        async with self.http.request(method, f"{self.url}/api/v1{path}", json=body, headers=sent) as response:
            answer = await response.json()
            assert response.status == status, (response.status, answer)
            return answer

    async def page(self, path: str) -> str:
        """A page as the clerk sees it."""
        async with self.http.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.token}"}) as response:
            assert response.status == 200, (path, response.status)
            return html.unescape(await response.text())

    async def book(self, *units: str, idempotency_key: str | None = None, status: int = 201, **wish: Any) -> Any:
        """Book the halls of these offices, the first as the main site."""
        body = {
            "title": "Tập huấn an toàn thông tin", "kind": "training", "form": "online", "no_secrets": True,
            "sites": [self.rooms[unit].key for unit in units], "short_notice_reason": "Theo chỉ đạo của UBND tỉnh",
            **{name: value.isoformat() if isinstance(value, datetime) else value for name, value in wish.items()},
        }  # fmt: skip
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return await self.api("POST", "/conferences", body, status=status, headers=headers)

    async def pair(self, *units: str) -> list[Hall]:
        """Put a device into the hall of each office: it shows a code, an operator confirms it, it connects."""
        for unit in units:
            hall = Hall(self.http, self.url, self.clock, self.jitsi, unit)

            async def confirmed(code: str, unit: str = unit) -> None:
                await self.database.write(
                    confirm, code, self.rooms[unit].key, limit=WrongCodes(), actor="cli", now=self.clock()
                )

            await hall.pair(confirmed)
            await hall.connect()
            self.halls.append(hall)
        rooms = await self.database.read(list_rooms, local_day(self.clock()))
        self._ids = {room.endpoint_key: room.endpoint_id for room in rooms if room.endpoint_key and room.endpoint_id}
        return self.halls[-len(units) :]

    async def rows(self, model: Any, *where: Any, order: Any = None) -> list[Any]:
        """Rows of a table, as the test wants to see them."""

        def found(db: Session) -> list[Any]:
            query = select(model).where(*where).order_by(order if order is not None else model.id)
            return list(db.scalars(query))

        return await self.database.read(found)


async def _no_wait(_seconds: float) -> None:
    return None


def _due(db: Session) -> Iterable[datetime]:
    owed = db.scalar(select(func.min(Effect.due)).where(Effect.state == "owed"))
    return [moment for moment in (find_next_due(db), owed) if moment is not None]


def _clerk(db: Session, *, now: datetime) -> str:
    """An account of Sở TT&TT that books for its office, and its key for programs."""
    unit = find_unit(db, "STTTT", local_day(now))
    assert unit is not None
    account = add_account(db, "vanthu.stttt", "Văn thư Sở TT&TT", actor="cli", now=now, unit_id=unit.id)
    add_grant(db, account, "booker", actor="cli", now=now, unit_id=unit.id)
    made = add_token(db, account, "stories", ["read", "book"], expires=now + timedelta(days=365), by="cli", now=now)
    return made.token
