"""A meeting too large for the video host is booked by one click in the sittings that the form offers."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from confsvc.web import keys
from scheduler.models import Bridge, Conference, Series
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import DISTRICTS, booked
from tests.confsvc.pages.test_book import form, room_keys

BUTTON = r'name="act" value="(sittings:[^"]+)"'


@pytest.fixture
async def small(service: Service) -> Service:
    """The host carries the main site and four more."""
    service.database.write_now(lambda db: db.execute(update(Bridge).values(seats=5)))
    await service.app[keys.STANDING].read_again()
    return service


@pytest.fixture
async def clerk(small: Service) -> httpx.AsyncClient:
    return await small.browser(small.account("clerk", "booker", unit="STTTT"))


def conferences(service: Service) -> list[Conference]:
    return service.database.read_now(lambda db: list(db.scalars(select(Conference).order_by(Conference.starts))))


async def test_the_offered_sittings_are_booked_as_one(small: Service, clerk: httpx.AsyncClient) -> None:
    data = form(small, *DISTRICTS)
    answer = await clerk.post("/book/check", data=data, headers={"HX-Request": "true"})
    assert "Có thể chia thành 3 phiên nối tiếp" in answer.text and answer.text.count("điểm cầu</li>") == 3
    (act,) = re.findall(BUTTON, answer.text)
    refused = await clerk.post("/book", data=data)
    assert refused.status_code == 409 and act in refused.text, "booked at once it is refused with the same offer"
    made = await clerk.post("/book", data=data | {"act": act})
    assert made.status_code == 303 and made.headers["location"].startswith("/series/")
    page = (await clerk.get(made.headers["location"])).text
    assert "Đã đăng ký 3 phiên, tính là một cuộc họp" in page
    rows = conferences(small)
    assert [row.state for row in rows] == ["planned"] * 3 and {row.counted_with for row in rows} == {rows[0].id}


async def test_when_they_do_not_fit_any_more_the_new_offer_is_shown(small: Service, clerk: httpx.AsyncClient) -> None:
    data = form(small, *DISTRICTS)
    answer = await clerk.post("/book/check", data=data, headers={"HX-Request": "true"})
    (act,) = re.findall(BUTTON, answer.text)
    starts = small.now + timedelta(days=8)
    rules: Any = small.app[keys.RULES]
    small.database.write_now(booked, "SNV", ("SNV", "HHOA"), starts, now=small.now, rules=rules)
    late = await clerk.post("/book", data=data | {"act": act})
    assert late.status_code == 409 and re.findall(BUTTON, late.text) not in ([], [act])
    assert len(conferences(small)) == 1, "nothing in part"
    for wrong in ("sittings:", "sittings:x", f"{act}-1"):
        assert (await clerk.post("/book", data=data | {"act": wrong})).status_code == 409
    missing = await clerk.post("/book", data=data | {"act": re.findall(BUTTON, late.text)[0], "title": ""})
    assert missing.status_code == 422 and len(conferences(small)) == 1


async def test_a_program_books_the_sittings_of_the_refusal_as_they_are(small: Service) -> None:
    program = small.program(small.account("may", "booker", unit="STTTT"))
    rooms = room_keys(small)
    starts = datetime.fromisoformat("2026-12-02T08:00:00+07:00")
    wish: dict[str, Any] = {
        "title": "Tập huấn", "kind": "training", "form": "online", "no_secrets": True, "starts": starts.isoformat(),
        "ends": (starts + timedelta(hours=2)).isoformat(), "sites": [rooms[code] for code in ("STTTT", *DISTRICTS)],
    }  # fmt: skip
    refused = await program.post("/api/v1/conferences", json=wish)
    assert refused.status_code == 409 and refused.json()["code"] == "no_capacity"
    parts = refused.json()["ways_out"]["sittings"]
    assert len(parts) == 3 and refused.json()["full"][0]["fits"] == 5
    series = {**wish, "counts": "once", "sessions": parts}
    unknown = {**parts[0], "sites": [*parts[0]["sites"], "nowhere"]}
    wrong = await program.post("/api/v1/series", json={**series, "sessions": [unknown, *parts[1:]]})
    assert wrong.json()["errors"][0]["field"].startswith("sessions.0.sites.")
    made = await program.post("/api/v1/series", json=series)
    assert made.status_code == 201, made.text
    rows = conferences(small)
    assert len(rows) == 3 and {row.counted_with for row in rows} == {rows[0].id}
    sites = small.database.read_now(lambda db: db.scalars(select(Series.wish)).one()["room_ids"])
    assert len(sites) == len(parts[0]["sites"]), "a date that is added is as large as one sitting"
