"""Booking by the page: what is typed, what is answered, what is kept when it is refused, with and without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from confsvc.web import keys
from rooms.place_queries import list_rooms
from scheduler.local_time import local_day
from scheduler.models import Conference, Effect, Guest, Reservation, Site
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import DISTRICTS, booked, found
from tests.directory import load_communes

MORNING = {"date": "02/12/2026", "start": "08:00", "end": "10:00"}


def room_keys(service: Service) -> dict[str, str]:
    """By the code of the unit."""
    rooms = service.database.read_now(list_rooms, local_day(service.now))
    return {room.unit_code: room.key for room in rooms}


def form(service: Service, *sites: str, **changes: Any) -> dict[str, Any]:
    """A form filled in well; ``sites`` are units whose halls join."""
    rooms = room_keys(service)
    return {
        "title": "Tập huấn an toàn thông tin", "kind": "training", "form": "online", "host": "STTTT",
        "main": rooms["STTTT"], "sites": [rooms[code] for code in sites], "no_secrets": "1", "act": "book",
        **MORNING, **changes,
    }  # fmt: skip


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


async def test_the_form_comes_filled_in_so_that_little_is_left_to_type(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    page = (await clerk.get("/book")).text
    rooms = room_keys(service)
    assert f'<option value="{rooms["STTTT"]}" selected>' in page, "the own office's room is the main site"
    assert 'name="date" type="text" value="30/11/2026"' in page, "the first day with three working days' notice"
    assert 'value="08:00"' in page and 'value="10:00"' in page
    assert len(re.findall('name="sites"[^>]*data-tag="district"', page)) == 10
    assert "Người clerk" in page, "the contact is the person who books"


async def test_a_free_span_of_the_timeline_prefills_room_day_and_time(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    room = room_keys(service)["HHOA"]
    page = (await clerk.get("/book", params={"room": room, "day": "2026-12-03", "start": "13:30"})).text
    assert 'value="03/12/2026"' in page and 'value="13:30"' in page and 'value="15:30"' in page
    assert re.search(rf'name="sites" value="{room}"[^>]* checked', page)


async def test_ten_districts_are_booked_and_the_page_of_the_conference_follows(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    guests = "Nguyễn Văn A <a@bacgiang.example>\nb@bacgiang.example\nTrần Thị C; c@bacgiang.example"
    answer = await clerk.post("/book", data=form(service, *DISTRICTS, guests=guests, chair_name="Bùi Văn Hải"))
    assert answer.status_code == 303, answer.text
    page = await clerk.get(answer.headers["location"])
    assert page.status_code == 200 and "Đã đăng ký" in page.text and "Hiệp Hòa" in page.text
    key = answer.headers["location"].rpartition("/")[2]
    conference = service.database.read_now(found, key)
    assert (conference.title, conference.state, conference.chair_name) == (
        "Tập huấn an toàn thông tin", "planned", "Bùi Văn Hải",
    )  # fmt: skip

    def rows(db: Any) -> tuple[int, int, list[str], int]:
        mine = {"conference_id": conference.id}
        named = [g.name for g in db.query(Guest).filter_by(role="guest", **mine).order_by(Guest.id)]
        counts = [db.query(table).filter_by(**mine).count() for table in (Site, Reservation, Effect)]
        return counts[0], counts[1], named, counts[2]

    assert service.database.read_now(rows) == (11, 23, ["Nguyễn Văn A", "b@bacgiang.example", "Trần Thị C"], 14)


async def test_a_taken_room_is_named_with_who_holds_it_until_when_and_ways_out(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    rules = service.app[keys.RULES]
    taken_from = service.now + timedelta(days=8)  # 2 December 08:00
    service.database.write_now(booked, "SNV", ("SNV", "HHOA"), taken_from, now=service.now, rules=rules)
    for headers in ({}, {"HX-Request": "true"}):
        answer = await clerk.post("/book/check", data=form(service, "HHOA", "LNAM"), headers=headers)
        assert answer.status_code == 200
        assert 'data-verdict="taken"' in answer.text
        assert "Sở Nội vụ giữ đến 10:00: Hiệp Hòa<" in answer.text
        assert ("<html" in answer.text) == (not headers), "the same answer alone, or in its page"
    free = re.findall(r'name="set" value="(20[^"]+)"', answer.text)
    assert len(free) == 3
    refused = await clerk.post("/book", data=form(service, "HHOA", "LNAM"))
    assert refused.status_code == 409
    assert "Tập huấn an toàn thông tin" in refused.text and 'href="#f-start"' in refused.text
    moved = await clerk.post("/book/check", data=form(service, "HHOA", "LNAM", set=free[0]))
    assert 'data-verdict="free"' in moved.text
    later = dict(re.findall(r'name="(date|start|end)" type="text" value="([^"]*)"', moved.text))
    assert (await clerk.post("/book", data=form(service, "HHOA", "LNAM", **later))).status_code == 303


async def test_every_wrong_field_is_listed_with_a_link_and_nothing_typed_is_lost(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    wrong = form(service, "HHOA", title="x", end="07:00", kind="", form="", no_secrets="", guests="Ông Không Thư")
    answer = await clerk.post("/book", data=wrong)
    assert answer.status_code == 422
    linked = set(re.findall(r'<a href="#f-([a-z_]+)"', answer.text))
    assert linked == {"title", "end", "kind", "no_secrets", "guests"}, "not the form: the kind may decide it"
    assert "Dòng 1 (Ông Không Thư)" in answer.text
    for name in linked:
        assert f'id="f-{name}"' in answer.text
    assert ">Ông Không Thư</textarea>" in answer.text
    assert re.search(rf'value="{room_keys(service)["HHOA"]}"[^>]* checked', answer.text)
    assert service.database.read_now(lambda db: db.query(Conference).count()) == 0


async def test_unreadable_days_and_times_are_said_and_do_not_hide_the_rest(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    answer = await clerk.post("/book", data=form(service, date="31/02/2026", start="25:00", title=""))
    assert answer.status_code == 422
    assert set(re.findall(r'<a href="#f-([a-z_]+)"', answer.text)) == {"date", "start", "title"}


async def test_short_notice_asks_for_a_reason_and_takes_it(service: Service, clerk: httpx.AsyncClient) -> None:
    tomorrow = form(service, "HHOA", date="25/11/2026")
    live = await clerk.post("/book/check", data=tomorrow, headers={"HX-Request": "true"})
    assert "short-notice" in live.text and "quy định là 3 ngày" in live.text
    refused = await clerk.post("/book", data=tomorrow)
    assert refused.status_code == 422 and 'href="#f-short_notice_reason"' in refused.text
    assert (await clerk.post("/book", data=tomorrow | {"short_notice_reason": "Công điện"})).status_code == 303


async def test_the_kind_decides_the_form_when_it_is_left_open(service: Service, clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/book", data=form(service, "HHOA", form=""))
    key = answer.headers["location"].rpartition("/")[2]
    assert service.database.read_now(found, key).form == "online"
    asked = await clerk.post("/book", data=form(service, "LNAM", form="", kind="advisory"))
    assert asked.status_code == 422 and 'href="#f-form"' in asked.text


async def test_in_person_everybody_comes_to_the_main_site_and_the_reason_is_asked(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    hall = form(service, "HHOA", "LNAM", form="in_person")
    refused = await clerk.post("/book", data=hall)
    assert refused.status_code == 422 and 'href="#f-in_person_reason"' in refused.text
    answer = await clerk.post("/book", data=hall | {"in_person_reason": "ceremony"})
    key = answer.headers["location"].rpartition("/")[2]
    conference = service.database.read_now(found, key)
    counted = service.database.read_now(lambda db: db.query(Site).filter_by(conference_id=conference.id).count())
    assert (conference.form, counted) == ("in_person", 1)
    edit = (await clerk.get(f"/conferences/{key}/edit")).text
    assert re.search(rf'value="{room_keys(service)["LNAM"]}"[^>]* checked', edit), "they come back as sites"


async def test_a_draft_may_be_incomplete_and_is_booked_later(service: Service, clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/book", data=form(service, no_secrets="", act="draft"))
    key = answer.headers["location"].rpartition("/")[2]
    assert service.database.read_now(found, key).state == "draft"
    submitted = await clerk.post(f"/conferences/{key}/submit", data={"version": "1", "seen": service.now.isoformat()})
    assert submitted.status_code == 422 and 'href="#f-no_secrets"' in submitted.text
    done = await clerk.post(f"/conferences/{key}/edit", data=form(service, "HHOA", version="1"))
    assert done.status_code == 303, done.text
    assert service.database.read_now(found, key).state == "planned"


async def test_nobody_books_for_another_office(service: Service, clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/book", data=form(service, "HHOA", host="SNV"))
    assert answer.status_code == 422 and 'href="#f-host"' not in (await clerk.get("/book")).text
    leader = await service.browser(service.account("leader", "leader", unit="UBNDT", at=None))
    assert (await leader.get("/book")).status_code == 403


async def test_a_changed_conference_shows_what_others_changed_when_two_edit(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    answer = await clerk.post("/book", data=form(service, "HHOA"))
    key = answer.headers["location"].rpartition("/")[2]
    opened = service.now.isoformat()
    service.wait(minutes=1)
    first = form(service, "HHOA", "LNAM", title="Tập huấn chữ ký số", version="1", seen=opened)
    assert (await clerk.post(f"/conferences/{key}/edit", data=first)).status_code == 303
    second = form(service, "HHOA", title="Tên khác", version="1", seen=opened)
    stale = await clerk.post(f"/conferences/{key}/edit", data=second)
    assert stale.status_code == 409
    assert "Tập huấn chữ ký số" in stale.text and "Lục Nam" in stale.text and "Người clerk" in stale.text
    assert service.database.read_now(found, key).title == "Tập huấn chữ ký số"


async def test_a_conference_does_not_stand_in_the_way_of_its_own_change(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    key = (await clerk.post("/book", data=form(service, "HHOA"))).headers["location"].rpartition("/")[2]
    later = form(service, "HHOA", "LNAM", start="09:00", end="11:00", version="1")
    assert 'data-verdict="taken"' in (await clerk.post("/book/check", data=later)).text
    answer = await clerk.post(f"/conferences/{key}/check", data=later, headers={"HX-Request": "true"})
    assert 'data-verdict="free"' in answer.text and "<html" not in answer.text
    saved = await clerk.post(f"/conferences/{key}/edit", data=later)
    assert saved.status_code == 303
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "<del>–</del> → <ins>Phòng họp trực tuyến Lục Nam</ins>" in page


async def test_with_230_communes_the_forms_stay_light_and_communes_are_found_by_name(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    service.database.write_now(load_communes)
    page = await clerk.get("/book")
    assert len(page.content) < 31 * 1024 and "230 điểm cầu cấp xã" in page.text
    found_ = await clerk.post("/book/check", data=form(service, "HHOA", find="an hanh"))
    shown = re.findall(r'data-tag="commune"[^>]*>([^<]+)<', found_.text)
    assert shown and all("Hạnh" in name for name in shown)
    rooms = await clerk.get("/timeline?day=2026-12-02")
    assert rooms.text.count('<th scope="row">') == 60 and "trang 1/5" in rooms.text
    assert rooms.status_code == 200 and "/timeline?day=2026-12-02&amp;page=2" in rooms.text
