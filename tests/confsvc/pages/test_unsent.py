"""A booking that is being typed is kept: offered again, the person's own, bounded, cleared and forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from confsvc.models import Unsent
from confsvc.sessions import sweep
from confsvc.unsent import LIFE, MOST_FIELDS, MOST_SIGNS
from tests.confsvc.conftest import Service
from tests.confsvc.pages.test_book import form, room_keys

TYPING = {"title": "Họp đang gõ", "date": "02/12/2026", "start": "9", "chair_name": "Bùi Văn Hải"}


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def kept(service: Service) -> list[Any]:
    return service.database.read_now(lambda db: [(row.form, row.fields) for row in db.query(Unsent)])


async def test_what_is_typed_is_offered_again_and_stands_in_the_form(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    sites = [room_keys(service)[code] for code in ("HHOA", "SYT")]
    answer = await clerk.post("/book/unsent", data={**TYPING, "sites": sites, "csrf": "x", "find": "hiep"})
    assert (answer.status_code, answer.text) == (200, "Đã giữ bản nháp lúc 08:00, chưa gửi.")
    ((_, fields),) = kept(service)
    assert {name for name, _ in fields} == {*TYPING, "sites"}
    service.wait(minutes=5)
    page = (await clerk.get("/book")).text
    assert "Tiếp tục bản nháp đang gõ dở, 08:00" in page and "Họp đang gõ" not in page
    again = (await clerk.get("/book", params={"unsent": "1"})).text
    assert 'value="Họp đang gõ"' in again and 'value="9"' in again, "as it was typed, also what is not whole yet"
    assert again.count(" checked") >= 2 and "Tiếp tục bản nháp" not in again


async def test_nobody_else_sees_it_and_two_pages_of_one_person_keep_one(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    other = await service.browser(service.account("other", "booker", unit="STTTT"))
    await clerk.post("/book/unsent", data=TYPING)
    await clerk.post("/book/unsent", data={**TYPING, "title": "Sau"})
    assert len(kept(service)) == 1 and 'value="Sau"' in (await clerk.get("/book?unsent=1")).text
    assert "Tiếp tục bản nháp" not in (await other.get("/book")).text
    assert "Sau" not in (await other.get("/book?unsent=1")).text


@pytest.mark.parametrize("act", ["book", "draft"])
async def test_it_is_gone_once_it_is_sent_and_stays_while_it_is_refused(
    service: Service, clerk: httpx.AsyncClient, act: str
) -> None:
    await clerk.post("/book/unsent", data=TYPING)
    assert (await clerk.post("/book", data=form(service, "HHOA", act=act, title="", date="sai"))).status_code == 422
    assert len(kept(service)) == 1
    assert (await clerk.post("/book", data=form(service, "HHOA", act=act))).status_code == 303
    assert kept(service) == []


async def test_it_is_thrown_away_by_a_button(service: Service, clerk: httpx.AsyncClient) -> None:
    await clerk.post("/book/unsent", data=TYPING)
    answer = await clerk.post("/book/unsent/forget")
    assert (answer.status_code, answer.headers["location"]) == (303, "/book")
    assert kept(service) == []


async def test_it_is_bounded_and_forgotten(service: Service, clerk: httpx.AsyncClient) -> None:
    assert (await clerk.post("/book/unsent", data={"note": "x" * MOST_SIGNS})).status_code == 413
    many = {"sites": [str(n) for n in range(MOST_FIELDS + 1)]}
    assert (await clerk.post("/book/unsent", data=many)).status_code == 413
    await clerk.post("/book/unsent", data=TYPING)
    service.database.write_now(sweep, now=service.now + LIFE - timedelta(hours=1))
    assert len(kept(service)) == 1
    service.database.write_now(sweep, now=service.now + LIFE + timedelta(hours=1))
    assert kept(service) == []
