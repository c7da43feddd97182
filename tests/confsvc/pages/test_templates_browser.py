"""Templates, the trial run and a known clash in Chromium: accessible in light and dark, on a phone, by clicks."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from playwright.async_api import Browser, Page, expect

from confsvc.web import keys
from scheduler.booking.booking import Booked, GuestWish
from scheduler.local_time import LOCAL
from tests.browser import violations
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes
from tests.confsvc.pages.test_browser import closed, pytestmark, service, signed_in
from tests.confsvc.pages.test_find_time_browser import SIZES, fits

__all__ = ["closed", "pytestmark", "service"]
AT = datetime(2026, 12, 2, 8, tzinfo=LOCAL)


def meeting(service: Service, host: str, at: datetime, *codes: str) -> Booked:
    rules = service.app[keys.RULES]
    return service.database.write_now(
        scenes.booked, host, (host, *codes), at, now=service.now, rules=rules, guests=(GuestWish("Bà B", "b@x.vn"),)
    )


async def looked_at(page: Page, name: str) -> None:
    assert await violations(page, name) == []
    assert await fits(page), name
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=f"{folder}/{name.replace(' ', '-')}.png", full_page=True)


async def test_a_clerk_saves_picks_renames_and_deletes_a_template(service: Service, chromium: Browser) -> None:
    service.account("clerk", "booker", unit="STTTT")
    made = meeting(service, "STTTT", AT, "HHOA", "LNAM")
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/conferences/{made.key}")
    await page.click(f"[href='/templates/new?like={made.key}']")
    await page.fill("[name=template_name]", "Tập huấn quý")
    await page.click("main form .btn.main")
    await page.wait_for_url("**/templates")
    await page.goto(f"{service.url}/book")
    await page.select_option("#f-template", label="Tập huấn quý")
    await page.click("form.templates .btn")
    await page.wait_for_url("**/book?template=*")
    await expect(page.locator("[name=title]")).to_have_value("Tập huấn an toàn thông tin")
    for name, size in SIZES:
        for scheme in ("light", "dark"):
            other = await signed_in(chromium, service, viewport=size, color_scheme=scheme)
            for path, what in (("/templates", "list"), (f"/templates/new?like={made.key}", "name")):
                await other.goto(f"{service.url}{path}")
                await looked_at(other, f"{what} {name} {scheme}")
            await other.goto(page.url)
            await expect(other.locator("[data-verdict=free]")).to_be_visible()
            await looked_at(other, f"book {name} {scheme}")
            await other.context.close()
    await page.goto(f"{service.url}/templates")
    await page.click("main details summary")
    await page.fill("main [name=template_name]", "Tập huấn tháng")
    await page.click("main details .btn")
    await expect(page.locator("main table")).to_contain_text("Tập huấn tháng")
    await page.click("main [data-confirm]")
    await page.click("#confirm [data-agree]")
    await expect(page.locator(".empty")).to_be_visible()
    await page.context.close()


async def test_a_trial_run_that_does_not_fit_and_a_clash(service: Service, chromium: Browser) -> None:
    service.account("clerk", "booker", unit="STTTT")
    meeting(service, "SNV", AT - timedelta(hours=17), "HHOA")  # 15:00 of the day before
    meeting(service, "SYT", AT, "TYEN")
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/book?day=2026-12-02&start=08:00")
    await page.fill("[name=title]", "Họp giao ban")
    await page.select_option("[name=kind]", "briefing")
    await page.check("[name=form][value=online]")
    await page.get_by_role("checkbox", name="Hiệp Hòa").check()
    await page.fill("[name=guests]", "Bà B <b@x.vn>")
    await page.check("[name=trial]")
    await page.check("[name=no_secrets]")
    await page.check("[name=clash_confirmed]")
    await page.click(".actions [value=book]")
    await page.wait_for_url("**/conferences/*?trial=refused")
    here = page.url
    for name, size in SIZES:
        for scheme in ("light", "dark"):
            other = await signed_in(chromium, service, viewport=size, color_scheme=scheme)
            await other.goto(here)
            await expect(other.locator("#no-trial")).to_be_visible()
            await looked_at(other, f"no trial {name} {scheme}")
            await other.goto(f"{here.partition('?')[0]}/edit")
            await expect(other.locator("[data-clash]")).to_be_visible()
            assert await other.locator("[name=clash_confirmed]").count() == 0
            await looked_at(other, f"clash {name} {scheme}")
            await other.context.close()
    await page.click("#no-trial a")
    await page.wait_for_url("**/find-time?*")
    await page.context.close()
