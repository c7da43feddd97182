"""The import in Chromium: rows are booked part by part without a click, and every page is accessible."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, Service
from tests.confsvc.pages.test_plan_import import ROWS, conferences, table

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("PLAN_PICTURES", "")
MORE = [
    f"{n};{14 + n // 4}/12/2026;{8 + 2 * (n % 4)}h;{9 + 2 * (n % 4)}h;Giao ban số {n};Giao ban;;;;;" for n in range(20)
]


@pytest.mark.parametrize("directory_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
async def test_a_plan_is_imported_without_further_clicks(
    service: Service, chromium: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    service.account("can-bo", "booker", unit="SNV")
    file = tmp_path / "ke-hoach.csv"
    file.write_bytes(table(ROWS + MORE))
    context = await chromium.new_context(
        locale="vi-VN", viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page, wrong = await context.new_page(), []

    async def looked(name: str) -> None:
        wrong.extend(await violations(page, name))
        if PICTURES:
            await page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)

    await page.goto(f"{service.url}/sign-in?next=/plan-import")
    await page.fill("[name=login]", "can-bo")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    await expect(page.locator("#f-file")).to_be_visible()
    await looked("first")
    await page.set_input_files("#f-file", file)
    await page.click("text=Xem trước kết quả")
    await expect(page.locator("h1")).to_have_text("Kết quả nếu nhập tệp")
    await looked("rows")
    await page.click("text=Đăng ký các dòng đã chọn")
    await expect(page.locator("[data-errors]")).to_be_visible()
    await page.check("#f-no_secrets")
    await page.fill("#f-short_notice_reason", "Chỉ đạo gấp")
    await page.click("text=Đăng ký các dòng đã chọn")
    await expect(page.locator("h1")).to_have_text("Kết quả nhập kế hoạch", timeout=20_000)
    await looked("result")
    assert len(conferences(service)) == 23 and wrong == []
    await page.goto(f"{service.url}/conferences")
    await page.click("text=Nhập, xuất kế hoạch")
    await expect(page.locator("h1")).to_have_text("Nhập kế hoạch")
    await context.close()
