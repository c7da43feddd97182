"""The sittings that the form offers, in a browser: accessible, within a phone, and one click books them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select, update

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.web import keys
from scheduler.models import Bridge, Conference
from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, Service, serving
from tests.confsvc.pages.scenes import DISTRICTS
from tests.confsvc.pages.test_book import room_keys
from tests.directory import load_default

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("CONFSVC_PICTURES")
"""A folder to which screenshots are written, for people who look at them."""


@pytest.fixture
async def service(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    """A host for five sites at once."""
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for running in serving(settings, database):
        database.write_now(lambda db: db.execute(update(Bridge).values(seats=5)))
        await running.app[keys.STANDING].read_again()
        running.account("clerk", "booker", unit="STTTT")
        yield running
    database.close()


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("desktop", 1280, "light"), ("phone", 360, "light"), ("dark", 1280, "dark")]
)
async def test_what_is_too_large_is_booked_in_sittings(
    chromium: Browser, service: Service, name: str, width: int, scheme: str
) -> None:
    viewport = {"width": width, "height": 900}
    context = await chromium.new_context(locale="vi-VN", color_scheme=scheme, viewport=viewport)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{service.url}/sign-in")
    await page.fill("[name=login]", "clerk")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    rooms = room_keys(service)
    given = {"title": "Tập huấn 10 huyện", "kind": "training", "form": "online", "main": rooms["STTTT"]}
    sites = [("sites", rooms[code]) for code in DISTRICTS]
    times = [("day", "2026-12-02"), ("start", "08:00"), ("end", "10:00")]
    await page.goto(f"{service.url}/book?{urlencode([*given.items(), *times, *sites])}")
    await page.check("[name=no_secrets]")
    offer = page.locator("[data-sittings]")
    await expect(offer).to_contain_text("3 phiên nối tiếp")
    await expect(offer.locator("li")).to_have_count(3)
    assert await violations(page, name) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"sittings-{name}.png", full_page=True)
    await offer.locator("button").click()
    await page.wait_for_url("**/series/*")
    assert len(service.database.read_now(lambda db: list(db.scalars(select(Conference.id))))) == 3
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"sittings-{name}-booked.png", full_page=True)
    await context.close()
