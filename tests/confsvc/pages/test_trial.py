"""The tick of a trial run on the booking form, and what the form says of people in two meetings at once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape

import httpx
import pytest
from sqlalchemy import select

from confsvc.web import keys
from scheduler.booking.booking import GuestWish
from scheduler.local_time import LOCAL
from scheduler.models import Conference
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked
from tests.confsvc.pages.test_book import form

HX = {"HX-Request": "true"}
TRIAL = datetime(2026, 12, 1, 14, tzinfo=LOCAL)


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def trials(service: Service) -> list[Conference]:
    query = select(Conference).where(Conference.kind == "line_test")
    return service.database.read_now(lambda db: list(db.scalars(query)))


async def test_a_tick_books_the_trial_run_along(service: Service, clerk: httpx.AsyncClient) -> None:
    assert 'name="trial"' in (await clerk.get("/book")).text
    made = await clerk.post("/book", data=form(service, "HHOA", trial="1"))
    assert made.status_code == 303, made.text
    page = (await clerk.get(made.headers["Location"])).text
    assert re.search(r"Đã đăng ký buổi chạy thử: [^<]*14:00–16:00", page) and 'id="no-trial"' not in page
    (trial,) = trials(service)
    assert trial.starts == TRIAL and f'href="/conferences/{trial.key}"' in page
    assert trial.title == "Chạy thử cho: Tập huấn an toàn thông tin"


async def test_where_it_does_not_fit_the_page_says_so_and_leads_to_another_time(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    rules = service.app[keys.RULES]
    service.database.write_now(booked, "SNV", ("SNV", "HHOA"), TRIAL + timedelta(hours=1), now=service.now, rules=rules)
    made = await clerk.post("/book", data=form(service, "HHOA", trial="1"))
    assert made.status_code == 303 and trials(service) == []
    page = (await clerk.get(made.headers["Location"])).text
    assert 'id="no-trial"' in page and "14:00–16:00" in page and "Hiệp Hòa" in page
    (way,) = re.findall(r'href="(/find-time\?[^"]*kind=line_test[^"]*)"', page)
    found = (await clerk.get(unescape(way))).text
    assert "Hiệp Hòa" in found and "kind=line_test" in found
    assert 'id="no-trial"' not in (await clerk.get(made.headers["Location"].partition("?")[0])).text


async def test_a_draft_and_a_meeting_in_person_have_none(service: Service, clerk: httpx.AsyncClient) -> None:
    draft = await clerk.post("/book", data=form(service, "HHOA", trial="1", act="draft"))
    person = form(service, "HHOA", trial="1", form="in_person", in_person_reason="content", start="14:00", end="15:00")
    made = await clerk.post("/book", data=person)
    assert (draft.status_code, made.status_code, trials(service)) == (303, 303, [])
    kept = await clerk.post("/book/check", data=form(service, "HHOA", trial="1"))
    assert re.search(r'name="trial"[^>]* checked', kept.text)


async def test_what_was_said_before_is_shown_and_not_asked_again(service: Service, clerk: httpx.AsyncClient) -> None:
    rules = service.app[keys.RULES]
    at = datetime(2026, 12, 2, 8, tzinfo=LOCAL)
    both = {"guests": (GuestWish("Bà B", "b@x.vn"),)}
    service.database.write_now(booked, "SNV", ("SNV", "TYEN"), at, now=service.now, rules=rules, **both)
    data = form(service, "HHOA", guests="Bà B <b@x.vn>")
    asked = (await clerk.post("/book/check", data=data, headers=HX)).text
    assert 'name="clash_confirmed"' in asked
    assert (await clerk.post("/book", data=data)).status_code == 422
    made = await clerk.post("/book", data={**data, "clash_confirmed": "1"})
    here = made.headers["Location"]
    page = (await clerk.get(f"{here}/edit")).text
    assert "data-clash" in page and "đã xác nhận trước đó" in page and 'name="clash_confirmed"' not in page
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    changed = await clerk.post(f"{here}/edit", data={**data, "version": version, "title": "Tập huấn lần hai"})
    assert changed.status_code == 303, changed.text
