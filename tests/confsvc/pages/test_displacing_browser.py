"""An emergency and a storm in Chromium: accessible in light and dark, on a phone; confirmed and answered by clicks."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from playwright.async_api import Browser, expect
from sqlalchemy.orm import Session

from confsvc.web import keys
from scheduler.booking.booking import Booked
from scheduler.booking.giving_way.preempt import Preempted, preempt
from scheduler.booking.giving_way.rivals import Consent
from tests.browser import violations
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes
from tests.confsvc.pages.test_book import room_keys
from tests.confsvc.pages.test_browser import closed, pytestmark, service, signed_in
from tests.confsvc.pages.test_find_time_browser import SIZES, fits

__all__ = ["closed", "pytestmark", "service"]
WEEK = timedelta(days=8)


def office(service: Service) -> None:
    """Somebody who books and approves for every office, under the login of these tests."""
    service.account("clerk", "booker", "approver", unit="STTTT", at=None)


def hold(service: Service) -> Booked:
    rules, codes = service.app[keys.RULES], ("SNV", "HHOA", "LNAM")
    return service.database.write_now(
        scenes.booked, "SNV", codes, service.now + WEEK, now=service.now, rules=rules, kind="training"
    )


def displaced(service: Service) -> Booked:
    lost, rules = hold(service), service.app[keys.RULES]

    def work(db: Session) -> Preempted:
        wish = scenes.wish(db, "STTTT", ("STTTT", "HHOA"), service.now + WEEK, kind="emergency", clash_confirmed=True)
        return preempt(db, wish, Consent(frozenset([lost.key])), actor="account:1", now=service.now, rules=rules)

    service.database.write_now(work)
    return lost


async def test_the_offer_is_accessible_and_taken_by_a_click(service: Service, chromium: Browser) -> None:
    office(service)
    hold(service)
    rooms = room_keys(service)
    query = [("sites", rooms[code]) for code in ("STTTT", "HHOA", "TPBG")]
    query += [("kind", "emergency"), ("form", "online"), ("day", "2026-12-02"), ("start", "08:00"), ("end", "10:00")]
    for name, size in SIZES:
        for scheme in ("light", "dark"):
            page = await signed_in(chromium, service, viewport=size, color_scheme=scheme)
            await page.goto(f"{service.url}/book?{urlencode([*query, ('title', 'Họp khẩn chống lũ')])}")
            await expect(page.locator("[data-offer]")).to_be_visible()
            assert await violations(page, f"offer {name} {scheme}") == []
            assert await fits(page), name
            await page.locator("[data-offer]").scroll_into_view_if_needed()
            await page.context.close()
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/book?{urlencode([*query, ('title', 'Họp khẩn chống lũ')])}")
    await page.check("[name=no_secrets]")
    await page.wait_for_selector("[data-offer]")
    await page.click("[formaction='/book/displace']")
    await page.wait_for_url("**/conferences/*")
    await expect(page.locator("#took")).to_be_visible()


async def test_the_displaced_hosts_page_and_the_postponing_page_are_accessible(
    service: Service, chromium: Browser
) -> None:
    office(service)
    lost = displaced(service)
    for name, size in SIZES:
        for scheme in ("light", "dark"):
            page = await signed_in(chromium, service, viewport=size, color_scheme=scheme)
            await page.goto(f"{service.url}/conferences/{lost.key}")
            await expect(page.locator("#gave-way")).to_be_visible()
            assert await violations(page, f"gave way {name} {scheme}") == []
            assert await fits(page), name
            await page.goto(f"{service.url}/postpone")
            await page.get_by_label("Đến hết ngày").fill("05/12/2026")
            await page.get_by_role("button", name="Xem trước").click()
            await expect(page.locator("#preview")).to_be_visible()
            assert await violations(page, f"postpone {name} {scheme}") == []
            assert await fits(page), name
            await page.context.close()
