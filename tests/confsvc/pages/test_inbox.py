"""The page of incoming mail: what came in and what was decided; only for those who look after everybody's mail."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser
from sqlalchemy import select

from confsvc.parts import INCOMING
from scheduler import inbox_queries as queries
from scheduler.inbox_models import IncomingMail
from tests.browser import violations
from tests.confsvc.conftest import Service
from tests.confsvc.pages.test_admin_browser import _signed_in
from tests.fakes.mails import ABSENT, QMAIL, report

HOSTILE = b"From: a@b.example\nSubject: <script>alert(1)</script>\n\n<script>alert(1)</script>\n"


def _lay(folder: Path, mails: tuple[bytes, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        path = folder / f"{number}.eml"
        path.write_bytes(mail)
        os.utime(path, (1, 1))


async def _drop(service: Service, *mails: bytes) -> None:
    _lay(service.settings.inbox_folder, mails)
    await service.app[INCOMING].poll(service.now)


async def _browser(service: Service, function: str, unit: str | None = None) -> httpx.AsyncClient:
    return await service.browser(service.account(function, function, unit="STTTT", at=unit))


async def test_what_came_in_is_listed_with_what_was_decided(service: Service) -> None:
    await _drop(service, report("5.1.1"), QMAIL + b"2", ABSENT["gmail"], HOSTILE)
    admin = await _browser(service, "admin")
    page = await admin.get("/inbox")
    for words in ("báo kết quả chuyển thư", "không chứng tỏ là thư của hệ thống", "thư trả lời tự động", "a@b.example"):
        assert words in page.text
    assert "<script>alert" not in page.text
    only = await admin.get("/inbox", params={"kind": "human", "q": "A@B"})
    assert only.text.count("/mail.txt") == 1
    assert (await admin.get("/inbox?kind=none")).status_code == 404


async def test_the_mail_itself_is_for_administrators_and_never_shown_in_a_page(service: Service) -> None:
    await _drop(service, HOSTILE)
    mail = service.database.read_now(lambda db: db.scalars(select(IncomingMail)).one())
    admin, operator = await _browser(service, "admin"), await _browser(service, "operator")
    got = await admin.get(f"/inbox/{mail.id}/mail.txt")
    assert got.content == HOSTILE
    assert got.headers["Content-Type"].startswith("text/plain")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert (await admin.get("/inbox/999/mail.txt")).status_code == 404
    assert (await operator.get("/inbox")).status_code == 200
    assert "/mail.txt" not in (await operator.get("/inbox")).text
    assert (await operator.get(f"/inbox/{mail.id}/mail.txt")).status_code == 403


async def test_an_office_s_own_technician_does_not_see_everybody_s_mail(service: Service) -> None:
    own = await _browser(service, "operator", "STTTT")
    assert (await own.get("/inbox")).status_code == 403
    assert 'href="/inbox"' not in (await own.get("/outbox")).text
    assert 'href="/inbox"' in (await (await _browser(service, "admin")).get("/outbox")).text


async def test_an_address_is_said_to_be_good_again(service: Service) -> None:
    service.database.write_now(queries.set_trouble, "b@huyen.example", "stopped", "", service.now)
    admin = await _browser(service, "admin")
    page = await admin.get("/inbox")
    assert "đã khiếu nại, không gửi nữa" in page.text
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    done = await admin.post("/inbox/good", data={"csrf": csrf, "mail": "b@huyen.example"}, follow_redirects=True)
    assert "Thư lại được gửi đến b@huyen.example." in done.text
    assert service.database.read_now(queries.list_troubles, ["b@huyen.example"]) == {}


async def test_without_words_it_says_that_nothing_came(service: Service) -> None:
    page = await (await _browser(service, "admin")).get("/inbox")
    assert str(service.settings.inbox_folder) in page.text
    assert "Thư hiện ở đây ngay sau khi lấy về." in page.text


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_accessible_and_fits_a_phone(service: Service, chromium: Browser, scheme: str) -> None:
    service.database.write_now(queries.set_trouble, "b@huyen.example", "failing", "5.1.1", service.now)
    await _drop(service, report("5.1.1"), ABSENT["gmail"], HOSTILE)
    service.account("admin", "admin", unit="STTTT", at=None)
    wide = await _signed_in(chromium, service, color_scheme=scheme, bypass_csp=True)
    await wide.goto(service.url + "/inbox")
    assert "b@huyen.example" in await wide.content()
    assert await violations(wide, "/inbox") == []
    if shots := os.environ.get("SHOTS"):
        await wide.set_viewport_size({"width": 1280, "height": 900})
        await wide.screenshot(path=f"{shots}/inbox-{scheme}.png", full_page=True)
    await wide.set_viewport_size({"width": 360, "height": 740})
    assert await wide.evaluate("document.documentElement.scrollWidth") <= 360
    if shots:
        await wide.screenshot(path=f"{shots}/inbox-phone-{scheme}.png", full_page=True)
    await wide.context.close()
