"""Headless Chromium that can reach this machine and nothing else, and that says what it asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import BrowserContext, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


@asynccontextmanager
async def chromium() -> AsyncIterator[tuple[BrowserContext, list[str]]]:
    """A context of a new browser, and the list of every address that its pages ask for, sockets included."""
    asked: list[str] = []

    def watch(page: Page) -> None:
        page.on("websocket", lambda socket: asked.append(socket.url))

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
        context.on("request", lambda request: asked.append(request.url))
        context.on("page", watch)
        yield context, asked
        await browser.close()
