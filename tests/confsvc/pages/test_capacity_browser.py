"""The pages of capacity in a browser: accessible, within a phone, and the picture of a site chosen in the form."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select, update

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.web import keys
from rooms.models import Line, Room
from rooms.place_queries import list_rooms
from scheduler.booking.place.closures import ClosureWish, add_closure
from scheduler.local_time import instant, local_day
from scheduler.models import Bridge
from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, Service, serving
from tests.confsvc.pages.scenes import booked
from tests.directory import load_default

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("CONFSVC_PICTURES")
"""A folder to which screenshots are written, for people who look at them."""


@pytest.fixture
async def service(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    """A small host, a measured line, something booked, something closed."""
    database = Database(sqlite_url)
    database.write_now(load_default)
    database.write_now(lambda db: db.execute(update(Line).values(kbps_up=1000, kbps_down=8000)))
    async for running in serving(settings, database):
        database.write_now(lambda db: db.execute(update(Bridge).values(seats=6)))
        await running.app[keys.STANDING].read_again()
        soon = instant(local_day(running.now) + timedelta(days=1)) + timedelta(hours=8)
        database.write_now(
            booked, "STTTT", ("STTTT", "HHOA"), soon, now=running.now, rules=running.app[keys.RULES]
        )  # fmt: skip
        room = next(r.id for r in database.read_now(list_rooms, local_day(running.now)) if r.unit_code == "YTHE")
        wish = ClosureWish("maintenance", "Thay máy chiếu", soon, soon + timedelta(hours=9), (room,))
        database.write_now(add_closure, wish, actor="cli", now=running.now)
        running.account("admin", "admin", "operator", "booker", unit="STTTT", at=None)
        yield running
    database.close()


async def _signed_in(chromium: Browser, service: Service, **context: Any) -> Page:
    page = await (await chromium.new_context(locale="vi-VN", **context)).new_page()
    await page.goto(f"{service.url}/sign-in")
    await page.fill("[name=login]", "admin")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    return page


def _addresses(service: Service) -> dict[str, str]:
    day = local_day(service.now) + timedelta(days=1)
    line = service.database.read_now(
        lambda db: db.scalar(select(Room.line_id).join(Line, Line.id == Room.line_id).order_by(Room.id))
    )
    asked = f"groups=district&date={day:%d/%m/%Y}&start=13:30&end=15:00"
    return {
        "profiles": "/rules/profiles", "closures": "/closures", "line": f"/directory/lines/{line}?day={day}",
        "what-if": f"/what-if?{asked}", "what-if-empty": "/what-if", "timeline": f"/timeline?day={day}",
        "timeline-week": f"/timeline?day={day}&view=week", "endpoints": "/endpoints", "book": "/book",
    }  # fmt: skip


async def _keep(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_accessible(service: Service, chromium: Browser, scheme: str) -> None:
    page = await _signed_in(chromium, service, color_scheme=scheme, bypass_csp=True)
    found = []
    for name, address in _addresses(service).items():
        answer = await page.goto(service.url + address)
        assert answer is not None and answer.status == 200, address
        found += await violations(page, address)
        await _keep(page, f"{name}-{scheme}")
    assert found == []
    await page.context.close()


async def test_nothing_overflows_on_a_phone_and_nothing_is_inline(service: Service, chromium: Browser) -> None:
    page = await _signed_in(chromium, service, viewport={"width": 360, "height": 740})
    for name, address in _addresses(service).items():
        await page.goto(service.url + address)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, address
        assert await page.evaluate("document.querySelectorAll('[style], style, script:not([src])').length") == 0, (
            address
        )
        await _keep(page, f"{name}-phone")
    await page.context.close()


async def test_the_answer_says_the_pictures_and_follows_the_choice(service: Service, chromium: Browser) -> None:
    page = await _signed_in(chromium, service)
    await page.goto(f"{service.url}/book")
    await page.fill("#f-title", "Giao ban")
    await page.check("[name=sites] >> nth=2")
    await page.dispatch_event("[name=sites] >> nth=2", "change")
    pictures = page.locator("[data-pictures]")
    await pictures.wait_for()
    assert "360p" in str(await pictures.text_content())
    assert await page.locator("[data-buffer]").count() == 1
    await page.select_option("#f-top_profile", "audio")
    await expect(pictures).to_contain_text("chỉ âm thanh")
    await expect(pictures).not_to_contain_text("360p")
    await _keep(page, "book-audio")
    await page.context.close()
