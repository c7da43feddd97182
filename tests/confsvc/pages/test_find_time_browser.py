"""Find a time and the ways out in Chromium: accessible in light and dark, on a phone, and by the keyboard."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from playwright.async_api import Browser, Page

from confsvc.web import keys
from scheduler.booking.booking import GuestWish
from tests.browser import violations
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes
from tests.confsvc.pages.test_book import room_keys
from tests.confsvc.pages.test_browser import closed, pytestmark, service, signed_in

__all__ = ["closed", "pytestmark", "service"]
SIZES = (("desk", {"width": 1280, "height": 900}), ("phone", {"width": 360, "height": 740}))


def busy(service: Service) -> None:
    """Wednesday 2 December: a full morning of some districts, and a guest who sits elsewhere."""
    rules = service.app[keys.RULES]
    for number, code in enumerate(scenes.DISTRICTS[:6]):
        at = service.now + timedelta(days=8, hours=number / 2)
        service.database.write_now(scenes.booked, "SNV", (code,), at, now=service.now, rules=rules)
    at = service.now + timedelta(days=8)
    guests = (GuestWish("Bà B", "b@x.vn"),)
    service.database.write_now(scenes.booked, "SNV", ("SNV",), at, now=service.now, rules=rules, guests=guests)


def address(service: Service) -> str:
    rooms = room_keys(service)
    codes = ("STTTT", *scenes.DISTRICTS)
    query = [("sites", rooms[code]) for code in codes] + [("optional", rooms["SDONG"]), ("people", "Bà B <b@x.vn>")]
    return f"/find-time?{urlencode([*query, ('day', '2026-12-02'), ('days', '3')])}"


async def fits(page: Page) -> bool:
    """Nothing makes the page itself wider than the window."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


async def test_the_answer_is_accessible_and_fits_a_phone(service: Service, chromium: Browser) -> None:
    busy(service)
    for name, size in SIZES:
        for scheme in ("light", "dark"):
            page = await signed_in(chromium, service, viewport=size, color_scheme=scheme)
            await page.goto(service.url + address(service))
            assert await violations(page, f"find-time {name} {scheme}") == []
            assert await fits(page), name
            assert page.mistakes == []  # type: ignore[attr-defined]
            await page.context.close()


async def test_a_time_is_found_and_booked_by_the_keyboard(service: Service, chromium: Browser) -> None:
    busy(service)
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/book")
    await page.fill("[name=title]", "Giao ban")
    await page.fill("[name=date]", "02/12/2026")
    await page.check(f"[name=sites][value='{room_keys(service)['YTHE']}']")
    await page.focus("text=Tìm giờ mọi điểm cầu cùng rảnh")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/find-time?*")
    await page.focus(".all td a")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/book?*")
    assert await page.input_value("[name=title]") == "Giao ban"
    assert await page.get_attribute("#answer [data-verdict]", "data-verdict") == "free"


async def test_a_way_out_is_one_click_and_the_refusal_is_accessible(service: Service, chromium: Browser) -> None:
    busy(service)
    for name, size in SIZES:
        page = await signed_in(chromium, service, viewport=size)
        rooms = room_keys(service)
        query = [("sites", rooms["STTTT"]), ("sites", rooms["TPBG"]), ("sites", rooms["HHOA"])]
        more = [("day", "2026-12-02"), ("start", "08:00"), ("end", "10:00"), ("guests", "Bà B <b@x.vn>")]
        await page.goto(f"{service.url}/book?{urlencode([*query, *more])}")
        assert await page.get_attribute("#answer [data-verdict]", "data-verdict") == "taken"
        assert await violations(page, f"ways out {name}") == []
        assert await fits(page), name
        await page.click("button[name=set] >> nth=0")
        await page.wait_for_selector("[data-verdict=free]")
        assert await page.input_value("[name=start]") != "08:00"
        await page.context.close()
