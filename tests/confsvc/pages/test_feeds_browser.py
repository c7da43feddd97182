"""The pages of addresses, the week and the public timetable in Chromium: accessible, nothing wider than the screen."""

from __future__ import annotations

import os

import pytest
from playwright.async_api import Browser

from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, Service
from tests.confsvc.feeds.test_timetable import told

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("FEED_PICTURES", "")


@pytest.mark.parametrize("directory_url", ["sqlite"], indirect=True)
async def test_addresses_week_and_timetable_are_accessible(service: Service, chromium: Browser) -> None:
    await told(service)
    service.account("an", "admin", "leader", unit="STTTT", at=None)
    wrong: list[str] = []
    for width, dark in ((1280, False), (360, True)):
        context = await chromium.new_context(
            locale="vi-VN", viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        page = await context.new_page()

        async def looked(name: str) -> None:
            wrong.extend(await violations(page, name))  # noqa: B023
            too_wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")  # noqa: B023
            wrong.extend([f"{name} is too wide"] if too_wide else [])
            if PICTURES:
                await page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)  # noqa: B023

        await page.goto(f"{service.url}/sign-in?next=/directory/units/STTTT/feeds")
        await page.fill("[name=login]", "an")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/feeds")
        await looked("feeds-empty")
        await page.fill("[name=name]", "Điện thoại")
        await page.click("main form.form button")
        await page.wait_for_selector("#f-webcal")
        await looked("feeds-made")
        assert (await page.input_value("#f-webcal")).startswith("webcal://")
        if width == 1280:
            page.on("dialog", lambda dialog: dialog.accept())
            token = await page.get_attribute("meta[name=csrf-token]", "content") or ""
            answer = await page.request.post(
                f"{service.url}/directory/units/STTTT/timetable", form={"open": "yes", "csrf": token}
            )
            assert answer.ok
        await page.goto(f"{service.url}/directory/units/STTTT/week?day=2026-12-10")
        await looked("week")
        await page.goto(f"{service.url}/units/STTTT/timetable")
        await looked("timetable")
        await context.close()
    assert wrong == []
