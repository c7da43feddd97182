"""Closing rooms, lines and the host: operators do it, everybody sees it, programs too."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from rooms.models import Change
from scheduler.models import Bridge, Conference
from tests.confsvc.conftest import START, Service

SPAN = {"starts_date": "02/12/2026", "starts_time": "07:00", "ends_date": "02/12/2026", "ends_time": "17:00"}
FORM = {"kind": "maintenance", "reason": "Thay máy chiếu", "find": "", **SPAN}
API = "/api/v1/closures"


@pytest.fixture
async def operator(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("van-hanh", "operator", unit="STTTT", at=None))


async def room_of(service: Service, unit: str) -> str:
    program = service.program(service.account(f"doc-{unit.lower()}", "booker", unit=unit))
    return str((await program.get("/api/v1/rooms", params={"unit": unit})).json()["items"][0]["key"])


async def test_a_closed_room_is_seen_and_refused_until_it_is_lifted(
    service: Service, operator: httpx.AsyncClient
) -> None:
    room = await room_of(service, "SNV")
    checked = await operator.post("/closures", data=FORM | {"sites": room, "act": "check"})
    assert checked.status_code == 200 and "Không có cuộc họp nào trong thời gian đó" in checked.text
    assert (await operator.post("/closures", data=FORM | {"sites": room})).status_code == 303
    page = await operator.get("/closures")
    assert "Thay máy chiếu" in page.text and "Mở lại" in page.text
    clerk = await service.browser(service.account("can-bo", "booker", unit="SNV"))
    assert "Thay máy chiếu" in (await clerk.get("/closures")).text
    day = (await clerk.get("/timeline?day=2026-12-02&q=noi+vu")).text
    assert "cell-maintenance" in day and "Thay máy chiếu" in day
    assert "shut" in (await clerk.get("/timeline?day=2026-12-02&view=week&q=noi+vu")).text
    program = service.program(service.account("may", "booker", unit="SNV"))
    span = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-04T00:00:00Z"}
    (busy,) = (await program.get("/api/v1/rooms/busy", params=span)).json()["items"]
    assert (busy["unit"], busy["conference"], busy["closed"]) == ("", None, "Thay máy chiếu")
    wish = {
        "title": "Giao ban", "kind": "briefing", "form": "online", "sites": [room], "no_secrets": True,
        "starts": "2026-12-02T08:00:00+07:00", "ends": "2026-12-02T09:00:00+07:00",
    }  # fmt: skip
    refused = await program.post("/api/v1/conferences", json=wish)
    assert refused.status_code == 409 and refused.json()["taken"][0]["unit"] == "Thay máy chiếu"
    key = (await program.get(API)).json()["items"][0]["key"]
    assert (await operator.post(f"/closures/{key}/lift")).status_code == 303
    assert (await program.post("/api/v1/conferences", json=wish)).status_code == 201
    acts = service.database.read_now(
        lambda db: list(db.scalars(select(Change.act).where(Change.subject_kind == "closure")))
    )
    assert acts == ["added", "lifted"]


async def test_what_is_booked_is_named_to_whoever_may_know_it(service: Service, operator: httpx.AsyncClient) -> None:
    program = service.program(service.account("may", "booker", unit="SNV"))
    room = await room_of(service, "SNV")
    wish = {
        "title": "Giao ban tuần", "kind": "briefing", "form": "online", "sites": [room], "no_secrets": True,
        "starts": "2026-12-02T08:00:00+07:00", "ends": "2026-12-02T09:00:00+07:00",
    }  # fmt: skip
    assert (await program.post("/api/v1/conferences", json=wish)).status_code == 201
    answer = await operator.post("/closures", data=FORM | {"sites": room})
    assert answer.status_code == 409 and "Giao ban tuần" in answer.text and "Sở Nội vụ" in answer.text
    seen = answer.text.partition('name="seen" value="')[2].partition('"')[0]
    unsure = await operator.post("/closures", data=FORM | {"sites": room, "seen": seen})
    assert unsure.status_code == 409, "the box was not ticked"
    sure = await operator.post("/closures", data=FORM | {"sites": room, "seen": seen, "confirmed": "1"})
    assert sure.status_code == 303
    booked = service.database.read_now(lambda db: db.scalars(select(Conference)).one())
    assert (booked.trouble, booked.state) == ("place_closed", "planned")
    clerk = await service.browser(service.account("van-thu", "booker", unit="SNV"))
    for reader in (operator, clerk):
        assert "tạm ngừng vào giờ họp" in (await reader.get(f"/conferences/{booked.key}")).text
        assert "tạm ngừng vào giờ họp" in (await reader.get("/")).text
    again = await operator.post("/closures", data=FORM | {"sites": room})
    assert again.status_code == 409 and "đã có lịch tạm ngừng" in again.text
    bridge = service.database.read_now(lambda db: db.scalars(select(Bridge)).one())
    answer = await operator.post("/closures", data=FORM | {"hosts": str(bridge.id)})
    assert answer.status_code == 409 and "Giao ban tuần" in answer.text


async def test_programs_confirm_with_what_the_refusal_said(service: Service) -> None:
    booker = service.program(service.account("may", "booker", unit="SNV"))
    room = await room_of(service, "SNV")
    wish = {
        "title": "Giao ban tuần", "kind": "briefing", "form": "online", "sites": [room], "no_secrets": True,
        "starts": "2026-12-02T08:00:00+07:00", "ends": "2026-12-02T09:00:00+07:00",
    }  # fmt: skip
    assert (await booker.post("/api/v1/conferences", json=wish)).status_code == 201
    program = service.program(service.account("van-hanh", "operator", unit="STTTT", at=None))
    body = {"reason": "Kiểm tra điện", "rooms": [room], "starts": wish["starts"], "ends": wish["ends"]}
    refused = await program.post(API, json=body)
    assert refused.status_code == 409 and refused.json()["code"] == "still_booked"
    assert refused.json()["data"]["hits"][0]["unit"] == "Sở Nội vụ" and "title" not in refused.json()["data"]["hits"][0]
    assert (await program.post(API, json=body | {"seen": "0" * 16})).status_code == 409
    assert (await program.post(API, json=body | {"seen": refused.json()["data"]["seen"]})).status_code == 201


async def test_what_is_wrong_is_said_at_its_field(operator: httpx.AsyncClient) -> None:
    answer = await operator.post("/closures", data=FORM | {"reason": ""})
    assert answer.status_code == 422 and 'href="#f-reason"' in answer.text and 'href="#f-sites"' in answer.text
    answer = await operator.post("/closures", data=FORM | {"starts_date": "x", "ends_time": ""})
    assert answer.status_code == 422 and 'href="#f-starts_date"' in answer.text and 'href="#f-ends_time"' in answer.text


async def test_programs_close_and_lift(service: Service) -> None:
    room = await room_of(service, "SNV")
    program = service.program(service.account("van-hanh", "operator", unit="STTTT", at=None))
    body = {
        "reason": "Kiểm tra điện", "rooms": [room], "hosts": [],
        "starts": (START + timedelta(days=5)).isoformat(), "ends": (START + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    wrong = await program.post(API, json=body | {"rooms": ["khongco9"], "lines": ["?"], "hosts": ["?"]})
    assert {e["field"]: e["code"] for e in wrong.json()["errors"]} == {
        "rooms.0": "no_such_room", "lines.0": "unknown", "hosts.0": "unknown",
    }  # fmt: skip
    made = await program.post(API, json=body)
    assert made.status_code == 201
    (item,) = (await program.get(API)).json()["items"]
    assert (item["key"], item["reason"], item["lifted"]) == (made.json()["key"], "Kiểm tra điện", None)
    assert (await program.post(f"{API}/{item['key']}/lift")).status_code == 200
    assert (await program.post(f"{API}/2222222222/lift")).status_code == 404
    (item,) = (await program.get(API)).json()["items"]
    assert item["lifted"] is not None
