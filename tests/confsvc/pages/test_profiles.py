"""The table of pictures: everybody reads it, administrators change it, and the next answer follows it."""

from __future__ import annotations

import httpx
import pytest

from confsvc.web import keys
from scheduler.booking.place.capacity import DEFAULT_PROFILES, Profile
from tests.confsvc.conftest import Service

TABLE = {
    "code-0": "480p", "height-0": "480", "kbps_up-0": "900", "last_n-0": "4",
    "code-1": "", "height-1": "", "kbps_up-1": "", "last_n-1": "",
    "code-2": "audio", "height-2": "0", "kbps_up-2": "48", "last_n-2": "3",
}  # fmt: skip


@pytest.fixture
async def admin(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("quantri", "admin", unit="STTTT", at=None))


async def test_the_table_is_changed_and_followed_at_once(service: Service, admin: httpx.AsyncClient) -> None:
    page = await admin.get("/rules/profiles")
    assert page.status_code == 200 and "720p" in page.text and "chỉ âm thanh" in page.text
    answer = await admin.post("/rules/profiles", data=TABLE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/rules/profiles")
    wanted = (Profile("480p", 480, 900, 4), Profile("audio", 0, 48, 3))
    assert service.app[keys.STANDING].current.profiles == wanted
    told = (await service.program(service.account("can-bo", "booker", unit="SNV")).get("/api/v1/profiles")).json()
    assert [item["code"] for item in told["items"]] == ["480p", "audio"] and told["unmeasured_up"] == 512
    again = await admin.post("/rules/profiles", data=TABLE)
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"code-2": ""}, {"code-0", "height-0"}),  # then nothing is sound alone
        ({"kbps_up-0": "48"}, {"kbps_up-2"}),  # not best first
        ({"height-0": "12"}, {"height-0"}),
        ({"last_n-2": "x"}, {"last_n-2"}),
        ({"code-0": "", "code-2": ""}, {"profiles"}),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    service: Service, admin: httpx.AsyncClient, wrong: dict[str, str], fields: set[str]
) -> None:
    answer = await admin.post("/rules/profiles", data=TABLE | wrong)
    assert answer.status_code == 422
    assert all(f'href="#f-{field}"' in answer.text for field in fields)
    assert service.app[keys.STANDING].current.profiles == DEFAULT_PROFILES


async def test_others_read_only(service: Service) -> None:
    clerk = await service.browser(service.account("can-bo", "booker", unit="SNV"))
    page = await clerk.get("/rules/profiles")
    assert page.status_code == 200 and 'name="code-0"' not in page.text
    assert (await clerk.post("/rules/profiles", data=TABLE)).status_code == 403
