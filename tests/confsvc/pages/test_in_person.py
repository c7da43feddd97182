"""Registering what was held in person."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from scheduler.booking.log import SECRET_TITLE
from scheduler.models import Conference, Delegation
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import DISTRICTS, found


def form(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Họp giao ban tháng 11", "kind": "briefing", "host": "STTTT", "date": "23/11/2026", "start": "8h",
        "end": "11:00", "reason": "ceremony", "units": list(DISTRICTS), **changes,
    }  # fmt: skip


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


async def test_yesterday_is_proposed_and_eight_fields_are_enough(service: Service, clerk: httpx.AsyncClient) -> None:
    page = (await clerk.get("/in-person")).text
    assert 'value="23/11/2026"' in page and page.count('data-tag="district"') == 10
    answer = await clerk.post("/in-person", data=form())
    assert answer.status_code == 303, answer.text
    shown = (await clerk.get(answer.headers["location"])).text
    assert "Đã ghi nhận" in shown and "/in-person?kind=briefing" in shown, "another one is a click away"
    conference = service.database.read_now(found, answer.headers["location"].rpartition("/")[2])
    assert (conference.form, conference.outcome, conference.origin) == ("in_person", "held", "logged")
    assert service.database.read_now(lambda db: db.query(Delegation).count()) == 10


async def test_what_is_missing_is_listed_and_what_was_typed_is_kept(service: Service, clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/in-person", data=form(reason="", kind="", units=[], date="1/13/2026", title="Kỳ họp"))
    assert answer.status_code == 422
    assert set(re.findall(r'<a href="#f-([a-z_]+)"', answer.text)) == {"reason", "kind", "units", "date"}
    assert 'value="Kỳ họp"' in answer.text
    future = await clerk.post("/in-person", data=form(date="25/11/2026"))
    assert future.status_code == 422 and "Chỉ ghi nhận cuộc họp đã kết thúc" in future.text
    explain = await clerk.post("/in-person", data=form(reason="chair"))
    assert explain.status_code == 422 and 'href="#f-reason_note"' in explain.text
    assert service.database.read_now(lambda db: db.query(Conference).count()) == 0


async def test_secret_content_is_not_stored(service: Service, clerk: httpx.AsyncClient) -> None:
    secret = form(reason="secret", title="Phương án A2", place="Nhà khách", note="mật")
    answer = await clerk.post("/in-person", data=secret)
    conference = service.database.read_now(found, answer.headers["location"].rpartition("/")[2])
    assert (conference.title, conference.place, conference.note) == (SECRET_TITLE, "", "")
    assert "Phương án" not in (await clerk.get(answer.headers["location"])).text


async def test_nobody_registers_for_another_office(service: Service, clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/in-person", data=form(host="SNV"))
    assert answer.status_code == 422 and 'href="#f-host"' in answer.text
    site = await service.browser(service.account("hhoa", "site_contact", unit="HHOA"))
    assert (await site.get("/in-person")).status_code == 403
