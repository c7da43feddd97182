"""A series in Chromium: booked by the keyboard alone, accessible in light and dark, on a phone."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page

from confsvc.web import keys
from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, Service
from tests.confsvc.pages import scenes
from tests.confsvc.pages.test_book import room_keys
from tests.confsvc.pages.test_browser import closed, pytestmark, service, signed_in, tab_to
from tests.confsvc.pages.test_find_time_browser import SIZES, fits

__all__ = ["closed", "pytestmark", "service"]
PICTURES = os.environ.get("CONFSVC_TEST_PICTURES")


async def test_a_series_is_booked_by_the_keyboard_and_looked_at(service: Service, chromium: Browser) -> None:
    at = service.now + timedelta(days=22)
    rules = service.app[keys.RULES]
    service.database.write_now(scenes.booked, "SNV", ("HHOA",), at, now=service.now, rules=rules)
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/book")
    await page.keyboard.type("Giao ban hằng tuần")
    await page.select_option("[name=kind]", "briefing")
    await page.check("[name=form][value=online]")
    await page.fill("[name=date]", "02/12/2026")
    await page.check(f"[name=sites][value='{room_keys(service)['HHOA']}']")
    await page.check("[name=no_secrets]")
    await page.focus("[name=end]")
    await tab_to(page, "[name=repeat]", 5)
    await page.keyboard.type("Hằng tuần")
    await page.wait_for_selector("[name=days]")
    await tab_to(page, "[name=days][value=WE]", 8)
    await page.keyboard.press("Space")
    await tab_to(page, "[name=times]", 8)
    await page.keyboard.type("14")
    await tab_to(page, "[name=main]", 8)
    await page.wait_for_selector("[data-series][data-fitting='13']")
    await tab_to(page, "#answer tr.bad button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-series][data-fitting='14']")
    assert await page.locator("tr.moved").count() == 1
    await tab_to(page, "[name=out]", 120)
    await page.keyboard.press("Space")
    await page.wait_for_selector("[data-series][data-fitting='13']")
    assert await page.evaluate("document.activeElement.name") == "out", "the focus stays where it was"
    for name, size in SIZES:
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert await violations(page, f"book {name} {scheme}") == []
            assert await fits(page), name
            if PICTURES:
                await page.screenshot(path=Path(PICTURES) / f"book-{name}-{scheme}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.emulate_media(color_scheme="light")
    await tab_to(page, "#answer .btn.main", 40)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/series/*")
    assert "Đã đăng ký 13 buổi" in str(await page.text_content("main") or "") + str(await page.text_content("body"))
    address = page.url
    for path in ("", "/edit?scope=all", "/cancel?scope=all"):
        for name, size in SIZES:
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                await page.goto(address + path)
                assert await violations(page, f"{path} {name} {scheme}") == []
                assert await fits(page), (path, name)
                if PICTURES:
                    shown = path.partition("?")[0].strip("/") or "series"
                    await page.screenshot(path=Path(PICTURES) / f"{shown}-{name}-{scheme}.png", full_page=True)
    assert page.mistakes == []  # type: ignore[attr-defined]
    await _looked_at_on_the_timeline_and_put_back(service, page, address)


async def _looked_at_on_the_timeline_and_put_back(service: Service, page: Page, address: str) -> None:
    """The sign of a series on the timeline, then the question that a date put back at short notice asks."""
    for view in ("day", "week", "list"):
        await _pictured(page, f"{service.url}/timeline?day=2026-12-09&view={view}", view)
    service.database.write_now(scenes.recorded, address.rpartition("/")[2], 3, 1)
    service.wait(days=7)
    await page.goto(f"{service.url}/timeline?day=2026-12-09")
    if "/sign-in" in page.url:
        await page.fill("[name=login]", "clerk")
        await page.fill("[name=password]", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/timeline**")
    await page.locator(f"a.again[href='{address.removeprefix(service.url)}']").first.click()
    await page.wait_for_url("**/series/*")
    await page.locator("button[form=back]").first.click()
    await page.wait_for_selector("#f-back_reason")
    await _pictured(page, "", "put-back")
    await page.fill("#f-back_reason", "Chỉ đạo của Chủ tịch")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Mọi người được mời lại")


async def _pictured(page: Page, address: str, name: str) -> None:
    for size_name, size in SIZES:
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if address:
                await page.goto(address)
            assert await violations(page, f"{name} {size_name} {scheme}") == []
            assert await fits(page), (name, size_name)
            if PICTURES:
                await page.screenshot(path=Path(PICTURES) / f"{name}-{size_name}-{scheme}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 900})
