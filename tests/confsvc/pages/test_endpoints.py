"""Endpoints and pairing: the state of every device in word, shape and colour; codes, limits, revocation."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from sqlalchemy import select, update

from confsvc.web import keys
from confsvc.web.endpoint import HUB
from rooms.fleet_queries import FleetRow, list_fleet
from rooms.models import Change, Endpoint, Pairing
from rooms.pairing import start
from scheduler.local_time import local_day
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked, pair_all


def _rooms(service: Service) -> dict[str, FleetRow]:
    rows = service.database.read_now(list_fleet, local_day(service.now), unit_ids=None)
    return {row.unit_code: row for row in rows}


def _code(service: Service) -> str:
    started = service.database.write_now(
        start, model="Chromium 156", app_version="0.1.0", address="10.24.0.9", now=service.now
    )
    return started.user_code.replace("-", "")


async def _operator(service: Service, unit: str | None = None) -> httpx.AsyncClient:
    made = service.account("operator", "operator", unit="STTTT", at="own" if unit else None)
    return await service.browser(made)


def _tiles(page: httpx.Response) -> list[int]:
    return [int(n) for n in re.findall(r'class="tile[^>]*><b>(\d+)</b>', page.text)]


async def test_each_link_state_has_its_word_and_shape(service: Service) -> None:
    service.database.write_now(pair_all, ("HHOA", "YTHE", "TYEN", "LNAM"), now=service.now)
    rooms = _rooms(service)
    for code, seconds in (("YTHE", 70), ("TYEN", 600), ("LNAM", None)):
        seen = service.now - timedelta(seconds=seconds) if seconds else None
        row = update(Endpoint).where(Endpoint.id == rooms[code].endpoint_id).values(last_seen=seen)
        service.database.write_now(lambda db, row=row: db.execute(row) and None)
    operator = await _operator(service)
    page = await operator.get("/endpoints")
    assert _tiles(page) == [1, 1, 1, 1, 30]
    for tone, label in (
        ("confirmed", "đang kết nối"), ("late", "chưa báo về"), ("lost", "mất kết nối"), ("draft", "Chưa có thiết bị"),
    ):  # fmt: skip
        assert re.search(rf'st-{tone}">[^<]*{label}', page.text), label
    problems = await operator.get("/endpoints", params={"problems": "1"})
    assert re.findall(r'href="/endpoints/\w+">([^<]*)<', problems.text) == ["Yên Thế", "Tân Yên", "Lục Nam"]
    assert "Hiệp Hòa" in (await operator.get("/endpoints", params={"q": "hiep hoa"})).text


async def test_the_hub_knows_the_present(service: Service) -> None:
    service.database.write_now(pair_all, ("HHOA",), now=service.now - timedelta(hours=1))
    room, hub = _rooms(service)["HHOA"], service.app[HUB]
    assert room.endpoint_id is not None
    operator = await _operator(service)
    assert _tiles(await operator.get("/endpoints"))[:3] == [0, 0, 1]
    hub.connect(room.endpoint_id, room.room_id, app="0.2.0", now=service.now)
    page = await operator.get("/endpoints")
    assert _tiles(page)[:3] == [1, 0, 0] and "0.2.0" in page.text


async def test_todays_next_meeting_stands_at_its_room(service: Service) -> None:
    starts = service.now + timedelta(hours=3)
    key = service.database.write_now(
        booked, "STTTT", ("STTTT", "HHOA"), starts, now=service.now, rules=service.app[keys.RULES]
    ).key
    page = await (await _operator(service)).get("/endpoints", params={"q": "hiep hoa"})
    assert f'href="/conferences/{key}">11:00 Tập huấn' in page.text


async def test_a_device_is_paired_by_its_code(service: Service) -> None:
    code, room, operator = _code(service), _rooms(service)["HHOA"], await _operator(service)
    assert code[:4] + "-" + code[4:] in (await operator.get("/endpoints")).text
    page = await operator.get("/pair", params={"c": f"{code[:4].lower()} {code[4:]}", "q": "hiep hoa"})
    assert "10.24.0.9" in page.text and "Chromium 156" in page.text and room.room_key in page.text
    missing = await operator.post("/pair", data={"c": code, "act": "confirm"})
    assert missing.status_code == 422 and "Hãy chọn phòng." in missing.text
    answer = await operator.post("/pair", data={"c": code, "act": "confirm", "room": room.room_key})
    assert answer.headers["Location"] == f"/endpoints/{room.room_key}"
    assert _rooms(service)["HHOA"].paired_at == service.now
    assert code not in (await operator.get("/endpoints")).text.replace("-", "")


async def test_a_device_is_refused(service: Service) -> None:
    code, operator = _code(service), await _operator(service)
    assert (await operator.post("/pair", data={"c": code, "act": "deny"})).status_code == 303
    state = service.database.read_now(lambda db: db.scalar(select(Pairing.state)))
    assert state == "denied"


async def test_wrong_codes_are_limited_for_looking_and_for_confirming(service: Service) -> None:
    code, operator = _code(service), await _operator(service)
    for _ in range(5):
        wrong = await operator.get("/pair", params={"c": "BBBBBBBB"})
        assert wrong.status_code == 422 and "Không có thiết bị nào" in wrong.text
    assert "quá nhiều lần" in (await operator.get("/pair", params={"c": code})).text
    room = _rooms(service)["HHOA"].room_key
    refused = await operator.post("/pair", data={"c": code, "act": "confirm", "room": room})
    assert refused.status_code >= 400
    service.wait(seconds=61)
    assert (await operator.post("/pair", data={"c": code, "act": "confirm", "room": room})).status_code == 303


async def test_an_offices_operator_pairs_its_own_rooms_only(service: Service) -> None:
    code, operator = _code(service), await _operator(service, "STTTT")
    rooms = _rooms(service)
    page = await operator.get("/pair", params={"c": code})
    assert rooms["STTTT"].room_key in page.text and rooms["HHOA"].room_key not in page.text
    other = await operator.post("/pair", data={"c": code, "act": "confirm", "room": rooms["HHOA"].room_key})
    assert other.status_code == 404
    assert _rooms(service)["HHOA"].paired_at is None
    assert (await operator.get(f"/endpoints/{rooms['HHOA'].room_key}")).status_code == 404


async def test_revoking_says_what_it_does_and_leaves_a_trace(service: Service) -> None:
    service.database.write_now(pair_all, ("HHOA",), now=service.now)
    room, operator = _rooms(service)["HHOA"], await _operator(service)
    page = await operator.get(f"/endpoints/{room.room_key}")
    assert "không tự động vào phòng họp cho đến khi ghép nối lại" in page.text
    answer = await operator.post(f"/endpoints/{room.room_key}/revoke", data={"reason": "máy hỏng"})
    assert answer.status_code == 303
    after = _rooms(service)["HHOA"]
    assert after.endpoint_id is None
    last = service.database.read_now(lambda db: db.scalars(select(Change).order_by(Change.id.desc())).first())
    assert (last.subject_kind, last.act, last.reason) == ("endpoint", "revoked", "máy hỏng")
    again = await operator.post(f"/endpoints/{room.room_key}/revoke", data={"reason": ""})
    assert again.status_code == 404
