"""Twelve sites: one real room screen in Chromium and eleven scripted endpoints, on the running clock."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.accounts import add_account, add_grant
from confsvc.passwords import Passwords
from confsvc.web.routes import ROUTES
from rooms.pairing import WrongCodes, confirm
from scheduler.conduct.advance import finish
from scheduler.models import Fact
from tests.browser import watched
from tests.fakes.jitsi import until
from tests.fakes.service import Service
from tests.stories.day import TWELVE, attendance, conference

pytestmark = pytest.mark.browser

KIOSK, LATE = "LNGAN", "SDONG"
SECOND = timedelta(seconds=1)


class RunningClock:
    """The machine's clock, which may be put forward."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def forward_to(self, moment: datetime) -> None:
        self.offset += moment - self()


@pytest.fixture
async def service(filled_sqlite: Path, tmp_path: Path, folder: Path) -> AsyncIterator[Service]:
    url = f"sqlite:///{shutil.copy(filled_sqlite, tmp_path / 'story.sqlite3')}"
    times = {"endpoint_lead": 1, "jitter": 0}
    async with Service(url, folder, clock=RunningClock(), ringing=True, times=times) as running:
        yield running


async def eventually(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """For what a browser does in its own time."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.05)


@asynccontextmanager
async def acting(service: Service) -> AsyncIterator[None]:
    """The scripted endpoints do what is due, ten times a second."""

    async def act() -> None:
        while True:
            await asyncio.gather(*(hall.act() for hall in service.halls))
            await asyncio.sleep(0.1)

    task = asyncio.create_task(act())
    try:
        yield
    finally:
        if not task.cancel():
            await task  # it has failed: that is why the story did
        await asyncio.gather(task, return_exceptions=True)


async def test_twelve_sites_one_of_them_a_browser(service: Service) -> None:
    async with watched() as (context, asked), acting(service):
        page = await _paired(service, context)
        await service.pair(*(unit for unit in TWELVE if unit != KIOSK))
        key, joins = await _booked(service)
        await _joins_by_itself(service, page, joins)
        await _comes_back(service, page)
        await _late_and_over(service, page, key)
    await _record(service, key)
    _asked_only_us(service, asked)


async def _paired(service: Service, context: BrowserContext) -> Page:
    """Somebody opens the page in the hall; an operator confirms the code on it. Nobody touches it after that."""
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    await page.goto(f"{service.url}/kiosk")
    shown = await page.locator("[data-put=code]", has_text=re.compile(r"\w{4}-\w{4}")).inner_text(timeout=20_000)
    room, limit = service.rooms[KIOSK].key, WrongCodes()
    await service.database.write(confirm, shown, room, limit=limit, actor="cli", now=service.clock())
    await page.wait_for_selector("body[data-phase=idle]", state="attached", timeout=20_000)
    assert problems == []
    return page


async def _booked(service: Service) -> tuple[str, datetime]:
    """For a start that makes the devices join in a few seconds."""
    starts = service.clock().replace(microsecond=0) + timedelta(minutes=1, seconds=12)
    made = await service.book(*TWELVE, starts=starts, ends=starts + timedelta(hours=1))
    await until(lambda: all(hall.has(made["key"]) for hall in service.halls))
    return str(made["key"]), starts - timedelta(minutes=1)


def _there(service: Service, user: str) -> bool:
    rooms = service.jitsi.host.rooms.values()
    return any(str(one.user.get("name", "")).startswith(user) for room in rooms for one in room.occupants.values())


async def _joins_by_itself(service: Service, page: Page, joins: datetime) -> None:
    late = next(hall for hall in service.halls if hall.unit == LATE)
    await late.cut()
    name = service.rooms[KIOSK].unit_short
    await eventually(lambda: _there(service, name))
    after = service.clock() - joins
    assert timedelta(0) <= after <= 5 * SECOND, f"the room screen was in {after} after its time"
    await page.wait_for_selector("body[data-phase=meeting]", state="attached", timeout=20_000)
    assert await page.locator("[data-put=simulated]").is_visible()
    await eventually(lambda: len(service.jitsi.occupants(*service.jitsi.host.rooms)) == 11)


async def _comes_back(service: Service, page: Page) -> None:
    """The page is loaded again in the middle of it."""
    (room,) = service.jitsi.host.rooms.values()
    name = service.rooms[KIOSK].unit_short

    def mine() -> set[str]:
        return {one.jid for one in room.occupants.values() if str(one.user.get("name", "")).startswith(name)}

    before = mine()
    await page.reload()
    await page.wait_for_selector("body[data-phase=meeting]", state="attached", timeout=20_000)
    await eventually(lambda: bool(mine() - before))


async def _late_and_over(service: Service, page: Page, key: str) -> None:
    """A quarter of an hour on, one more comes; twenty minutes on, the organiser ends it, and everybody leaves."""
    row = await conference(service, key)
    assert isinstance(service.clock, RunningClock)
    service.clock.forward_to(row.starts + timedelta(minutes=8, seconds=30))
    service.jitsi.host.advance()
    late = next(hall for hall in service.halls if hall.unit == LATE)
    await late.mend()
    assert late.inside == key
    service.clock.forward_to(row.starts + timedelta(minutes=20))
    await eventually(lambda: service.jobs.last_tick is not None and service.jobs.last_tick >= row.starts)
    row = await conference(service, key)
    assert row.state == "open"
    timing = service.jobs.timing
    await service.database.write(finish, key, version=row.version, actor="cli", now=service.clock(), timing=timing)
    await page.wait_for_selector("body[data-phase=idle]", state="attached", timeout=20_000)
    await eventually(lambda: not service.jitsi.host.rooms)
    await eventually(lambda: all(hall.inside is None for hall in service.halls))
    await service.jitsi.quiet()
    service.clock.forward_to((await conference(service, key)).ends + timedelta(minutes=6))
    await service.jobs.tick()


async def _record(service: Service, key: str) -> None:
    """What the video host saw, worked out anew from its own events: first joined, last left, and the second count."""
    row = await conference(service, key)
    assert (row.state, row.ended_by, row.outcome) == ("recorded", "organiser", "held")
    ran = int((row.ends - row.starts).total_seconds())
    assert 1200 <= ran <= 1240
    seen = await _seen_by_host(service)
    lines = await attendance(service, key)
    assert set(lines) == set(TWELVE) == set(seen)
    for unit, line in lines.items():
        joined, left = seen[unit]
        assert joined >= row.starts - timedelta(minutes=1)
        assert line.first is not None and timedelta(0) <= line.first - joined < SECOND, unit
        assert line.last is not None and timedelta(0) <= line.last - left < 5 * SECOND, unit  # or its own word for it
        late = max(0, int((joined - row.starts).total_seconds()))
        assert line.seconds == ran - late, unit
        assert (line.mode, line.evidence) == ("online", "auto")
    assert 510 <= ran - lines[LATE].seconds < 520 and lines[KIOSK].seconds == ran


async def _seen_by_host(service: Service) -> dict[str, tuple[datetime, datetime]]:
    """By office: the first time its device joined and the last time it left, as the video host told us."""

    def read(db: Session) -> dict[str, tuple[datetime, datetime]]:
        units = {f"endpoint:{hall.key}": hall.unit for hall in service.halls}
        times: dict[str, tuple[list[datetime], list[datetime]]] = {}
        kinds = ("occupant.joined", "occupant.left")
        for fact in db.scalars(select(Fact).where(Fact.kind.in_(kinds))):
            joins, leaves = times.setdefault(units.get(fact.data["device"], KIOSK), ([], []))
            (joins if fact.kind == "occupant.joined" else leaves).append(fact.at)
        return {unit: (min(joins), max(leaves)) for unit, (joins, leaves) in times.items()}

    return await service.database.read(read)


def _asked_only_us(service: Service, asked: list[str]) -> None:
    ours = (service.url, service.jitsi.url)
    allowed = (*ours, *(url.replace("http:", "ws:") for url in ours), "data:", "blob:", "about:")
    assert [url for url in asked if not url.startswith(allowed)] == []
    assert any(url.startswith(service.jitsi.url) for url in asked)
    assert any(url.startswith("ws:") for url in asked)


PASSWORD = "mot-mat-khau-dai-2026"


async def test_staff_pages_ask_nobody_else(service: Service) -> None:
    """Every page of the map that needs no key in its address, opened by somebody who may see all of them."""
    hashed = await Passwords().hash(PASSWORD)

    def admin(db: Session) -> None:
        account = add_account(db, "quantri", "Quản trị", actor="cli", now=service.clock(), password_hash=hashed)
        for function in ("admin", "operator", "booker", "auditor", "reporter"):
            add_grant(db, account, function, actor="cli", now=service.clock())

    await service.database.write(admin)
    made = await service.book("STTTT", "LNGAN", starts=service.clock() + timedelta(hours=3),
                              ends=service.clock() + timedelta(hours=4))  # fmt: skip
    paths = [route.path for route in ROUTES if route.method == "GET" and "{" not in route.path]
    other = ("/api", "/jitsi", "/metrics", "/health", "/kiosk")
    pages = [path for path in paths if not path.startswith(other) and "." not in path]
    given = {"/rules/change": "?what=notice_days", "/templates/new": f"?like={made['key']}"}
    no_pages = ("/sign-in", "/plan-export")  # the second is a file
    pages = [path + given.get(path, "") for path in pages if path not in no_pages] + [made["url"]]
    problems: list[str] = []
    async with watched() as (context, asked):
        page = await context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(f"{service.url}/sign-in")
        await page.fill("input[name=login]", "quantri")
        await page.fill("input[name=password]", PASSWORD)
        await page.press("input[name=password]", "Enter")
        await page.wait_for_url(f"{service.url}/")
        statuses: dict[str, Any] = {}
        for path in pages:
            response = await page.goto(f"{service.url}{path}")
            statuses[path] = response.status if response else None
        assert set(statuses.values()) <= {200, 204}, {p: s for p, s in statuses.items() if s != 200}
    assert len(pages) > 8
    assert problems == []
    allowed = (service.url, service.url.replace("http:", "ws:"), "data:", "blob:", "about:")
    assert [url for url in asked if not url.startswith(allowed)] == []
