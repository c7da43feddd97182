"""Templates, the trial run along with a booking, and displacing by a change, for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.confsvc.conftest import Service
from tests.confsvc.pages.test_book import room_keys
from tests.confsvc.pages.test_displacing import WEEK, hold, state

URL = "/api/v1/templates"


@pytest.fixture
def clerk(service: Service) -> httpx.AsyncClient:
    return service.program(service.account("clerk", "booker", unit="STTTT"))


def template(service: Service, **changes: Any) -> dict[str, Any]:
    rooms = room_keys(service)
    return {
        "name": "Giao ban tuần", "title": "Giao ban", "kind": "briefing", "form": "online", "starts_at": "07:30",
        "minutes": 90, "sites": [rooms["STTTT"], rooms["HHOA"], rooms["LNAM"]], "units": ["TYEN"],
        "seats": [{"unit": "TYEN", "site": rooms["LNAM"]}],
        "guests": [{"name": "Bà B", "mail": "b@x.vn", "language": "en"}], "note": "Mang báo cáo", **changes,
    }  # fmt: skip


async def test_a_template_is_kept_read_changed_and_deleted(service: Service, clerk: httpx.AsyncClient) -> None:
    wanted = template(service)
    made = await clerk.post(URL, json=wanted)
    assert made.status_code == 201, made.text
    key = made.json()["key"]
    (read,) = (await clerk.get(URL)).json()["items"]
    assert {name: read[name] for name in wanted} == wanted
    assert (read["key"], read["host"], read["left_out"]) == (key, "STTTT", [])
    again = await clerk.post(URL, json=wanted)
    assert [(e["field"], e["code"]) for e in again.json()["errors"]] == [("name", "taken")]
    assert (await clerk.post(URL, json={**wanted, "replace": True, "note": "Khác"})).json() == {"key": key}
    renamed = await clerk.put(f"{URL}/{key}", json={**wanted, "name": "Giao ban tháng", "minutes": 120})
    assert renamed.status_code == 200, renamed.text
    (read,) = (await clerk.get(URL)).json()["items"]
    assert (read["name"], read["minutes"], read["note"], read["key"]) == ("Giao ban tháng", 120, "Mang báo cáo", key)
    assert (await clerk.delete(f"{URL}/{key}")).status_code == 204
    assert (await clerk.delete(f"{URL}/{key}")).status_code == 404
    assert (await clerk.get(URL)).json() == {"items": []}


async def test_what_is_wrong_is_said_and_other_offices_are_not_there(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    wrong = await clerk.post(URL, json=template(service, starts_at="24:00", minutes=0, title="?"))
    assert {e["field"] for e in wrong.json()["errors"]} == {"starts_at", "minutes", "title"}
    unknown = await clerk.post(URL, json=template(service, sites=["nowhere"]))
    assert ("sites.0", "no_such_room") in {(e["field"], e["code"]) for e in unknown.json()["errors"]}
    dated = await clerk.post(URL, json=template(service, letter_number="05/GM"))
    assert [e["code"] for e in dated.json()["errors"]] == ["unknown_field"]
    key = (await clerk.post(URL, json=template(service))).json()["key"]
    stranger = service.program(service.account("stranger", "booker", unit="SNV"))
    assert (await stranger.get(URL)).json() == {"items": []}
    assert (await stranger.get(URL, params={"host": "STTTT"})).status_code == 403
    assert (await stranger.post(URL, json=template(service, host="STTTT"))).status_code == 403
    assert (await stranger.put(f"{URL}/{key}", json=template(service))).status_code == 404
    assert (await stranger.delete(f"{URL}/{key}")).status_code == 404


async def test_the_trial_run_is_booked_along_or_a_warning_says_why_not(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    rooms, starts = room_keys(service), service.now + WEEK
    wish = {
        "title": "Tập huấn", "kind": "training", "form": "online", "starts": starts.isoformat(),
        "ends": (starts + timedelta(hours=2)).isoformat(), "sites": [rooms["STTTT"], rooms["HHOA"]],
        "no_secrets": True, "trial": True,
    }  # fmt: skip
    made = (await clerk.post("/api/v1/conferences", json=wish)).json()
    trial = (await clerk.get(f"/api/v1/conferences/{made['trial']}")).json()
    assert (trial["kind"], trial["title"], made["warnings"]) == ("line_test", "Trial run for Tập huấn", [])
    later = {
        **wish, "starts": (starts + timedelta(hours=5)).isoformat(), "ends": (starts + timedelta(hours=6)).isoformat(),
    }  # fmt: skip
    made = (await clerk.post("/api/v1/conferences", json=later)).json()
    assert made["trial"] is None
    (warning,) = made["warnings"]
    assert (warning["code"], warning["data"]["code"]) == ("no_trial", "room_taken")
    plain = (await clerk.post("/api/v1/conferences", json={**later, "trial": False, "draft": True})).json()
    assert plain["trial"] is None and plain["warnings"] == []


async def test_a_change_takes_rooms_from_others_for_whoever_may(service: Service) -> None:
    lost = hold(service, "SNV", "HHOA")
    chief = service.program(service.account("chief", "booker", "approver", unit="STTTT"))
    rooms, starts = room_keys(service), service.now + WEEK
    wish = {
        "title": "Flood", "kind": "emergency", "form": "online", "starts": (starts + timedelta(days=1)).isoformat(),
        "ends": (starts + timedelta(days=1, hours=2)).isoformat(), "sites": [rooms["STTTT"], rooms["HHOA"]],
        "no_secrets": True,
    }  # fmt: skip
    mine = (await chief.post("/api/v1/conferences", json=wish)).json()
    url = f"/api/v1/conferences/{mine['key']}/displacing"
    sooner = {**wish, "starts": starts.isoformat(), "ends": (starts + timedelta(hours=2)).isoformat()}
    seen = await chief.post(f"{url}/preview", json=sooner)
    assert [one["key"] for one in seen.json()["displaced"]] == [lost.key], seen.text
    assert state(service, lost) == "planned"
    unconfirmed = await chief.post(url, json={**sooner, "version": mine["version"]})
    assert (unconfirmed.status_code, unconfirmed.json()["code"]) == (409, "gives_way")
    old = await chief.post(url, json={**sooner, "version": 9, "confirmed": [lost.key]})
    assert old.status_code == 412
    elsewhere = await chief.post(f"{url}/preview", json={**sooner, "host": "SNV"})
    assert [e["code"] for e in elsewhere.json()["errors"]] == ["fixed"]
    made = await chief.post(url, json={**sooner, "version": mine["version"], "confirmed": [lost.key]})
    assert made.status_code == 200 and made.json()["key"] == mine["key"], made.text
    assert state(service, lost) == "pending" and made.headers["ETag"] == f'"v{made.json()["version"]}"'
    clerk = service.program(service.account("clerk", "booker", unit="STTTT"))
    assert (await clerk.post(f"{url}/preview", json=sooner)).status_code == 403
