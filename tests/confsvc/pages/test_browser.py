"""The pages in Chromium: booking by keyboard alone, the live answer, the timeline's keys, accessibility."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, time, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.models import Unsent
from confsvc.web import keys
from scheduler.local_time import instant
from scheduler.models import Site
from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, Service, serving
from tests.confsvc.pages import scenes
from tests.directory import load_default

pytestmark = pytest.mark.browser


@pytest.fixture
async def service(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    """The service over SQLite: what the browser does is the same on both."""
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for running in serving(settings, database):
        yield running
    database.close()


@pytest.fixture(autouse=True)
async def closed(service: Service, chromium: Browser) -> AsyncIterator[None]:
    """Its windows are closed while the service still answers."""
    yield
    for context in chromium.contexts:
        await context.close()


async def signed_in(chromium: Browser, service: Service, **context: Any) -> Page:
    """A page of a clerk of Sở TT&TT; scripts' mistakes and refused loads end the test."""
    if not service.logins:
        service.account("clerk", "booker", unit="STTTT")
    page = await (await chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})).new_page()
    page.mistakes = []  # type: ignore[attr-defined]
    page.on("console", lambda m: page.mistakes.append(m.text) if m.type == "error" else None)  # type: ignore[attr-defined]
    page.on("pageerror", lambda e: page.mistakes.append(str(e)))  # type: ignore[attr-defined]
    await page.goto(f"{service.url}/sign-in")
    await page.fill("[name=login]", "clerk")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url(f"{service.url}/")
    return page


async def tab_to(page: Page, selector: str, most: int = 90) -> int:
    """Press Tab until the element has the focus; how often."""
    for count in range(1, most):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement?.matches(s)", selector):
            return count
    raise AssertionError(f"{selector} is not reached by the keyboard")


async def test_ten_districts_are_booked_by_keyboard_with_a_live_answer(service: Service, chromium: Browser) -> None:
    rules = service.app[keys.RULES]
    service.database.write_now(
        scenes.booked, "SNV", ("SNV", "HHOA"), service.now + timedelta(days=6), now=service.now, rules=rules
    )
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/book")
    assert await page.evaluate("document.activeElement.name") == "title"
    await page.keyboard.type("Tập huấn an toàn thông tin")
    await tab_to(page, "[name=kind]")
    await page.keyboard.type("Tập hu")
    await tab_to(page, "[name=form]")
    assert await page.is_checked("[name=form][value=online]"), "the kind proposes the form"
    assert not await page.is_visible("[name=in_person_reason]"), "asked in person only"
    await tab_to(page, "[data-check=district]")
    await page.keyboard.press("Enter")
    assert await page.locator("[data-checked]").first.text_content() == "10"
    await page.wait_for_selector("[data-verdict=taken]")
    assert "Sở Nội vụ giữ đến" in str(await page.text_content("#answer"))
    await page.locator("#f-date").focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("2/12/2026")
    await tab_to(page, "[name=start]")
    assert await page.input_value("#f-date") == "02/12/2026", "tidied"
    await page.wait_for_selector("[data-verdict=free]")
    assert await page.get_attribute("[data-invited]", "data-invited") == "11"
    await tab_to(page, "[name=no_secrets]")
    await page.keyboard.press("Space")
    await tab_to(page, ".actions [value=book]")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/conferences/*")
    assert "Đã đăng ký" in str(await page.text_content("main"))
    assert service.database.read_now(lambda db: db.query(Site).count()) == 13
    assert page.mistakes == []  # type: ignore[attr-defined]


async def test_what_was_typed_outlives_a_lost_session(service: Service, chromium: Browser) -> None:
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/book")
    await page.fill("[name=title]", "Họp giữa hai phiên")
    await page.select_option("[name=kind]", "working")
    await page.click("[data-check=district]")
    await page.context.clear_cookies()
    await page.check("[name=no_secrets]")
    await page.wait_for_selector("#live:has-text('Phiên đăng nhập đã hết')")
    await page.click(".actions [value=book]")
    await page.click("main a[href^='/sign-in']")
    await page.fill("[name=login]", "clerk")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.click("[data-restore]")
    assert await page.input_value("[name=title]") == "Họp giữa hai phiên"
    assert await page.locator("[data-checked]").first.text_content() == "10"
    await page.click(".actions [value=book]")
    await page.wait_for_url("**/conferences/*")
    await page.goto(f"{service.url}/book")
    assert not await page.is_visible("#kept"), "it is saved, so nothing is offered any more"


async def test_a_booking_is_kept_while_it_is_typed(service: Service, chromium: Browser) -> None:
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/book")
    assert not await page.is_visible("#unsent")
    await page.fill("[name=title]", "Họp dở dang")
    await page.click("[data-check=district]")
    await page.wait_for_selector("[data-kept]:has-text('Đã giữ bản nháp lúc 08:00')")
    assert not await page.is_visible("#kept") and service.database.read_now(lambda db: db.query(Unsent).count()) == 1
    await page.evaluate("sessionStorage.clear()")
    await page.goto(f"{service.url}/book")
    await page.click("#unsent a")
    assert await page.input_value("[name=title]") == "Họp dở dang"
    assert await page.locator("[data-checked]").first.text_content() == "10"
    await page.fill("[name=chair_name]", "còn đang gõ")  # leaving before the pause is over
    await page.goto(f"{service.url}/timeline")
    for _ in range(20):  # what is sent on leaving may arrive after the next page was asked for
        await page.goto(f"{service.url}/book?unsent=1")
        if await page.input_value("[name=chair_name]") == "còn đang gõ":
            break
    else:
        raise AssertionError("what was typed last is lost")
    assert page.mistakes == []  # type: ignore[attr-defined]


async def test_the_timeline_is_walked_by_arrows_and_enter_books(service: Service, chromium: Browser) -> None:
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/timeline?day=2026-12-02")
    assert await page.locator("[data-grid] td > a[tabindex='0']").count() == 1, "one stop for Tab"
    await page.locator("[data-grid] td > a[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        await page.keyboard.press(key)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/book?room=*")
    assert await page.input_value("#f-start") == "13:30" and await page.input_value("#f-date") == "02/12/2026"
    script = "[...document.querySelectorAll('[name=sites]:checked')].map(b => b.parentElement.textContent.trim())"
    assert await page.evaluate(script) == ["VP UBND tỉnh"]


async def _movable(service: Service) -> str:
    rules, starts = service.app[keys.RULES], instant(date(2026, 12, 2), time(8))
    return service.database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA"), starts, now=service.now, rules=rules
    ).key


async def test_a_meeting_is_dragged_to_another_time_and_lands_in_its_form(service: Service, chromium: Browser) -> None:
    key = await _movable(service)
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/timeline?day=2026-12-02&q=hiep+hoa")
    place = await page.locator("[data-move]").bounding_box()
    table = await page.locator("[data-grid]").bounding_box()
    assert place and table
    await page.mouse.move(place["x"] + 20, place["y"] + 10)
    await page.mouse.down()
    await page.mouse.move(place["x"] + 20 + place["width"] * 6 / 8, place["y"] + 12, steps=4)
    assert "02/12 09:30–11:30" in str(await page.text_content("[data-move-say]"))
    await page.keyboard.press("Escape")
    assert await page.text_content("[data-move-say]") == ""
    await page.mouse.up()
    assert "/timeline" in page.url, "Esc leaves it where it was"
    await page.mouse.move(place["x"] + 20, place["y"] + 10)
    await page.mouse.down()
    await page.mouse.move(place["x"] + 20 + place["width"] * 6 / 8, place["y"] + 12, steps=4)
    await page.mouse.up()
    await page.wait_for_url(f"**/conferences/{key}/edit?day=2026-12-02&start=09%3A30")
    assert await page.input_value("#f-start") == "09:30" and await page.input_value("#f-end") == "11:30"
    assert page.mistakes == [] and await violations(page, "moved") == []  # type: ignore[attr-defined]


async def test_a_meeting_is_moved_by_keys_over_a_day_and_a_week(service: Service, chromium: Browser) -> None:
    key = await _movable(service)
    page = await signed_in(chromium, service)
    for view, expected in (("day", "?day=2026-12-02&start=08%3A30"), ("week", "?day=2026-12-04&start=08%3A00")):
        await page.goto(f"{service.url}/timeline?day=2026-12-02&view={view}&q=hiep+hoa")
        await page.locator("[data-move]").focus()
        for press in ("Enter", "ArrowRight", "Escape", "Enter", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):
            await page.keyboard.press(press)
        assert await violations(page, view) == []
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/conferences/{key}/edit{expected}")
    await page.goto(f"{service.url}/timeline?day=2026-12-02&q=hiep+hoa")
    await page.locator("[data-move]").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/conferences/{key}")
    assert page.mistakes == []  # type: ignore[attr-defined]


async def test_the_page_of_a_conference_asks_again_by_itself(service: Service, chromium: Browser) -> None:
    rules, starts = service.app[keys.RULES], service.now + timedelta(minutes=30)
    key = service.database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA"), starts, now=service.now, rules=rules
    ).key
    service.database.write_now(scenes.step, key, now=service.now, rules=rules)
    page = await signed_in(chromium, service)
    await page.goto(f"{service.url}/conferences/{key}")
    service.database.write_now(scenes.join_all, key, ["HHOA"], service.now)
    service.wait(minutes=1)
    await page.evaluate("htmx.trigger(document.getElementById('fresh'), 'every')")
    await page.wait_for_selector("text=Đang trong phòng họp")
    assert page.mistakes == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_an_accessibility_violation(service: Service, chromium: Browser, scheme: str) -> None:
    rules, database, now = service.app[keys.RULES], service.database, service.now
    key = database.write_now(scenes.whole, now + timedelta(days=8), now=now, rules=rules).key
    over = database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA"), now - timedelta(days=1), now=now - timedelta(days=2), rules=rules
    ).key
    database.write_now(scenes.step, over, now=now, rules=rules)
    page = await signed_in(chromium, service, color_scheme=scheme, bypass_csp=True)
    found = []
    for address in (
        "/", "/timeline", "/timeline?view=week", "/timeline?view=list", "/book", "/in-person", "/conferences",
        "/conferences?q=zzz",
        f"/conferences/{key}", f"/conferences/{key}/edit", f"/conferences/{key}/cancel", f"/conferences/{over}",
        f"/conferences/{over}/result", f"/j/{key}",
    ):  # fmt: skip
        await page.goto(service.url + address)
        found += await violations(page, address)
    await page.goto(f"{service.url}/book")
    await page.click(".actions [value=book]")
    await page.wait_for_selector("[data-errors]")
    found += await violations(page, "/book refused")
    assert found == []


async def test_nothing_overflows_on_a_phone(service: Service, chromium: Browser) -> None:
    key = service.database.write_now(
        scenes.whole, service.now + timedelta(days=8), now=service.now, rules=service.app[keys.RULES]
    ).key
    page = await signed_in(chromium, service, viewport={"width": 360, "height": 740})
    for address in ("/", "/timeline", "/book", "/in-person", "/conferences", f"/conferences/{key}", f"/j/{key}"):
        await page.goto(service.url + address)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, address


async def test_without_scripts_the_whole_way_works(service: Service, chromium: Browser) -> None:
    page = await signed_in(chromium, service, java_script_enabled=False)
    await page.goto(f"{service.url}/book")
    await page.fill("#f-title", "Tập huấn không cần JavaScript")
    await page.select_option("#f-kind", "training")
    for box in await page.locator("[name=sites][data-tag=district]").all():
        await box.check()
    await page.check("[name=no_secrets]")
    await page.locator(".actions [formaction='/book/check']").click()
    assert "11 địa chỉ" in str(await page.text_content("#answer"))
    assert await page.input_value("#f-title") == "Tập huấn không cần JavaScript"
    await page.locator(".actions [value=book]").click()
    await page.wait_for_url("**/conferences/*")
    assert "Đã đăng ký" in str(await page.text_content("main"))
