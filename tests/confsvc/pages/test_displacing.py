"""Emergencies on the booking form and for programs: offered to who may, confirmed, answered by the displaced host."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from confsvc.web import keys
from scheduler.booking.booking import Booked
from scheduler.booking.queries import find_conference
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked
from tests.confsvc.pages.test_book import form, room_keys

WEEK = timedelta(days=8)
HX = {"HX-Request": "true"}


@pytest.fixture
async def chief(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("chief", "booker", "approver", unit="STTTT"))


def hold(service: Service, *codes: str) -> Booked:
    rules = service.app[keys.RULES]
    return service.database.write_now(
        booked, "SNV", codes, service.now + WEEK, now=service.now, rules=rules, kind="training"
    )


def state(service: Service, made: Booked) -> str:
    return service.database.read_now(lambda db: getattr(find_conference(db, made.key), "state", ""))


async def test_an_emergency_takes_the_hall_and_the_host_takes_the_other_time(
    service: Service, chief: httpx.AsyncClient
) -> None:
    lost = hold(service, "SNV", "HHOA", "LNAM")
    data = form(service, "HHOA", kind="emergency")
    shown = (await chief.post("/book/check", data=data, headers=HX)).text
    assert "data-offer" in shown and "1 cuộc họp, 3 điểm cầu" in shown
    assert state(service, lost) == "planned"
    keys_shown = re.findall(r'name="give_way" value="([^"]+)"', shown)
    assert keys_shown == [lost.key]
    refused = await chief.post("/book/displace", data=data)
    assert refused.status_code == 409 and "data-offer" in refused.text
    made = await chief.post("/book/displace", data={**data, "give_way": keys_shown})
    assert made.status_code == 303, made.text
    assert state(service, lost) == "pending"
    page = (await chief.get(made.headers["Location"])).text
    assert 'id="took"' in page
    host = await service.browser(service.account("host", "booker", unit="SNV"))
    page = (await host.get(f"/conferences/{lost.key}")).text
    assert 'id="gave-way"' in page
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    assert (await host.get("/")).text.count("#displaced") == 1
    taken = await host.post(f"/conferences/{lost.key}/time", data={"version": version, "act": "accept"})
    assert taken.status_code == 303 and state(service, lost) == "planned"
    assert 'id="gave-way"' not in (await host.get(f"/conferences/{lost.key}")).text


async def test_others_never_see_the_offer_and_may_not(service: Service) -> None:
    lost = hold(service, "SNV", "HHOA")
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    data = form(service, "HHOA", kind="emergency")
    assert "data-offer" not in (await clerk.post("/book/check", data=data, headers=HX)).text
    assert (await clerk.post("/book/displace", data={**data, "give_way": [lost.key]})).status_code == 403
    chief = await service.browser(service.account("chief", "booker", "approver", unit="STTTT"))
    data["kind"] = "briefing"  # the rule lets them do it for emergencies
    assert "data-offer" not in (await chief.post("/book/check", data=data, headers=HX)).text
    assert state(service, lost) == "planned"


async def test_programs_preview_confirm_and_answer(service: Service) -> None:
    lost = hold(service, "SNV", "HHOA")
    chief = service.program(service.account("chief", "booker", "approver", unit="STTTT"))
    rooms, starts = room_keys(service), service.now + WEEK
    wish = {
        "title": "Flood", "kind": "emergency", "form": "online", "starts": starts.isoformat(),
        "ends": (starts + timedelta(hours=2)).isoformat(), "sites": [rooms["STTTT"], rooms["HHOA"]], "no_secrets": True,
    }  # fmt: skip
    seen = await chief.post("/api/v1/conferences/displacing/preview", json=wish)
    assert seen.status_code == 200, seen.text
    assert [one["key"] for one in seen.json()["displaced"]] == [lost.key]
    refused = await chief.post("/api/v1/conferences/displacing", json=wish)
    assert (refused.status_code, refused.json()["code"]) == (409, "gives_way")
    assert refused.json()["data"]["wanted"] == ["keys"]
    made = await chief.post("/api/v1/conferences/displacing", json={**wish, "confirmed": [lost.key]})
    assert made.status_code == 201 and made.json()["displaced"][0]["outcome"] == "asked"
    host = service.program(service.account("host", "booker", unit="SNV"))
    version = (await host.get(f"/api/v1/conferences/{lost.key}")).json()["version"]
    answer = await host.post(f"/api/v1/conferences/{lost.key}/time/refuse", json={"version": version})
    assert answer.status_code == 200 and state(service, lost) == "postponed"
    again = await host.post(f"/api/v1/conferences/{lost.key}/time/accept", json={"version": version + 1})
    assert (again.status_code, again.json()["code"]) == (403, "not_asked")


async def test_a_meeting_that_is_changed_into_an_emergency_is_offered_the_same(
    service: Service, chief: httpx.AsyncClient
) -> None:
    lost = hold(service, "SNV", "HHOA", "LNAM")
    away = form(service, "HHOA", kind="emergency", date="03/12/2026")
    mine = (await chief.post("/book", data=away)).headers["Location"]
    page = (await chief.get(f"{mine}/edit")).text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    data = {**form(service, "HHOA", kind="emergency"), "version": version}
    shown = (await chief.post(f"{mine}/check", data=data, headers=HX)).text
    assert "data-offer" in shown and f'formaction="{mine}/displace"' in shown
    refused = await chief.post(f"{mine}/edit", data=data)
    assert refused.status_code == 409 and "data-offer" in refused.text and state(service, lost) == "planned"
    unconfirmed = await chief.post(f"{mine}/displace", data=data)
    assert unconfirmed.status_code == 409 and 'name="version"' in unconfirmed.text
    stale = await chief.post(f"{mine}/displace", data={**data, "give_way": [lost.key], "version": "9"})
    assert stale.status_code == 409 and "data-offer" not in stale.text
    saved = await chief.post(f"{mine}/displace", data={**data, "give_way": [lost.key]})
    assert saved.status_code == 303, saved.text
    assert saved.headers["Location"] == mine and state(service, lost) == "pending"
    assert 'id="took"' in (await chief.get(mine)).text
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    assert (await clerk.post(f"{mine}/displace", data={**data, "give_way": [lost.key]})).status_code in (403, 422)
