"""Busy times: the bytes are what the description says, and a stranger learns who and until when, never what."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from confsvc.web.api.shown import BusyListOut
from rooms.models import Room, Unit, UnitName
from rooms.queries import add_names, set_name_until
from scheduler.models import Reservation
from tests.confsvc.conftest import Service

URL = "/api/v1/rooms/busy"
SPAN = {"from": "2026-12-14T00:00:00+07:00", "to": "2026-12-20T00:00:00+07:00"}
TITLE = "Tập huấn an toàn thông tin"


def wish(**over: Any) -> dict[str, Any]:
    return {
        "title": TITLE, "kind": "training", "form": "online", "starts": "2026-12-15T08:00:00+07:00",
        "ends": "2026-12-15T11:00:00+07:00", "no_secrets": True, **over,
    }  # fmt: skip


@pytest.fixture
def clerk(service: Service) -> httpx.AsyncClient:
    return service.program(service.account("clerk", "booker", unit="STTTT"))


@pytest.fixture
async def halls(clerk: httpx.AsyncClient) -> dict[str, str]:
    """Keys of rooms by the unit that holds them, of the host and two districts."""
    rooms = (await clerk.get("/api/v1/rooms")).json()["items"]
    districts = {unit["code"] for unit in (await clerk.get("/api/v1/units?level=district")).json()["items"]}
    own = {room["unit"]: room["key"] for room in rooms if room["unit"] == "STTTT"}
    others = {room["unit"]: room["key"] for room in rooms if room["unit"] in districts}
    return own | dict(list(others.items())[:2])


async def test_the_bytes_are_those_of_the_described_model(
    service: Service, clerk: httpx.AsyncClient, halls: dict[str, str]
) -> None:
    """Also with parts of seconds, as a conference leaves them that ended early, and with rooms only asked for."""
    for hour in ("08", "14"):
        ends = f"2026-12-15T{int(hour) + 2:02}:00:00+07:00"
        sites = list(halls.values())
        made = await clerk.post(
            "/api/v1/conferences", json=wish(starts=f"2026-12-15T{hour}:00:00+07:00", ends=ends, sites=sites)
        )
        assert made.status_code == 201, made.text

    def odd(db: Any) -> None:
        first = db.query(Reservation).filter(Reservation.room_id.is_not(None)).order_by(Reservation.id).first()
        first.ends = first.ends.replace(microsecond=120)
        first.holds = False

    service.database.write_now(odd)
    answer = await clerk.get(URL, params=SPAN)
    read = BusyListOut.model_validate_json(answer.content)
    assert read.model_dump_json().encode() == answer.content
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert len(read.items) == 2 * len(halls)
    assert [item.holds for item in read.items].count(False) == 1
    assert {item.ends.microsecond for item in read.items} == {0, 120}
    order = service.database.read_now(lambda db: [room.key for room in db.query(Room).order_by(Room.id)])
    assert [(i.room, i.starts) for i in read.items] == sorted(
        ((i.room, i.starts) for i in read.items), key=lambda pair: (order.index(pair[0]), pair[1])
    )
    assert (await clerk.get(URL, params={**SPAN, "to": "2026-12-14T01:00:00+07:00"})).content == b'{"items":[]}'


async def test_a_stranger_learns_who_and_until_when_a_guest_also_what_for(
    service: Service, clerk: httpx.AsyncClient, halls: dict[str, str]
) -> None:
    made = await clerk.post("/api/v1/conferences", json=wish(sites=list(halls.values())))
    key = made.json()["key"]
    guest = next(code for code in halls if code != "STTTT")
    asked = {
        "host": clerk,
        "guest": service.program(service.account("guest", "site_contact", unit=guest)),
        "all": service.program(service.account("all", "leader", unit="SYT", at=None)),
        "stranger": service.program(service.account("stranger", "booker", unit="SYT")),
    }
    for name, client in asked.items():
        answer = await client.get(URL, params=SPAN)
        items = answer.json()["items"]
        assert {item["room"] for item in items} == set(halls.values()), name
        assert {(item["unit"], item["starts"], item["ends"]) for item in items} == {
            ("Sở TT&TT", "2026-12-15T00:45:00Z", "2026-12-15T04:00:00Z")
        }
        assert {item["conference"] for item in items} == {None if name == "stranger" else key}, name
        assert (key in answer.text) == (name != "stranger")
        assert TITLE not in answer.text


async def test_units_are_called_as_on_the_day(
    service: Service, clerk: httpx.AsyncClient, halls: dict[str, str]
) -> None:
    for day in ("15", "17"):
        span = {"starts": f"2026-12-{day}T08:00:00+07:00", "ends": f"2026-12-{day}T09:00:00+07:00"}
        await clerk.post("/api/v1/conferences", json=wish(sites=[halls["STTTT"]], **span))

    def rename(db: Any) -> None:
        unit = db.query(Unit).filter_by(code="STTTT").one()
        old = db.query(UnitName).filter_by(unit_id=unit.id, valid_to=None).one()
        set_name_until(db, old.id, date(2026, 12, 15))
        new = {"unit_id": unit.id, "name": "Sở Khoa học và Công nghệ", "short": 'Sở "KH&CN"', "name_en": "",
               "search_key": "so khcn", "valid_from": date(2026, 12, 16), "valid_to": None}  # fmt: skip
        add_names(db, [new])

    service.database.write_now(rename)
    items = (await clerk.get(URL, params=SPAN)).json()["items"]
    assert [item["unit"] for item in items] == ["Sở TT&TT", 'Sở "KH&CN"']
