"""A conference that runs, looked at in a browser: nothing overflows, nothing is inaccessible, a button extends it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser

from confsvc.config import Settings
from confsvc.database import Database
from scheduler.models import Conference
from tests.browser import violations
from tests.confsvc.conftest import Service, serving
from tests.confsvc.pages import scenes
from tests.confsvc.pages.test_browser import signed_in
from tests.confsvc.pages.test_running import row, rules_of, running
from tests.directory import load_default

pytestmark = pytest.mark.browser


@pytest.fixture
async def service(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    """The service over SQLite: what the browser does is the same on both."""
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for served in serving(settings, database):
        yield served
    database.close()


@pytest.fixture(autouse=True)
async def closed(service: Service, chromium: Browser) -> AsyncIterator[None]:
    """Its windows are closed while the service still answers."""
    yield
    for context in chromium.contexts:
        await context.close()


@pytest.fixture
def key(service: Service) -> str:
    """Eight minutes before its end, with a neighbour who wants a hall half an hour after it."""
    found = running(service)
    ends = row(service, found).ends
    service.database.write_now(
        scenes.booked, "SNV", ("SNV", "HHOA"), ends + timedelta(minutes=50), now=service.now - timedelta(days=2),
        rules=rules_of(service),
    )  # fmt: skip
    service.wait(minutes=int((ends - service.now).total_seconds() // 60) - 8)
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
async def test_the_line_before_the_end_is_readable_everywhere(
    service: Service, chromium: Browser, key: str, scheme: str, width: int
) -> None:
    page = await signed_in(chromium, service, color_scheme=scheme, viewport={"width": width, "height": 900})
    found = []
    for path in (f"/conferences/{key}", f"/conferences/{key}/end"):
        await page.goto(service.url + path)
        found += await violations(page, f"{path} {scheme} {width}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert found == []


async def test_a_quarter_of_an_hour_more_is_one_click(service: Service, chromium: Browser, key: str) -> None:
    page = await signed_in(chromium, service)
    before: Conference = row(service, key)
    await page.goto(f"{service.url}/conferences/{key}")
    await page.get_by_role("button", name="Kéo dài 15 phút").click()
    await page.wait_for_selector("text=Cuộc họp kéo dài đến")
    assert row(service, key).ends == before.ends + timedelta(minutes=15)
