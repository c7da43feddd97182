"""Postponing together through the page, for programs and on the command line."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc import accounts, parts
from confsvc.i18n import text
from confsvc.models import RoleGrant
from confsvc.web import keys
from confsvc.web.errors import FIELD_TEXTS
from scheduler.booking.booking import Booked
from scheduler.booking.queries import find_conference
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked

WEEK = timedelta(days=8)  # 2 December 08:00
NOTICE = "Hoãn để tập trung phòng, chống bão"


@pytest.fixture
async def office(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("office", "booker", unit="VPUB", at=None))


def some(service: Service) -> list[Booked]:
    rules, now = service.app[keys.RULES], service.now
    return [
        service.database.write_now(booked, host, (host, site), now + WEEK, now=now, rules=rules, kind="training")
        for host, site in (("SNV", "HHOA"), ("STTTT", "LNAM"))
    ]


def states(service: Service, made: list[Booked]) -> list[str]:
    return service.database.read_now(lambda db: [getattr(find_conference(db, one.key), "state", "") for one in made])


def form(**changes: Any) -> dict[str, Any]:
    return {
        "since": "01/12/2026", "until": "02/12/2026", "kinds": ["training", "briefing"], "notice": NOTICE,
        "act": "look", **changes,
    }  # fmt: skip


async def test_looked_at_postponed_and_brought_back(service: Service, office: httpx.AsyncClient) -> None:
    made = some(service)
    assert 'name="since" type="text" value="24/11/2026"' in (await office.get("/postpone")).text
    shown = (await office.post("/postpone", data=form())).text
    assert "2 cuộc họp, 4 điểm cầu" in shown and states(service, made) == ["planned"] * 2
    seen = re.findall(r'name="seen" value="([^"]+)"', shown)[0]
    stale = await office.post("/postpone", data=form(act="go", seen="x"))
    assert stale.status_code == 422 and text(FIELD_TEXTS["others_now"], "vi") in stale.text
    assert states(service, made) == ["planned"] * 2
    silent = await office.post("/postpone", data=form(act="go", seen=seen, notice=" "))
    assert silent.status_code == 422
    went = await office.post("/postpone", data=form(act="go", seen=seen))
    assert went.status_code == 303
    assert 'hx-trigger="every 2s"' in (await office.get(went.headers["Location"])).text
    await service.app[parts.JOBS].tick()
    assert states(service, made) == ["postponed"] * 2
    page = (await office.get(went.headers["Location"])).text
    assert 'hx-trigger="every 2s"' not in page
    back = await office.post(f"{went.headers['Location']}/back")
    assert back.status_code == 303
    await service.app[parts.JOBS].tick()
    assert states(service, made) == ["planned"] * 2
    assert f"{back.headers['Location']}/back" not in (await office.get(back.headers["Location"])).text


async def test_an_office_postpones_only_its_own(service: Service) -> None:
    made = some(service)
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    shown = (await clerk.post("/postpone", data=form())).text
    assert "1 cuộc họp, 2 điểm cầu" in shown
    wrong = await clerk.post("/postpone", data=form(host="SNV"))
    assert wrong.status_code == 422
    wrong = await clerk.post("/postpone", data=form(until="30/11/2026", since="x", kinds=[]))
    assert wrong.status_code == 422
    assert states(service, made) == ["planned"] * 2


async def test_who_has_moved_to_another_office_brings_nothing_back_for_the_one_before(service: Service) -> None:
    some(service)
    clerk_id = service.account("clerk", "booker", unit="STTTT")
    program = service.program(clerk_id)
    wanted = {"since": "2026-12-01T00:00:00+07:00", "until": "2026-12-03T00:00:00+07:00", "notice": NOTICE}
    begun = (await program.post("/api/v1/postponements", json=wanted)).json()["key"]
    await service.app[parts.JOBS].tick()
    assert (await program.get(f"/api/v1/postponements/{begun}")).json()["done"] == 1

    def move(db: Session) -> None:
        (grant,) = db.scalars(select(RoleGrant).where(RoleGrant.account_id == clerk_id))
        accounts.end_grant(db, grant.id, last=service.now.date(), actor="cli", now=service.now)
        accounts.add_grant(db, clerk_id, "booker", actor="cli", now=service.now, unit_id=next_office)

    next_office = service.unit("SYT")
    service.database.write_now(move)
    service.wait(days=1)
    assert (await program.get(f"/api/v1/postponements/{begun}")).status_code == 404
    assert (await program.post(f"/api/v1/postponements/{begun}/back", json={})).status_code == 404


async def test_programs_postpone_and_see_how_far_it_is(service: Service) -> None:
    made = some(service)
    program = service.program(service.account("office", "booker", unit="VPUB", at=None))
    days = {"since": (service.now + timedelta(days=7)).isoformat(), "until": (service.now + 2 * WEEK).isoformat()}
    seen = await program.post("/api/v1/postponements/preview", json=days)
    assert (len(seen.json()["conferences"]), seen.json()["sites"]) == (2, 4)
    begun = await program.post("/api/v1/postponements", json={**days, "notice": NOTICE})
    assert begun.status_code == 202
    course = begun.headers["Location"]
    assert (await program.get(course)).json()["waiting"] == 2
    assert (await program.post(f"{course}/back", json={})).status_code == 409
    await service.app[parts.JOBS].tick()
    found = (await program.get(course)).json()
    assert (found["done"], found["waiting"], states(service, made)) == (2, 0, ["postponed"] * 2)
    none = await program.post("/api/v1/postponements", json={**days, "notice": NOTICE})
    assert none.json()["errors"][0]["code"] == "nothing_chosen"
    other = service.program(service.account("clerk", "booker", unit="STTTT"))
    assert (await other.get(course)).status_code == 404
    assert (await other.post("/api/v1/postponements/preview", json={**days, "host": "SNV"})).status_code == 403
