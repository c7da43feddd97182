"""A recipient's own page and the list of whom to call."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from sqlalchemy import select

from confsvc.own_links import read_recipient_token, read_return_path, recipient_token, return_path
from scheduler.models import Conference, Effect, Receipt
from scheduler.outcomes import Dead
from tests.confsvc.conftest import Service
from tests.confsvc.pages.test_outbox import GUEST, _book, _deliver, _settle
from tests.confsvc.pages.test_outbox import _effect as effect

KEY = b"k" * 32


def _link(service: Service) -> str:
    """As it stands in the mail's text."""
    from email import message_from_bytes

    folder = service.settings.maildir
    assert folder is not None
    for file in (folder / "new").iterdir():
        message = message_from_bytes(file.read_bytes())
        if message["To"] and GUEST in message["To"]:
            text, ics = "", b""
            for part in message.walk():
                if part.get_content_type() == "text/plain":
                    text = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
                if part.get_content_type() == "text/calendar":
                    ics = part.get_payload(decode=True)  # type: ignore[assignment]
            found = re.search(r"/r/\S+", text)
            assert found and b"/r/" not in ics and "/r/" not in message["Subject"]
            assert re.match(rb"Return-Path: <bounce\+\d+\.[0-9a-f]{10}@", file.read_bytes())
            return found[0]
    raise LookupError(GUEST)


def _receipt(service: Service) -> tuple[bool, bool]:
    row = service.database.read_now(lambda db: db.scalar(select(Receipt)))
    return (row is not None and row.opened is not None, row is not None and row.acknowledged is not None)


async def test_looking_is_not_having_received_and_the_button_is(service: Service) -> None:
    key = _book(service)
    await _deliver(service)
    link = _link(service)
    async with httpx.AsyncClient(base_url=service.url, follow_redirects=False) as anybody:
        page = await anybody.get(link)
        assert page.status_code == 200 and "Đã nhận được" in page.text
        assert page.headers["Referrer-Policy"] == "no-referrer" and page.headers["Cache-Control"] == "no-store"
        await anybody.head(link)
        assert _receipt(service) == (True, False)
        foreign = await anybody.post(link, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403 and _receipt(service) == (True, False)
        pressed = await anybody.post(link, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})
        assert pressed.status_code == 303 and _receipt(service) == (True, True)
        assert "Cảm ơn" in (await anybody.get(link)).text
        assert (await anybody.get(link[:-2] + "AA")).status_code == 404
        assert (await anybody.get("/r/999999-" + link.partition("-")[2])).status_code == 404
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT", at="STTTT"))
    assert "Đã báo nhận được" in (await clerk.get(f"/conferences/{key}")).text


async def test_whom_to_call(service: Service) -> None:
    key = _book(service)
    _settle(service, Dead("550 no such user"))
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT", at="STTTT"))
    page = await clerk.get(f"/conferences/{key}/call-list")
    assert page.status_code == 200 and GUEST in page.text and "550 no such user" in page.text
    file = await clerk.get(f"/conferences/{key}/call-list.csv")
    assert GUEST in file.text and file.headers["Content-Type"].startswith("text/csv")


async def test_who_got_it_is_not_called_and_waiting_letters_can_be_sent_now(service: Service) -> None:
    key = _book(service)
    await _deliver(service)
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT", at="STTTT"))
    assert "Không phải gọi ai" in (await clerk.get(f"/conferences/{key}/call-list")).text

    def waits(db):  # type: ignore[no-untyped-def]
        row = db.scalar(select(Effect).where(Effect.id == effect(service).id))
        row.state, row.attempts, row.settled = "owed", 0, None
        row.due = service.now + timedelta(minutes=8)

    service.database.write_now(waits)
    page = await clerk.get(f"/conferences/{key}")
    assert "sẽ gửi lúc" in page.text and "Gửi ngay các thư đang chờ" in page.text
    sent = await clerk.post(f"/conferences/{key}/send-now")
    assert sent.status_code == 303
    assert effect(service).due == service.now
    assert "sẽ gửi lúc" not in (await clerk.get(f"/conferences/{key}")).text
    assert service.database.read_now(lambda db: db.scalar(select(Conference.key))) == key


def test_only_we_can_make_these_addresses() -> None:
    token = recipient_token(7, "u@x.vn", "A@x.vn", KEY)
    assert read_recipient_token(token, 7, "u@x.vn", ["b@x.vn", "a@x.vn"], KEY) == "a@x.vn"
    assert read_recipient_token(token, 8, "u@x.vn", ["a@x.vn"], KEY) is None
    assert read_recipient_token(token, 7, "u@x.vn", ["a@x.vn"], b"other") is None
    address = return_path(42, "x.vn", KEY)
    assert read_return_path(address, KEY) == 42
    assert read_return_path(address, b"other") is None
    assert read_return_path(address.replace("42", "43"), KEY) is None
