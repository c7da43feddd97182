"""Closing over bookings and lowering a line in Chromium: accessible, light and dark, on a phone; confirmed by hand."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import Browser, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from confsvc.web import keys
from rooms.models import Line, Room
from scheduler.models import Conference
from tests.browser import violations
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes
from tests.confsvc.pages.test_book import room_keys
from tests.confsvc.pages.test_browser import closed, pytestmark, service, signed_in
from tests.confsvc.pages.test_find_time_browser import SIZES, fits

__all__ = ["closed", "pytestmark", "service"]
CLOSING = {
    "starts_date": "02/12/2026", "starts_time": "07:00", "ends_date": "02/12/2026", "ends_time": "17:00",
    "reason": "Thay máy chiếu",
}  # fmt: skip


def measured(service: Service) -> int:
    """The line of a booked hall, with figures."""
    service.account("clerk", "operator", "admin", "booker", "approver", unit="STTTT", at=None)
    rules, now = service.app[keys.RULES], service.now
    made = service.database.write_now(
        scenes.booked, "SNV", ("SNV", "HHOA"), now + timedelta(days=8), now=now, rules=rules
    )

    def work(db: Session) -> int:
        room = select(Room.line_id).where(Room.key == room_keys(service)["HHOA"])
        line_id = int(db.scalar(room) or 0)
        db.execute(update(Line).where(Line.id == line_id).values(kbps_up=20_000, kbps_down=60_000))
        return line_id

    assert made.id
    return service.database.write_now(work)


async def test_what_is_hit_is_seen_and_confirmed(service: Service, chromium: Browser) -> None:
    line_id, rooms = measured(service), room_keys(service)
    for name, size in SIZES:
        for scheme in ("light", "dark"):
            page = await signed_in(chromium, service, viewport=size, color_scheme=scheme)
            await page.goto(f"{service.url}/closures?room={rooms['HHOA']}")
            for field, value in CLOSING.items():
                await page.fill(f"[name={field}]", value)
            await page.click("button[name=act][value=check]")
            await expect(page.locator(".ruling.bad")).to_be_visible()
            assert await violations(page, f"closures {name} {scheme}") == []
            assert await fits(page), name
            await page.goto(f"{service.url}/directory/lines/{line_id}/change")
            await page.fill("[name=kbps_up]", "100")
            await page.click("main form.form button.main")
            await expect(page.locator(".ruling.bad")).to_be_visible()
            assert await violations(page, f"line {name} {scheme}") == []
            assert await fits(page), name
            for path in ("/rules", "/outbox?kind=waiting", "/book"):
                await page.goto(service.url + path)
                assert await violations(page, f"{path} {name} {scheme}") == []
                assert await fits(page), (path, name)
            if scheme == "light":
                await page.context.close()
    await page.goto(f"{service.url}/closures?room={rooms['HHOA']}")
    for field, value in CLOSING.items():
        await page.fill(f"[name={field}]", value)
    await page.click("button[name=act][value=check]")
    await page.check("[name=confirmed]")
    await page.click("main form.form button.main")
    await expect(page.locator("main table")).to_contain_text("Thay máy chiếu")
    await page.goto(f"{service.url}/")
    await expect(page.locator("#stuck")).to_contain_text("tạm ngừng vào giờ họp")
    marked = service.database.read_now(lambda db: db.scalars(select(Conference.trouble)).all())
    assert marked == ["place_closed"]
