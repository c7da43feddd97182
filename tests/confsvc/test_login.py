"""Signing in: sessions, the throttle, cross-site requests, one-time links, and what an account can do for itself."""

from __future__ import annotations

from confsvc import accounts, queries, tokens
from rooms.errors import NotAllowed
from tests.confsvc.conftest import PASSWORD, Service


async def test_a_person_signs_in_and_out(service: Service) -> None:
    account = service.account("lan", "booker", unit="STTTT")
    browser = await service.browser(account)
    page = await browser.get("/account")
    assert page.status_code == 200
    assert "Người lan" in page.text
    assert (await browser.post("/sign-out")).status_code == 303
    assert (await browser.get("/account")).headers["Location"].startswith("/sign-in?next=%2Faccount")


async def test_every_way_of_being_wrong_looks_the_same(service: Service) -> None:
    account = service.account("lan", unit="STTTT")
    service.database.write_now(accounts.set_password, account, "no hash", actor="cli", now=service.now)
    service.account("gone")
    pages = set()
    for login, password in (("nobody", PASSWORD), ("lan", PASSWORD), ("gone", "wrong password")):
        answer = await service.client().post("/sign-in", data={"login": login, "password": password})
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers
        pages.add(answer.text.replace(f'value="{login}"', ""))
    assert len(pages) == 1


async def test_guessing_is_slowed_down_for_one_address_and_forgiven_later(service: Service) -> None:
    service.account("lan", unit="STTTT")
    client = service.client()
    for _ in range(5):
        assert (await client.post("/sign-in", data={"login": "lan", "password": "wrong"})).status_code == 401
    answer = await client.post("/sign-in", data={"login": "LAN ", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 60
    service.wait(minutes=16)
    assert (await client.post("/sign-in", data={"login": "lan", "password": PASSWORD})).status_code == 303


async def test_requests_from_elsewhere_are_refused(service: Service) -> None:
    account = service.account("lan", unit="STTTT")
    data = {"login": "lan", "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await service.client().post("/sign-in", data=data, headers=headers)).status_code == 403
    browser = await service.browser(account)
    token = browser.headers.pop("X-CSRF-Token")
    assert (await browser.post("/sign-out")).status_code == 403
    assert (await browser.post("/sign-out", data={"csrf": token + "x"})).status_code == 403
    assert (await browser.post("/sign-out", data={"csrf": token})).status_code == 303


async def test_a_session_slides_and_ends(service: Service) -> None:
    browser = await service.browser(service.account("lan", unit="STTTT"))
    for _ in range(3):
        service.wait(hours=11)
        assert (await browser.get("/account")).status_code == 200
    service.wait(hours=13)
    assert (await browser.get("/account")).status_code == 303


async def test_a_session_never_outlives_thirty_days(service: Service) -> None:
    browser = await service.browser(service.account("lan", unit="STTTT"))
    seen = 0
    while (await browser.get("/account")).status_code == 200:
        service.wait(hours=11)
        seen += 11
    assert 29 * 24 < seen <= 30 * 24 + 12


async def test_one_browser_is_signed_out_from_another(service: Service) -> None:
    account = service.account("lan", unit="STTTT")
    first, second = await service.browser(account), await service.browser(account)
    sessions = service.database.read_now(queries.list_sessions, account, service.now)
    assert len(sessions) == 2
    oldest = min(session.id for session in sessions)
    assert (await second.post(f"/account/sessions/{oldest}/revoke")).status_code == 303
    assert (await first.get("/account")).status_code == 303
    assert (await second.get("/account")).status_code == 200
    stranger = await service.browser(service.account("minh"))
    assert (await stranger.post(f"/account/sessions/{oldest + 1}/revoke")).status_code == 404


async def test_a_new_password_signs_the_others_out(service: Service) -> None:
    account = service.account("lan", unit="STTTT")
    first, second = await service.browser(account), await service.browser(account)
    form = {"present": PASSWORD, "password": "mot mat khau khac", "again": "mot mat khau khac"}
    for wrong in ({"present": "no"}, {"password": "short", "again": "short"}, {"again": "differs"}):
        assert (await second.post("/account/password", data=form | wrong)).status_code == 422
    assert (await second.post("/account/password", data=form)).status_code == 303
    assert "Mật khẩu đã được đổi" in (await second.get("/account")).text
    assert (await first.get("/account")).status_code == 303


async def test_a_disabled_account_is_out_at_once(service: Service) -> None:
    account = service.account("lan", "booker", unit="STTTT")
    browser, program = await service.browser(account), service.program(account)
    service.database.write_now(accounts.disable_account, account, actor="cli", now=service.now)
    assert (await browser.get("/account")).status_code == 303
    assert (await program.get("/api/v1/me")).status_code == 401


async def test_the_first_administrator_is_made_once(service: Service) -> None:
    token = service.database.write_now(tokens.first_admin_link, now=service.now)
    assert token is not None
    client = service.client()
    assert (await client.get(f"/first-admin/{token}")).status_code == 200
    form = {"login": "Quản trị", "name": "", "password": "1234567890", "again": ""}
    page = await client.post(f"/first-admin/{token}", data=form)
    assert page.status_code == 422
    good = {"login": "admin", "name": "Quản trị", "password": PASSWORD, "again": PASSWORD}
    assert (await client.post(f"/first-admin/{token}", data=good)).status_code == 303
    assert (await client.get("/account")).status_code == 200
    assert (await service.client().get(f"/first-admin/{token}")).status_code == 404
    assert service.database.write_now(tokens.first_admin_link, now=service.now) is None


async def test_a_link_sets_a_password_once_and_in_time(service: Service) -> None:
    account = service.account("lan", unit="STTTT")
    old, token = (
        service.database.write_now(tokens.add_link, "password", account_id=account, now=service.now) for _ in range(2)
    )
    form = {"password": "mot mat khau khac", "again": "mot mat khau khac"}
    client = service.client()
    assert (await client.post(f"/password/{old}", data=form)).status_code == 404
    assert "lan" in (await client.get(f"/password/{token}")).text
    assert (await client.post(f"/password/{token}", data=form)).status_code == 303
    assert (await service.client().post(f"/password/{token}", data=form)).status_code == 404
    late = service.database.write_now(tokens.add_link, "password", account_id=account, now=service.now)
    service.wait(days=4)
    assert (await service.client().get(f"/password/{late}")).status_code == 404


async def test_the_language_is_kept(service: Service) -> None:
    client = service.client(headers={"Origin": service.url})
    assert 'lang="vi"' in (await client.get("/sign-in")).text
    answer = await client.post("/language", data={"lang": "en", "back": "//evil.example"})
    assert answer.headers["Location"] == "/"
    assert 'lang="en"' in (await client.get("/sign-in")).text
    browser = await service.browser(service.account("lan", unit="STTTT", language="en"))
    assert 'lang="en"' in (await browser.get("/account")).text


async def test_a_token_is_made_shown_once_and_revoked(service: Service) -> None:
    browser = await service.browser(service.account("lan", "booker", unit="STTTT"))
    assert (await browser.post("/account/tokens", data={"name": "", "days": "30"})).status_code == 422
    page = await browser.post("/account/tokens", data={"name": "robot", "days": "30", "scopes": ["read"]})
    token = page.text.partition("<code>")[2].partition("</code>")[0]
    program = service.client(headers={"Authorization": f"Bearer {token}"})
    me = await program.get("/api/v1/me")
    assert me.json()["scopes"] == ["read"]
    assert token not in (await browser.get("/account")).text
    row = service.database.read_now(queries.list_tokens, 1)[0]
    assert (await browser.post(f"/account/tokens/{row.id}/revoke")).status_code == 303
    assert (await program.get("/api/v1/me")).status_code == 401


def test_the_last_administrator_stays(service: Service) -> None:
    account = service.account("admin", "admin", at=None)
    try:
        service.database.write_now(accounts.disable_account, account, actor="cli", now=service.now)
    except NotAllowed as problem:
        assert problem.code == "last_admin"
    else:
        raise AssertionError("the last administrator was disabled")
    found = service.database.read_now(queries.find_account, account)
    assert found is not None
    assert found.disabled_at is None
