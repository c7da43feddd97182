"""The administrator's page of other systems: adding, trying, telling again, switching off; also for programs."""

from __future__ import annotations

import re

import httpx
import pytest

from confsvc.parts import JOBS
from scheduler.telling.models import Webhook, WebhookDelivery
from tests.confsvc.conftest import Service
from tests.fakes.http_sink import HttpSink

FORM = {
    "name": "Cổng thông tin",
    "url": "https://portal.example/hook?t=1",
    "events": ["booked", "cancelled"],
    "units": "",
}
API = "/api/v1/webhooks"


@pytest.fixture
async def admin(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("quan-tri", "admin", unit="STTTT", at=None))


def rows(service: Service) -> list[Webhook]:
    return list(service.database.read_now(lambda db: db.query(Webhook).all()))


async def test_a_system_is_added_and_its_secret_is_shown_once(service: Service, admin: httpx.AsyncClient) -> None:
    assert "Chưa có hệ thống nào" in (await admin.get("/webhooks")).text
    made = await admin.post("/webhooks", data=FORM)
    assert made.status_code == 200
    (secret,) = set(re.findall(r"whsec_[0-9a-f]{48}", made.text))
    (hook,) = rows(service)
    assert secret not in repr(vars(hook))
    page = (await admin.get(f"/webhooks/{hook.key}")).text
    assert secret not in page and "Cổng thông tin" in page
    listed = (await admin.get("/webhooks")).text
    assert "https://portal.example/hook" in listed and "t=1" not in listed
    renewed = (await admin.post(f"/webhooks/{hook.key}/act", data={"act": "secret"})).text
    assert secret not in renewed and "whsec_" in renewed


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("url", "http://portal.example/", "Chỉ dùng https"), ("url", "https://10.0.0.1/", "mạng nội bộ"),
        ("url", "https://localhost/", "mạng nội bộ"), ("url", "javascript:alert(1)", "không phải địa chỉ"),
        ("url", "https://a@b/", "không phải địa chỉ"), ("name", "", ""), ("events", [], ""),
        ("events", ["everything"], ""), ("units", "KHONG-CO", ""),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_at_its_field(
    service: Service, admin: httpx.AsyncClient, field: str, value: object, said: str
) -> None:
    answer = await admin.post("/webhooks", data={**FORM, field: value})
    assert answer.status_code == 422 and said in answer.text and f'id="e-{field}"' in answer.text
    assert rows(service) == []


async def test_a_trial_arrives_and_can_be_seen(service: Service, admin: httpx.AsyncClient) -> None:
    async with HttpSink() as sink:
        await admin.post("/webhooks", data=FORM | {"url": "https://portal.example/hook"})
        (hook,) = rows(service)
        service.database.write_now(lambda db: db.query(Webhook).update({"url": sink.url}))
        assert (await admin.post(f"/webhooks/{hook.key}/act", data={"act": "try"})).status_code == 303
        await service.app[JOBS].tick()
        assert sink.received == []  # the address is inside the house, and nobody allowed it
        page = (await admin.get(f"/webhooks/{hook.key}")).text
        assert "https_wanted" in page and "Chờ gửi" in page


async def test_acts_of_the_page(service: Service, admin: httpx.AsyncClient) -> None:
    await admin.post("/webhooks", data=FORM)
    (hook,) = rows(service)
    address = f"/webhooks/{hook.key}"
    assert (await admin.post(address, data=FORM | {"name": "Văn thư", "units": "STTTT, SYT"})).status_code == 303
    assert "STTTT, SYT" in (await admin.get(address)).text or "SYT, STTTT" in (await admin.get(address)).text
    assert (await admin.post(f"{address}/act", data={"act": "off"})).status_code == 303
    assert "Đã tắt" in (await admin.get(address)).text
    assert (await admin.post(f"{address}/act", data={"act": "try"})).status_code == 409
    assert (await admin.post(f"{address}/act", data={"act": "on"})).status_code == 303
    assert (await admin.post(f"{address}/act", data={"act": "since", "since": "1/2"})).status_code == 422
    assert (await admin.post(f"{address}/act", data={"act": "since", "since": "01/11/2026"})).status_code == 303
    assert (await admin.post(f"{address}/act", data={"act": "again", "delivery": "99"})).status_code == 404
    assert (await admin.post(f"{address}/act", data={"act": "melt"})).status_code == 422
    assert (await admin.post(f"{address}/act", data={"act": "remove"})).status_code == 303
    assert (await admin.get(address)).status_code == 404 and rows(service) == []


async def test_clerks_and_administrators_of_one_office_do_not_get_in(service: Service) -> None:
    clerk = await service.browser(service.account("can-bo", "booker", unit="SNV"))
    one_office = await service.browser(service.account("qt-snv", "admin", unit="SNV"))
    assert (await clerk.get("/webhooks")).status_code == 403
    assert (await one_office.get("/webhooks")).status_code == 403
    assert (await one_office.post("/webhooks", data=FORM)).status_code == 403


async def test_programs_do_the_same(service: Service) -> None:
    program = service.program(service.account("may", "admin", unit="STTTT", at=None))
    wish = {"name": "Văn thư", "url": "https://van-thu.example/x", "events": ["booked"], "units": ["SYT"]}
    made = await program.post(API, json=wish)
    assert made.status_code == 201 and made.json()["secret"].startswith("whsec_")
    key = made.json()["key"]
    (one,) = (await program.get(API)).json()["items"]
    assert (one["units"], one["events"], one["disabled"]) == (["SYT"], ["booked"], None)
    assert (await program.post(API, json={**wish, "url": "http://127.0.0.1/"})).status_code == 422
    assert (await program.post(API, json={**wish, "units": ["NO"]})).status_code == 422
    assert (await program.put(f"{API}/{key}", json={**wish, "events": ["ended"]})).status_code == 200
    assert (await program.post(f"{API}/{key}/test")).status_code == 200
    (delivery,) = (await program.get(f"{API}/{key}/deliveries")).json()["items"]
    assert (delivery["event"], delivery["state"], delivery["status"]) == ("test", "owed", None)
    assert (await program.post(f"{API}/{key}/replay", json={})).status_code == 422
    assert (await program.post(f"{API}/{key}/replay", json={"delivery": delivery["id"]})).json() == {"count": 1}
    again = (await program.post(f"{API}/{key}/replay", json={"since": "2026-01-01T00:00:00Z"})).json()
    assert again == {"count": 0}  # a trial is no event
    assert (await program.delete(f"{API}/{key}")).status_code == 200
    assert service.database.read_now(lambda db: db.query(WebhookDelivery).count()) == 0
