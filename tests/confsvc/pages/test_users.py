"""Users: a new one with a link shown once, functions with their dates, sessions, and never without an administrator."""

from __future__ import annotations

import re
from datetime import date

import httpx
from sqlalchemy import select

from confsvc import asker_queries, queries
from rooms.models import Change
from tests.confsvc.conftest import PASSWORD, Service

TODAY = date(2026, 11, 24)


async def _admin(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("admin", "admin", unit="STTTT", at=None))


def _acts(service: Service, account_id: int) -> list[str]:
    query = select(Change.act).where(Change.subject_kind == "account", Change.subject_id == account_id)
    return service.database.read_now(lambda db: list(db.scalars(query.order_by(Change.id))))


def _id(answer: httpx.Response) -> int:
    return int(re.search(r'action="/users/(\d+)/grants"', answer.text)[1])  # type: ignore[index]


async def _lan(admin: httpx.AsyncClient) -> httpx.Response:
    data = {"login": "Lan", "name": "Trần Thị Lan", "mail": "lan@bacgiang.example", "unit": "STTTT", "language": "vi"}
    return await admin.post("/users", data=data)


async def test_a_new_user_gets_a_link_that_is_shown_once_and_works(service: Service) -> None:
    admin = await _admin(service)
    answer = await _lan(admin)
    link = re.search(r"/password/[A-Za-z0-9_-]{20,80}", answer.text)
    assert link is not None
    again = await admin.get(f"/users/{_id(answer)}")
    assert "/password/" not in again.text and "chưa đặt mật khẩu" in again.text
    lan = service.client(headers={"Origin": service.url})
    assert (await lan.get(link[0])).status_code == 200
    set_ = await lan.post(link[0], data={"password": "mot cau that dai", "again": "mot cau that dai"})
    assert set_.status_code == 303, set_.text
    assert (await service.client().get(link[0])).status_code == 404
    assert _acts(service, _id(answer))[:2] == ["account.added", "password.link"]


async def test_wrong_fields_of_a_new_user_are_told(service: Service) -> None:
    admin = await _admin(service)
    data = {"login": "!", "name": "", "mail": "x", "unit": "STTTT", "language": "vi"}
    page = await admin.post("/users", data=data)
    assert page.status_code == 422 and set(re.findall(r'href="#f-(\w+)"', page.text)) == {"login", "name", "mail"}
    assert (await _lan(admin)).status_code == 200
    assert (await _lan(admin)).status_code == 422, "the login is taken"


async def test_functions_are_given_for_one_office_and_a_time_and_taken_away(service: Service) -> None:
    admin = await _admin(service)
    lan = _id(await _lan(admin))
    data = {
        "function": "booker", "scope": "unit", "unit": "STTTT", "valid_from": "01/12/2026",
        "valid_to": "31/12/2026", "substitute_for": "",
    }  # fmt: skip
    assert (await admin.post(f"/users/{lan}/grants", data=data)).status_code == 303
    page = await admin.get(f"/users/{lan}")
    assert "01/12/2026 – 31/12/2026" in page.text and "chưa đến ngày" in page.text
    assert service.database.read_now(asker_queries.list_grants, lan, TODAY) == ()
    everywhere = {**data, "scope": "all", "unit": "", "valid_from": "24/11/2026", "valid_to": ""}
    assert (await admin.post(f"/users/{lan}/grants", data=everywhere)).status_code == 303
    (grant,) = service.database.read_now(asker_queries.list_grants, lan, TODAY)
    assert (grant.function, grant.unit_id) == ("booker", None)
    grant_id = re.findall(rf"/users/{lan}/grants/(\d+)/end", (await admin.get(f"/users/{lan}")).text)[1]
    assert (await admin.post(f"/users/{lan}/grants/{grant_id}/end")).status_code == 303
    assert service.database.read_now(asker_queries.list_grants, lan, TODAY) == ()
    assert _acts(service, lan)[-1] == "grant.ended"


async def test_a_new_user_gets_the_first_function_with_the_account(service: Service) -> None:
    admin = await _admin(service)
    data = {
        "login": "hoa",
        "name": "Lê Thị Hoa",
        "unit": "STTTT",
        "language": "vi",
        "function": "booker",
        "scope": "unit",
    }
    hoa = _id(await admin.post("/users", data=data))
    (grant,) = service.database.read_now(asker_queries.list_grants, hoa, TODAY)
    assert (grant.function, grant.unit_id is None) == ("booker", False)
    leader = {**data, "login": "minh", "function": "leader", "scope": "all"}
    minh = _id(await admin.post("/users", data=leader))
    assert service.database.read_now(asker_queries.list_grants, minh, TODAY)[0].unit_id is None
    nowhere = {**data, "login": "an", "unit": ""}
    assert (await admin.post("/users", data=nowhere)).status_code == 422, "a function for one office needs the office"


async def test_a_function_for_all_is_never_given_by_leaving_a_field_empty(service: Service) -> None:
    admin = await _admin(service)
    lan = _id(await _lan(admin))
    for scope, unit in (("unit", ""), ("", ""), ("", "STTTT"), ("unit", "NIX")):
        data = {"function": "admin", "scope": scope, "unit": unit, "valid_from": "24/11/2026", "valid_to": "",
                "substitute_for": ""}  # fmt: skip
        assert (await admin.post(f"/users/{lan}/grants", data=data)).status_code == 422
    assert service.database.read_now(queries.list_role_grants, lan) == []


async def test_the_last_administrator_stays(service: Service) -> None:
    account = service.account("admin", "admin", unit="STTTT", at=None)
    admin = await service.browser(account)
    grant = re.search(rf"/users/{account}/grants/(\d+)/end", (await admin.get(f"/users/{account}")).text)
    assert grant is not None
    for path, data in ((grant[0], {}), (f"/users/{account}/disable", {"reason": ""})):
        answer = await admin.post(path, data=data)
        assert answer.headers["Location"] == f"/users/{account}"
        assert "Phải còn ít nhất một" in (await admin.get(f"/users/{account}")).text
    assert (await admin.get("/users")).status_code == 200
    service.account("second", "admin", unit="STTTT", at=None)
    assert (await admin.post(f"/users/{account}/disable", data={"reason": "nghỉ"})).status_code == 303
    assert (await admin.get("/users", follow_redirects=False)).status_code == 303, "signed out at once"


async def test_sessions_end_and_an_account_comes_back(service: Service) -> None:
    admin = await _admin(service)
    clerk_id = service.account("clerk", "booker", unit="STTTT")
    clerk = await service.browser(clerk_id)
    page = await admin.get(f"/users/{clerk_id}")
    session = re.search(r'name="session" value="(\d+)"', page.text)
    assert session is not None
    assert (await admin.post(f"/users/{clerk_id}/sessions", data={"session": session[1]})).status_code == 303
    assert (await clerk.get("/account")).status_code == 303
    assert (await admin.post(f"/users/{clerk_id}/disable", data={"reason": ""})).status_code == 303
    refused = await service.client(headers={"Origin": service.url}).post(
        "/sign-in", data={"login": "clerk", "password": PASSWORD}
    )
    assert refused.status_code == 401
    assert (await admin.post(f"/users/{clerk_id}/enable")).status_code == 303
    assert (await (await service.browser(clerk_id)).get("/account")).status_code == 200


async def test_an_administrator_of_one_office_grants_nothing(service: Service) -> None:
    admin = await service.browser(service.account("local", "admin", unit="STTTT"))
    assert (await admin.get("/users")).status_code == 403
    assert (await admin.post("/users", data={"login": "x", "name": "X"})).status_code == 403


async def test_people_are_found_and_strangers_are_not_there(service: Service) -> None:
    admin = await _admin(service)
    await _lan(admin)
    assert "Trần Thị Lan" in (await admin.get("/users", params={"q": "tran thi"})).text
    assert "Trần Thị Lan" not in (await admin.get("/users", params={"q": "zzz"})).text
    assert (await admin.get("/users/999")).status_code == 404
