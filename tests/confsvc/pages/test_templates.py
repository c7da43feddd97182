"""Templates by page: saved from a meeting or the form, filled in, renamed, deleted; whose they are; what is gone."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from sqlalchemy import update

from confsvc.web import keys
from rooms.models import RoomUnit
from scheduler.booking.booking import Booked
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked
from tests.confsvc.pages.test_book import form, room_keys

WEEK = timedelta(days=8)


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def meeting(service: Service, host: str = "STTTT", **changes: object) -> Booked:
    rules = service.app[keys.RULES]
    return service.database.write_now(
        booked, host, (host, "HHOA", "LNAM"), service.now + WEEK, now=service.now, rules=rules,
        **{"kind": "training", "letter_number": "05/GM", **changes},
    )  # fmt: skip


def keys_of(page: str) -> list[str]:
    return re.findall(r'id="t-(\w{10})"', page)


def value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


async def test_a_meeting_is_kept_under_a_name_and_booked_again_with_it(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    made = meeting(service)
    page = (await clerk.get(f"/conferences/{made.key}")).text
    assert f'href="/templates/new?like={made.key}"' in page
    page = (await clerk.get(f"/templates/new?like={made.key}")).text
    assert value(page, "template_name") == "Tập huấn an toàn thông tin"
    saved = await clerk.post("/templates", data={"like": made.key, "template_name": "Tập huấn quý"})
    assert saved.status_code == 303, saved.text
    page = (await clerk.get("/templates")).text
    assert "Đã lưu mẫu." in page and "Tập huấn quý" in page and "08:00" in page
    (key,) = keys_of(page)
    fresh = (await clerk.get("/book")).text
    assert f'<option value="{key}">Tập huấn quý</option>' in fresh and 'action="/book"' in fresh
    filled = (await clerk.get("/book", params={"template": key})).text
    rooms = room_keys(service)
    assert value(filled, "title") == "Tập huấn an toàn thông tin" and value(filled, "chair_name") == "Nguyễn Văn Hòa"
    assert value(filled, "date") == "30/11/2026", "the day that a fresh form proposes, not the meeting's"
    assert (value(filled, "start"), value(filled, "end")) == ("08:00", "10:00")
    assert value(filled, "letter_number") == "" and not re.search(r'name="no_secrets"[^>]* checked', filled)
    for code in ("HHOA", "LNAM"):
        assert re.search(rf'name="sites" value="{rooms[code]}"[^>]* checked', filled)
    at = {"template": key, "day": "2026-12-03", "start": "14:00"}
    filled = (await clerk.get("/book", params=at)).text
    assert [value(filled, name) for name in ("date", "start", "end")] == ["03/12/2026", "14:00", "16:00"]


async def test_a_name_that_is_taken_is_asked_about_and_replaced_only_then(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    made = meeting(service)
    data = {"like": made.key, "template_name": "Tập huấn quý"}
    await clerk.post("/templates", data=data)
    again = await clerk.post("/templates", data=data)
    assert again.status_code == 422 and "đã có mẫu tên này" in again.text and "Tập huấn quý" in again.text
    assert (await clerk.post("/templates", data={**data, "template_replace": "1"})).status_code == 303
    nameless = await clerk.post("/templates", data={**data, "template_name": " "})
    assert nameless.status_code == 422 and "Nhập tên mẫu." in nameless.text
    assert len(keys_of((await clerk.get("/templates")).text)) == 1


async def test_the_filled_form_is_kept_without_booking_and_without_a_day(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    data = form(service, "HHOA", template_name="Giao ban", title="Giao ban tuần", date="", no_secrets="")
    page = await clerk.post("/book/template", data=data)
    assert page.status_code == 200 and 'id="template-saved"' in page.text
    assert value(page.text, "title") == "Giao ban tuần", "the form stays as it was"
    again = await clerk.post("/book/template", data=data)
    assert again.status_code == 422 and "đã có mẫu tên này" in again.text
    assert value(again.text, "template_name") == "Giao ban"
    wrong = await clerk.post("/book/template", data={**data, "template_name": "Khác", "start": "8 giờ", "kind": ""})
    assert wrong.status_code == 422 and 'href="#f-start"' in wrong.text and 'href="#f-kind"' in wrong.text
    (key,) = keys_of((await clerk.get("/templates")).text)
    filled = (await clerk.get("/book", params={"template": key})).text
    assert value(filled, "title") == "Giao ban tuần" and value(filled, "template_name") == "Giao ban"
    booked_with = {**form(service, "HHOA"), "title": value(filled, "title")}
    assert (await clerk.post("/book", data=booked_with)).status_code == 303


async def test_renaming_and_deleting(service: Service, clerk: httpx.AsyncClient) -> None:
    for name in ("Một", "Hai"):
        await clerk.post("/book/template", data=form(service, "HHOA", template_name=name))
    page = (await clerk.get("/templates")).text
    first = keys_of(page)[0]  # Hai
    refused = await clerk.post(f"/templates/{first}/rename", data={"template_name": "một"}, follow_redirects=True)
    assert "đã có mẫu tên này" in refused.text
    renamed = await clerk.post(f"/templates/{first}/rename", data={"template_name": "Ba"}, follow_redirects=True)
    assert "Đã đổi tên mẫu." in renamed.text and ">Ba</a>" in renamed.text
    deleted = await clerk.post(f"/templates/{first}/delete", follow_redirects=True)
    assert "Đã xóa mẫu." in deleted.text and keys_of(deleted.text) != [] and first not in keys_of(deleted.text)
    assert (await clerk.get("/book", params={"template": first})).status_code == 404
    assert (await clerk.post(f"/templates/{first}/delete")).status_code == 404


async def test_it_belongs_to_the_office_and_to_nobody_elses(service: Service, clerk: httpx.AsyncClient) -> None:
    await clerk.post("/book/template", data=form(service, "HHOA", template_name="Của Sở"))
    (key,) = keys_of((await clerk.get("/templates")).text)
    colleague = await service.browser(service.account("colleague", "booker", unit="STTTT"))
    assert keys_of((await colleague.get("/templates")).text) == [key]
    renamed = await colleague.post(f"/templates/{key}/rename", data={"template_name": "Của chung"})
    assert renamed.status_code == 303
    stranger = await service.browser(service.account("stranger", "booker", unit="SNV"))
    assert "Của chung" not in (await stranger.get("/book")).text
    assert keys_of((await stranger.get("/templates")).text) == []
    for answer in (
        await stranger.get("/book", params={"template": key}),
        await stranger.post(f"/templates/{key}/rename", data={"template_name": "Của tôi"}),
        await stranger.post(f"/templates/{key}/delete"),
    ):
        assert answer.status_code == 404
    other = await stranger.post("/book/template", data=form(service, "HHOA", template_name="X"))
    assert other.status_code == 422, "not for another office"
    made = meeting(service)
    assert (await stranger.post("/templates", data={"like": made.key, "template_name": "X"})).status_code in (403, 404)


async def test_a_room_that_was_given_up_is_left_out_and_said(service: Service, clerk: httpx.AsyncClient) -> None:
    made = meeting(service)
    await clerk.post("/templates", data={"like": made.key, "template_name": "Tập huấn"})
    rooms = room_keys(service)

    def retire(db: object, code: str) -> None:
        unit = service.unit(code)
        last = service.now.date() + timedelta(days=1)
        db.execute(update(RoomUnit).where(RoomUnit.unit_id == unit).values(valid_to=last))  # type: ignore[attr-defined]

    service.database.write_now(retire, "HHOA")
    (key,) = keys_of((await clerk.get("/templates")).text)
    filled = (await clerk.get("/book", params={"template": key})).text
    assert 'id="left-out"' in filled and f'value="{rooms["HHOA"]}"' not in filled
    assert re.search(rf'<option value="{rooms["STTTT"]}" selected>', filled), "the main site stays"
    again = (await clerk.get("/book", params={"like": made.key})).text
    assert 'id="left-out"' in again, "booking again says it too"
    service.database.write_now(retire, "STTTT")
    filled = (await clerk.get("/book", params={"template": key})).text
    assert 'id="left-out"' in filled and re.search(rf'name="sites" value="{rooms["LNAM"]}"[^>]* checked', filled)
    service.wait(days=3)
    again = await service.browser(1)  # the session has run out
    assert "data-missing" in (await again.get("/templates")).text
