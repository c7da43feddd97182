"""Each way out of a refusal fills the form by one click, and what it fills can be booked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.pages.ways import follow
from confsvc.web.pages.wish import Typed
from rooms.place_queries import find_room
from scheduler.booking.booking import GuestWish
from scheduler.models import Delegation, Site
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked, found
from tests.confsvc.pages.test_book import form, room_keys

WEEK = timedelta(days=8)  # 2 December 08:00, as the form of these tests says


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def hold(service: Service, host: str, *codes: str, **changes: Any) -> None:
    rules = service.app[keys.RULES]
    service.database.write_now(booked, host, codes, service.now + WEEK, now=service.now, rules=rules, **changes)


async def ways(clerk: httpx.AsyncClient, data: dict[str, Any]) -> list[str]:
    answer = await clerk.post("/book/check", data=data, headers={"HX-Request": "true"})
    assert 'data-verdict="taken"' in answer.text
    return re.findall(r'name="set" value="([^"]+)"', answer.text)


def fields(page: str) -> dict[str, Any]:
    """The form of a page as a browser would send it."""
    data: dict[str, Any] = dict(
        re.findall(r'<input id="f-[a-z_]+" name="([a-z_]+)" type="[a-z]+" value="([^"]*)"', page)
    )
    for name in ("sites", "units", "seats", "no_secrets", "form"):
        data[name] = re.findall(rf'name="{name}" value="([^"]+)"[^>]* checked', page)
    for name, body in re.findall(r'<select id="f-([a-z_]+)".*?>(.*?)</select>', page, re.DOTALL):
        data[name] = (re.findall(r'value="([^"]*)" selected', body) or [""])[0]
    data["host"] = re.findall(r'name="host" value="([^"]+)"', page)[0]
    return {**data, "act": "book"}


async def test_a_taken_site_can_be_left_out_or_sit_with_a_neighbour(service: Service, clerk: httpx.AsyncClient) -> None:
    hold(service, "SNV", "SNV", "HHOA")
    data = form(service, "HHOA", "LNAM", "VYEN")
    rooms = room_keys(service)
    offered = await ways(clerk, data)
    assert f"without:{rooms['HHOA']}" in offered
    seat = f"seat:{rooms['HHOA']}:HHOA@{rooms['VYEN']}"
    assert seat in offered, "Việt Yên is the nearest of those that take part in protocol order"
    left = await clerk.post("/book/check", data={**data, "set": f"without:{rooms['HHOA']}"})
    assert 'data-verdict="free"' in left.text
    assert fields(left.text)["sites"] == [rooms["LNAM"], rooms["VYEN"]]
    shared = await clerk.post("/book/check", data={**data, "set": seat})
    assert 'data-verdict="free"' in shared.text and "Hiệp Hòa dự tại điểm cầu Việt Yên" in shared.text
    answer = await clerk.post("/book", data=fields(shared.text))
    assert answer.status_code == 303, answer.text
    conference = service.database.read_now(found, answer.headers["location"].rpartition("/")[2])

    def seated(db: Session) -> tuple[str, int]:
        part = db.query(Delegation).filter_by(conference_id=conference.id, unit_id=service.unit("HHOA")).one()
        site = db.query(Site).filter_by(id=part.site_id).one()
        return part.planned_mode, site.room_id

    mode, room_id = service.database.read_now(seated)
    assert mode == "online" and room_id == service.database.read_now(lambda db: _room(db, rooms["VYEN"]))
    page = await clerk.get(f"/conferences/{conference.key}/edit")
    assert fields(page.text)["seats"] == [f"HHOA@{rooms['VYEN']}"], "and it is kept when the meeting is changed"


def _room(db: Session, key: str) -> int:
    room = find_room(db, key)
    assert room is not None
    return room.id


async def test_a_taken_main_site_moves_to_another_hall_and_its_office_comes_along(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    hold(service, "STTTT", "STTTT")
    data = form(service, "HHOA", title="Giao ban")
    rooms = room_keys(service)
    offered = [way for way in await ways(clerk, data) if way.startswith("hall:")]
    assert offered and not any(way.startswith("without:") for way in offered)
    moved = await clerk.post("/book/check", data={**data, "set": offered[0]})
    typed = fields(moved.text)
    assert 'data-verdict="free"' in moved.text and typed["main"] == offered[0].split(":")[2] != rooms["STTTT"]
    assert typed["units"] == ["STTTT"]
    assert (await clerk.post("/book", data=typed)).status_code == 303


async def test_somebody_in_two_meetings_is_named_without_the_title_and_ticked_once_it_is_known(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    hold(service, "SNV", "SNV", title="Việc riêng của Sở Nội vụ", guests=(GuestWish("Bà B", "b@x.vn"),))
    data = form(service, "HHOA", guests="Bà Bình <b@x.vn>")
    live = await clerk.post("/book/check", data=data, headers={"HX-Request": "true"})
    assert "data-clash" in live.text and "Bà Bình đã có lịch dự cuộc họp của Sở Nội vụ" in live.text
    assert "Việc riêng" not in live.text
    refused = await clerk.post("/book", data=data)
    assert refused.status_code == 422 and 'href="#f-clash_confirmed"' in refused.text
    assert 'id="f-clash_confirmed"' in refused.text
    assert (await clerk.post("/book", data={**data, "clash_confirmed": "1"})).status_code == 303


async def test_after_a_refused_booking_the_same_ways_stand_there(service: Service, clerk: httpx.AsyncClient) -> None:
    hold(service, "SNV", "SNV", "HHOA")
    refused = await clerk.post("/book", data=form(service, "HHOA", "LNAM"))
    assert refused.status_code == 409
    assert len(re.findall('name="set" value="20', refused.text)) == 3
    assert 'formaction="/book/check" formnovalidate' in refused.text


@pytest.mark.parametrize(
    ("way", "changes"),
    [
        ("room:a:x", {"main": "x"}),
        ("room:b:x", {"sites": ("x", "c")}),
        ("hall:a:x:U", {"main": "x", "units": ("U",)}),
        ("seat:b:V@c", {"sites": ("c",), "seats": ("V@c",)}),
        ("without:b,c", {"sites": ()}),
        ("form:in_person", {"form": "in_person"}),
        ("2026-12-03T01:00:00+00:00", {"date": "03/12/2026", "start": "08:00", "end": "10:00"}),
        ("2026-12-03T01:00:00", {}), ("room:a", {}), ("hall::", {}), ("form:secret", {}),
        ("9999-12-31T23:00:00+00:00", {}), (None, {}),
    ],
)  # fmt: skip
def test_a_way_changes_what_it_says_and_rubbish_nothing(way: object, changes: dict[str, Any]) -> None:
    typed = Typed(main="a", sites=("b", "c"), form="online")
    followed = follow(typed, way)
    assert {name: getattr(followed, name) for name in changes} == changes
    assert (followed == typed) == (not changes)
