"""The page and the API that say what fits at once."""

from __future__ import annotations

import re
from html import unescape

from sqlalchemy import update

from confsvc.web import keys
from scheduler.models import Bridge
from tests.confsvc.conftest import Service

ASK = {"groups": "district", "date": "02/12/2026", "start": "08:00", "end": "10:00"}


async def test_ten_districts_fit_and_a_small_host_wants_sittings(service: Service) -> None:
    clerk = await service.browser(service.account("can-bo", "booker", unit="SNV"))
    page = await clerk.get("/what-if")
    assert page.status_code == 200 and 'id="found"' not in page.text
    page = await clerk.get("/what-if", params=ASK)
    assert "Họp được cùng lúc" in page.text and "10 cơ quan" in page.text
    service.database.write_now(lambda db: db.execute(update(Bridge).values(seats=5)))
    await service.app[keys.STANDING].read_again()
    page = await clerk.get("/what-if", params=ASK)
    assert "Không họp được cùng lúc" in page.text and "Chia thành 3 phiên" in page.text
    (first, *_) = [unescape(href) for href in re.findall(r'href="(/book\?[^"]+)"', page.text)]
    form = await clerk.get(first)
    assert form.status_code == 200 and form.text.count("checked") >= 4 and 'value="02/12/2026"' in form.text
    program = service.program(service.account("may", "booker", unit="SNV"))
    query = {"groups": ["district"], "starts": "2026-12-02T08:00:00+07:00", "ends": "2026-12-02T10:00:00+07:00"}
    told = (await program.get("/api/v1/what-if", params=query)).json()
    assert (told["offices"], told["seats"], told["whole"]["ok"], len(told["sittings"])) == (10, 5, False, 3)
    assert told["whole"]["full"][0]["fits"] == 5 and all(sitting["ok"] for sitting in told["sittings"])
    wrong = await program.get("/api/v1/what-if", params=query | {"ends": query["starts"]})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["code"] == "before_start"


async def test_a_mistyped_time_is_said_at_its_field(service: Service) -> None:
    clerk = await service.browser(service.account("can-bo", "booker", unit="SNV"))
    page = await clerk.get("/what-if", params=ASK | {"end": "07:00", "date": "32/12/2026"})
    assert page.status_code == 200 and 'id="e-date"' in page.text
    page = await clerk.get("/what-if", params=ASK | {"end": "07:00"})
    assert 'id="e-end"' in page.text
