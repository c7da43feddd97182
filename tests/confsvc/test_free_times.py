"""Free times and refused bookings for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from confsvc.web import keys
from scheduler.booking.booking import GuestWish
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked
from tests.confsvc.pages.test_book import room_keys

WEEK = timedelta(days=8)
FREE = "/api/v1/free-times"


@pytest.fixture
def program(service: Service) -> httpx.AsyncClient:
    return service.program(service.account("clerk", "booker", unit="STTTT"))


def hold(service: Service, *codes: str, **changes: Any) -> None:
    """Wednesday 2 December 08:00-10:00."""
    rules = service.app[keys.RULES]
    service.database.write_now(booked, "SNV", codes, service.now + WEEK, now=service.now, rules=rules, **changes)


async def test_the_nearest_times_of_rooms_and_people(service: Service, program: httpx.AsyncClient) -> None:
    hold(service, "HHOA")
    hold(service, "TYEN", guests=(GuestWish("Bà B", "b@x.vn"),))
    rooms = room_keys(service)
    asked = {"from": "2026-12-02", "to": "2026-12-02", "minutes": 60, "most": 2}
    answer = await program.get(FREE, params={"sites": [rooms["HHOA"], rooms["LNAM"]], **asked})
    assert answer.json() == {"items": [
        {"starts": "2026-12-02T03:15:00Z", "ends": "2026-12-02T04:15:00Z", "misses": []},
        {"starts": "2026-12-02T03:30:00Z", "ends": "2026-12-02T04:30:00Z", "misses": []},
    ]}  # fmt: skip
    wished = {"sites": [rooms["LNAM"]], "optional": [rooms["HHOA"]], **asked, "most": 1, "to": "2026-12-03"}
    optional = await program.post(FREE, json=wished)
    assert [item["starts"] for item in optional.json()["items"]] == ["2026-12-02T03:15:00Z"]
    late = {**wished, "minutes": 240, "at": "07:30", "most": 1}
    missed = await program.post(FREE, json=late)
    assert missed.json()["items"] == [
        {"starts": "2026-12-02T00:30:00Z", "ends": "2026-12-02T04:30:00Z", "misses": [rooms["HHOA"]]}
    ]
    people = await program.post(FREE, json={**wished, "optional": [], "people": ["B@x.vn"]})
    assert people.json()["items"][0]["starts"] == "2026-12-02T03:00:00Z", "a person needs no time to be set up"


async def test_without_days_the_next_five_working_ones_are_looked_at(
    service: Service, program: httpx.AsyncClient
) -> None:
    rooms = room_keys(service)
    answer = await program.get(FREE, params={"sites": rooms["LNAM"], "minutes": 720, "most": 50})
    assert [item["starts"][:10] for item in answer.json()["items"]] == [
        "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01",
    ]  # fmt: skip


async def test_what_cannot_be_asked_is_said_field_by_field(service: Service, program: httpx.AsyncClient) -> None:
    rooms = room_keys(service)
    wrong = {"sites": ["nowhere"], "optional": ["nothing"], "from": "2026-12-03", "to": "2026-12-02"}
    answer = await program.post(FREE, json=wrong)
    assert answer.status_code == 422
    assert {(e["field"], e["code"]) for e in answer.json()["errors"]} == {
        ("sites.0", "no_such_room"), ("optional.0", "no_such_room"), ("to", "before_start"),
    }  # fmt: skip
    long = await program.get(FREE, params={"sites": rooms["LNAM"], "from": "2026-12-01", "to": "2027-12-01"})
    assert [e["code"] for e in long.json()["errors"]] == ["span_too_long"]
    for params in ({}, {"sites": rooms["LNAM"], "minutes": "0"}, {"sites": rooms["LNAM"], "at": "25:00"}):
        assert (await program.get(FREE, params=params)).status_code == 422


async def test_a_refused_booking_says_the_ways_out(service: Service, program: httpx.AsyncClient) -> None:
    hold(service, "HHOA")
    rooms = room_keys(service)
    wish = {
        "title": "Giao ban", "kind": "briefing", "form": "online", "host": "STTTT", "no_secrets": True,
        "starts": "2026-12-02T08:00:00+07:00", "ends": "2026-12-02T10:00:00+07:00",
        "sites": [rooms["STTTT"], rooms["HHOA"], rooms["TYEN"]],
    }  # fmt: skip
    for path in ("/api/v1/conferences", "/api/v1/conferences/check"):
        answer = await program.post(path, json=wish)
        ways = answer.json()["ways_out"]
        assert [time["starts"] for time in ways["times"]] == [
            "2026-12-02T06:30:00Z", "2026-12-02T07:30:00Z", "2026-12-03T01:00:00Z",
        ]  # fmt: skip
        assert ways["smaller"] == [{"code": "without_sites", "sites": [rooms["HHOA"]]}]
        assert [(way["instead_of"], way["site"]) for way in ways["shared"]] == [(rooms["HHOA"], rooms["TYEN"])]
    seat = {"unit": "HHOA", "site": rooms["TYEN"]}
    shared = {**wish, "sites": [rooms["STTTT"], rooms["TYEN"]], "units": ["HHOA"], "seats": [seat]}
    made = await program.post("/api/v1/conferences", json=shared)
    assert made.status_code == 201, made.text
    note = await program.patch(f"/api/v1/conferences/{made.json()['key']}", json={"version": 1, "note": "Mới"})
    assert note.status_code == 200
    refused = await program.patch(
        f"/api/v1/conferences/{made.json()['key']}", json={"version": 2, "sites": [rooms["STTTT"], rooms["HHOA"]],
        "seats": [], "units": []},
    )  # fmt: skip
    assert refused.status_code == 409 and refused.json()["ways_out"]["times"]


async def test_somebody_in_two_places_is_a_warning_to_be_confirmed(
    service: Service, program: httpx.AsyncClient
) -> None:
    hold(service, "HHOA", guests=(GuestWish("Bà B", "b@x.vn"),))
    wish = {
        "title": "Giao ban", "kind": "briefing", "form": "online", "host": "STTTT", "no_secrets": True,
        "starts": "2026-12-02T08:00:00+07:00", "ends": "2026-12-02T10:00:00+07:00",
        "sites": [room_keys(service)["STTTT"]], "guests": [{"name": "Bà B", "mail": "b@x.vn"}],
    }  # fmt: skip
    found = (await program.post("/api/v1/conferences/check", json=wish)).json()
    assert [warning["code"] for warning in found["warnings"]] == ["person_clash"]
    assert "Bà B sits in a meeting of Sở Nội vụ from 08:00 02/12/2026 until 10:00 02/12/2026." in str(found["warnings"])
    assert found["ways_out"] is None
    refused = await program.post("/api/v1/conferences", json=wish)
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("clash_confirmed", "required")]
    assert (await program.post("/api/v1/conferences", json={**wish, "clash_confirmed": True})).status_code == 201
