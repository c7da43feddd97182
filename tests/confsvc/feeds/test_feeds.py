"""Secret addresses as calendars ask for them: over HTTP, with and without what they have already."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.feeds.models import FeedBody, FeedToken
from confsvc.web import middleware
from integrations.calendar.lint import lint
from tests.confsvc.conftest import START, Service

WISH = {
    "title": "Giao ban tháng 12", "kind": "briefing", "form": "online", "host": "STTTT", "no_secrets": True,
    "starts": "2026-12-10T08:00:00+07:00", "ends": "2026-12-10T09:00:00+07:00",
}  # fmt: skip


async def booked(service: Service, **changes: Any) -> tuple[httpx.AsyncClient, str]:
    """A clerk's program and the key of what it booked in the office's first room."""
    clerk = service.program(service.account("clerk", "booker", unit="STTTT"))
    rooms = (await clerk.get("/api/v1/rooms", params={"unit": "STTTT"})).json()["items"]
    made = await clerk.post("/api/v1/conferences", json={**WISH, "sites": [rooms[0]["key"]], **changes})
    assert made.status_code == 201, made.text
    return clerk, str(made.json()["key"])


async def address(browser: httpx.AsyncClient, page: str = "/feeds") -> str:
    """A new secret address, as the page shows it once."""
    shown = await browser.post(page, data={"name": "Điện thoại"})
    assert shown.status_code == 200, shown.text
    found = re.search(r'value="http://[^"]*(/feeds/[\w-]{32}\.ics)"', shown.text)
    assert found
    assert "webcal://" in shown.text
    assert found[1] not in (await browser.get(page)).text
    return found[1]


async def operator(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("op", "site_contact", "admin", unit="STTTT"))


async def test_an_office_is_read_and_nothing_new_is_said_so(service: Service) -> None:
    clerk, key = await booked(service)
    path = await address(await operator(service), "/directory/units/STTTT/feeds")
    calendar = service.client()
    got = await calendar.get(path, headers={"Accept-Encoding": "identity"})
    assert (got.status_code, got.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert (got.headers["Cache-Control"], got.headers["Referrer-Policy"]) == ("private, max-age=300", "no-referrer")
    assert "Set-Cookie" not in got.headers
    assert lint(got.content, feed=True) == []
    assert [str(one["summary"]) for one in Calendar.from_ical(got.content).walk("VEVENT")] == ["Giao ban tháng 12"]
    head = await calendar.head(path, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", got.headers["ETag"])
    assert head.headers["Content-Length"] == str(len(got.content))
    tag, modified = got.headers["ETag"], got.headers["Last-Modified"]
    assert not tag.startswith("W/")
    for headers, status in (
        ({"If-None-Match": tag}, 304), ({"If-None-Match": f'"x", W/{tag}'}, 304), ({"If-None-Match": '"x"'}, 200),
        ({"If-Modified-Since": modified}, 304), ({"If-None-Match": '"x"', "If-Modified-Since": modified}, 200),
        ({"If-None-Match": tag, "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": "yesterday"}, 200), ({"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
    ):  # fmt: skip
        answer = await calendar.get(path, headers={"Accept-Encoding": "identity", **headers})
        assert answer.status_code == status, headers
        assert (answer.headers["ETag"], answer.headers["Last-Modified"]) == (tag, modified)
    service.wait(minutes=2)
    gone = await clerk.post(f"/api/v1/conferences/{key}/cancel", json={"version": 1, "reason": "bận"})
    assert gone.status_code < 300, gone.text
    changed = await calendar.get(path, headers={"Accept-Encoding": "identity", "If-Modified-Since": modified})
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)
    assert changed.headers["Last-Modified"] != modified
    assert b"STATUS:CANCELLED" in changed.content


async def test_packed_for_whoever_takes_that(service: Service) -> None:
    await booked(service)
    path = await address(await operator(service), "/directory/units/STTTT/feeds")
    plain = await service.client().get(path, headers={"Accept-Encoding": "identity"})
    async with service.client().stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
        assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert answer.headers["ETag"] != plain.headers["ETag"]
    assert gzip.decompress(raw) == plain.content
    refused = await service.client().get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


async def test_what_is_not_there_and_what_is_out_of_use(service: Service) -> None:
    account = service.account("an", unit="STTTT")
    browser = await service.browser(account)
    path = await address(browser)
    for suffix in ("ics", "ifb"):
        missing = await service.client().get(f"/feeds/{'x' * 32}.{suffix}")
        assert (missing.status_code, missing.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
        assert missing.headers["Referrer-Policy"] == "no-referrer"
    assert (await service.client().get(path.replace(".ics", ".ifb"))).status_code == 404
    assert (await service.client().get(path)).status_code == 200
    other = await service.browser(service.account("be", unit="STTTT"))
    number = service.database.read_now(lambda db: db.scalars(select(FeedToken.id)).one())
    assert (await other.post(f"/feeds/{number}/revoke")).status_code == 404
    assert (await browser.post(f"/feeds/{number}/revoke")).status_code == 303
    assert (await service.client().get(path)).status_code == 410
    assert service.database.read_now(lambda db: db.scalars(select(FeedBody.id)).all()) == []


async def test_use_is_noted_rarely_and_the_secret_is_not_kept(service: Service) -> None:
    browser = await service.browser(service.account("an", unit="STTTT"))
    path = await address(browser)
    token = path.split("/")[2].removesuffix(".ics")

    def used(db: Session) -> Any:
        return db.scalars(select(FeedToken.last_used)).one()

    for minutes in (0, 30, 20):
        service.wait(minutes=minutes)
        await service.client().get(path)
        assert service.database.read_now(used) == START
    service.wait(minutes=20)
    await service.client().get(path)
    assert service.database.read_now(used) == START + timedelta(minutes=70)
    stored = service.database.read_now(lambda db: repr([vars(row) for row in db.scalars(select(FeedToken))]))
    assert token not in stored


async def test_the_secret_is_in_no_log(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await address(await service.browser(service.account("an", unit="STTTT")))
    kept = structlog.testing.LogCapture()
    loud = structlog.wrap_logger(structlog.PrintLogger(), processors=[kept], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr(middleware, "log", loud)
    await service.client().get(path)
    await service.client().get(path.replace(".ics", ".xyz"))
    lines = kept.entries
    assert [line["path"] for line in lines] == ["/feeds/{token}.ics", "(none)"]
    assert path.split("/")[2].removesuffix(".ics") not in repr(lines)


async def test_a_room_tells_when_it_is_taken_and_not_why(service: Service) -> None:
    clerk, _ = await booked(service)
    room = (await clerk.get("/api/v1/rooms", params={"unit": "STTTT"})).json()["items"][0]["key"]
    path = await address(await operator(service), f"/directory/rooms/{room}/feeds")
    got = await service.client().get(path.replace(".ics", ".ifb"))
    assert got.status_code == 200
    assert "Giao ban" not in got.text
    (busy,) = Calendar.from_ical(got.content).walk("VFREEBUSY")
    assert re.findall(r"FREEBUSY;FBTYPE=BUSY:(\S+)", got.text) == ["20261210T004500Z/20261210T020000Z"]
    assert busy["organizer"].startswith("mailto:room-")
    again = await service.client().get(path.replace(".ics", ".ifb"), headers={"If-None-Match": got.headers["ETag"]})
    assert again.status_code == 304


async def test_only_so_many_addresses_and_each_with_a_name(service: Service) -> None:
    browser = await service.browser(service.account("an", unit="STTTT"))
    assert (await browser.post("/feeds", data={"name": " "})).status_code == 422
    for _ in range(20):
        await address(browser)
    refused = await browser.post("/feeds", data={"name": "Thừa"}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (403, "too_many_addresses")
