"""Figures and administration in Chromium: accessibility, light and dark, a phone's width, the keyboard, no scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from confsvc.cli.calendar import load_calendar
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.web import keys
from rooms.fleet_queries import list_fleet
from rooms.pairing import start
from scheduler.calendar_acts import put_hours
from scheduler.local_time import local_day
from scheduler.work_calendar import USUAL_HOURS
from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, Service, serving
from tests.confsvc.pages.counted import add_example
from tests.confsvc.pages.scenes import booked, pair_all
from tests.directory import load_default

pytestmark = pytest.mark.browser
USUAL_HOURS_2027 = replace(USUAL_HOURS, valid_from=date(2027, 1, 1))


@pytest.fixture
async def service(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    """With something on every page: a year, letters, devices, a waiting code."""
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for running in serving(settings, database):
        database.write_now(add_example)
        load_calendar(database, running.now)
        database.write_now(put_hours, USUAL_HOURS_2027, "TB 12", actor="cli", now=running.now)
        database.write_now(pair_all, ("HHOA", "YTHE"), now=running.now - timedelta(seconds=70))
        database.write_now(
            booked, "STTTT", ("STTTT", "HHOA"), running.now + timedelta(hours=5), now=running.now,
            rules=running.app[keys.RULES],
        )  # fmt: skip
        running.account("admin", "admin", "operator", "auditor", "booker", unit="STTTT", at=None)
        yield running
    database.close()


async def _signed_in(chromium: Browser, service: Service, **context: Any) -> Page:
    page = await (await chromium.new_context(**context)).new_page()
    await page.goto(f"{service.url}/sign-in")
    await page.fill("[name=login]", "admin")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    return page


def _addresses(service: Service) -> list[str]:
    code = service.database.write_now(
        start, model="Chromium", app_version="0.1.0", address="10.0.0.9", now=service.now
    ).user_code
    rooms = service.database.read_now(list_fleet, local_day(service.now), unit_ids=None)
    room = next(row.room_key for row in rooms if row.unit_code == "HHOA")
    return [
        "/figures", "/figures/list", "/figures/list?what=expected", "/figures/method", "/figures/goals", "/outbox",
        "/outbox/1", "/endpoints", f"/endpoints/{room}", "/pair", f"/pair?c={code}", "/directory",
        "/directory/units/HHOA", "/directory/new-unit", "/directory/units/HHOA/retire", "/directory/import", "/users",
        "/rules/calendar", "/rules/calendar?year=2027&day=2027-02-08", "/rules/calendar?year=2045",
        "/users/new", "/users/1", "/audit", "/search?q=hiep+hoa", "/search",
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_accessible(service: Service, chromium: Browser, scheme: str) -> None:
    page = await _signed_in(chromium, service, color_scheme=scheme, bypass_csp=True)
    found = []
    for address in _addresses(service):
        answer = await page.goto(service.url + address)
        assert answer is not None and answer.status == 200, address
        found += await violations(page, address)
    assert found == []
    await page.context.close()


async def test_nothing_overflows_on_a_phone_and_nothing_is_inline(service: Service, chromium: Browser) -> None:
    page = await _signed_in(chromium, service, viewport={"width": 360, "height": 740})
    for address in _addresses(service):
        await page.goto(service.url + address)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, address
        assert await page.evaluate("document.querySelectorAll('[style], style, script:not([src])').length") == 0, (
            address
        )
    await page.context.close()


async def test_a_device_is_put_out_of_service_by_keyboard_after_a_question(service: Service, chromium: Browser) -> None:
    def live() -> bool:
        rooms = service.database.read_now(list_fleet, local_day(service.now), unit_ids=None)
        return any(row.endpoint_id is not None for row in rooms if row.unit_code == "HHOA")

    page = await _signed_in(chromium, service)
    await page.goto(service.url + next(a for a in _addresses(service) if a.startswith("/endpoints/")))
    await page.focus("[name=reason]")
    await page.keyboard.type("máy hỏng")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert "Hiệp Hòa không tự động vào phòng họp" in str(await page.text_content("dialog[open]"))
    await page.keyboard.press("Escape")
    assert live()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".flash.warn")
    assert not live()
    await page.context.close()


async def test_without_scripts_figures_are_chosen_and_a_user_is_added(service: Service, chromium: Browser) -> None:
    page = await _signed_in(chromium, service, java_script_enabled=False)
    await page.goto(f"{service.url}/figures")
    await page.select_option("[name=group]", "agency")
    await page.click("main form button")
    assert "4 trên 7" in " ".join(str(await page.text_content(".verdict")).split())
    await page.goto(f"{service.url}/users/new")
    await page.fill("[name=name]", "Trần Thị Lan")
    await page.fill("#f-login", "lan")
    await page.click("main .btn.main")
    assert "/password/" in str(await page.text_content("main"))
    await page.context.close()
