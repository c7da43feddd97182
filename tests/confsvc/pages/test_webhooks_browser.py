"""The pages of other systems, and reminders on a meeting's page, in Chromium: light, dark and on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser
from sqlalchemy import insert

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.web import keys
from scheduler.models import Conference, Effect
from scheduler.telling import webhooks
from scheduler.telling.models import WebhookDelivery
from tests.browser import launched, violations
from tests.confsvc.conftest import PASSWORD, Service, serving
from tests.confsvc.pages.scenes import booked
from tests.directory import load_default

pytestmark = pytest.mark.browser
SIZES = (
    {"viewport": {"width": 1280, "height": 800}},
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    {"viewport": {"width": 360, "height": 740}},
)


@pytest.fixture
async def service(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for running in serving(settings, database):
        rules, soon = running.app[keys.RULES], running.now + timedelta(hours=5)
        database.write_now(booked, "STTTT", ("STTTT", "HHOA"), soon, now=running.now, rules=rules)
        database.write_now(_told, now=running.now)
        running.account("admin", "admin", "operator", "booker", unit="STTTT", at=None)
        yield running
    database.close()


def _told(db: Any, *, now: Any) -> None:
    """One system in order, one that failed, deliveries and reminders in several states."""
    wish = webhooks.WebhookWish("Cổng thông tin điện tử", "https://portal.example/hook", ("booked", "cancelled"))
    hook = webhooks.add_webhook(db, wish, actor="cli", now=now)
    off = webhooks.add_webhook(db, wish, actor="cli", now=now)
    webhooks.switch_off(db, off.key, by=webhooks.FAILURES, now=now)
    for _ in range(3):
        webhooks.try_out(db, hook.key, actor="cli", now=now)
    first = db.query(WebhookDelivery).first()
    first.status, first.millis, first.answered_at = 503, 1234, now
    owed = db.query(Effect).filter_by(kind="webhook").first()
    owed.attempts, owed.last_error = 3, "POST https://portal.example/hook answered 503"
    conference = db.query(Conference).first()
    states = ("done", "dead", "owed")
    for number, (kind, what) in enumerate((("reminder", "remind_day"), ("sms", "cancelled"), ("alarm", "emergency"))):
        row = {
            "kind": kind, "key": f"x{number}", "chain": f"x{number}", "conference_id": conference.id, "due": now,
            "expires": now + timedelta(hours=9), "created": now, "state": states[number], "settled": now,
            "payload": {"what": what, "name": "Đầu mối Hiệp Hòa", "starts": now.isoformat()}, "attempts": 1,
            "last_error": "the gateway answered 403", "maybe": False,
        }  # fmt: skip
        db.execute(insert(Effect).values(**row))


async def test_they_are_accessible_in_every_size(service: Service) -> None:
    key = service.database.read_now(lambda db: db.query(Conference).first().key)
    hooks = service.database.read_now(lambda db: [one.key for one in db.query(webhooks.Webhook)])
    wrong: list[str] = []
    async with launched() as chromium:
        for size in SIZES:
            page = await _signed_in(chromium, service, **size)
            for path in ("/webhooks", *(f"/webhooks/{one}" for one in hooks), f"/conferences/{key}"):
                await page.goto(service.url + path)
                wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
                wrong += [f"{path} is wider than {size}"] if wide else []
                wrong += await violations(page, path)
    assert wrong == []


async def _signed_in(chromium: Browser, service: Service, **context: Any) -> Any:
    page = await (await chromium.new_context(locale="vi-VN", **context)).new_page()
    await page.goto(f"{service.url}/sign-in")
    await page.fill("[name=login]", "admin")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    return page
