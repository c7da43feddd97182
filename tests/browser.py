"""Headless Chromium that can reach this machine only; what it asked for, and whether a page is accessible."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parent.parent / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A new browser, closed at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def watched() -> AsyncIterator[tuple[BrowserContext, list[str]]]:
    """A context of a new browser, and the list of every address that its pages ask for, sockets included."""
    asked: list[str] = []

    def watch(page: Page) -> None:
        page.on("websocket", lambda socket: asked.append(socket.url))

    async with launched() as browser:
        context = await browser.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
        context.on("request", lambda request: asked.append(request.url))
        context.on("page", watch)
        yield context, asked


async def violations(page: Page, where: str) -> list[str]:
    """What axe finds on the page, each with the place it was found in."""
    await page.evaluate(AXE.read_text("utf-8"))
    report = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{where}: {v['id']} {v['nodes'][0]['html'][:120]}" for v in report["violations"]]
