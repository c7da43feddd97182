"""Every refusal has two texts and a way out in docs/refusals.md, and some test produces it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from confsvc import accounts, parts, tokens
from confsvc.i18n import text
from confsvc.passwords import password_errors
from confsvc.web import errors
from confsvc.web.pages.choices import Places
from confsvc.web.pages.form_errors import _BY_CODE as AT_FORMS
from confsvc.web.pages.wish import Typed, wish_of
from confsvc.web.problem import from_http
from rooms.errors import Invalid, NotAllowed, NotFound, Problem
from rooms.protocol import from_endpoint
from rooms.unit_files import MOST_ROWS, Reader
from rooms.wire import ProtocolError
from scheduler.booking.validation import field_errors
from scheduler.record.close_out import Mark, Result, confirm_result
from scheduler.record.goals import set_goal
from scheduler.rulebook import RuleBook
from tests.confsvc.conftest import PASSWORD, START, Service
from tests.scheduler.booking import offices

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "refusals.md").read_text("utf-8")
TABLES = {"TEXTS": errors.TEXTS, "FIELD_TEXTS": errors.FIELD_TEXTS, "WARNING_TEXTS": errors.WARNING_TEXTS}
SECTIONS = dict(zip(TABLES, re.split(r"^## .*$", PAGE, flags=re.MULTILINE)[1:], strict=True))
FALLBACKS = {"problem", "wrong"}  # for codes without a text of their own; a test of the words looks at them


def rows(section: str) -> dict[str, tuple[str, str]]:
    found = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", section, re.MULTILINE)
    return {code: (english, vietnamese) for code, english, vietnamese in found}


@pytest.mark.parametrize("table", TABLES)
def test_every_code_stands_on_the_page_with_both_texts_and_a_way_out(table: str) -> None:
    listed = rows(SECTIONS[table])
    assert set(listed) == set(TABLES[table]), "the page lists the codes of confsvc/web/errors.py"
    for code, message in TABLES[table].items():
        english, _, way_out = listed[code][0].partition("<br>**Way out:** ")
        vietnamese, _, loi_ra = listed[code][1].partition("<br>**Cách xử lý:** ")
        assert (english, vietnamese) == (message, text(message, "vi")), code
        assert len(way_out) > 10 and len(loi_ra) > 10 and way_out != loi_ra, code


def below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for one in kind.__subclasses__():
        yield one
        yield from below(one)


def test_every_code_is_produced_by_some_test() -> None:
    """By name: a test that produces a refusal names its code, or its class."""
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    codes = {code for table in TABLES.values() for code in table} - FALLBACKS
    classes = {kind.code: kind.__name__ for kind in below(Problem)}
    named = {code: rf"""["':.]{code}["'}}]|raises\(\(?{classes.get(code, "$")}\b""" for code in codes}
    assert sorted(code for code, pattern in named.items() if not re.search(pattern, tests)) == []


@pytest.mark.parametrize(
    ("refusal", "code"),
    [(web.HTTPBadRequest(), "malformed"), (web.HTTPNotAcceptable(), "not_acceptable"), (web.HTTPGone(), "gone"),
     (web.HTTPExpectationFailed(), "expectation"), (web.HTTPMethodNotAllowed("PUT", ["GET"]), "method_not_allowed"),
     (web.HTTPUnsupportedMediaType(), "media_type"), (web.HTTPRequestEntityTooLarge(1, 2), "too_large"),
     (web.HTTPServiceUnavailable(), "unavailable"), (web.HTTPBadGateway(), "internal")],
)  # fmt: skip
def test_the_frameworks_refusals_have_our_codes(refusal: web.HTTPException, code: str) -> None:
    assert from_http(refusal).code == code


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


async def test_requests_that_are_refused_as_a_whole(service: Service) -> None:
    clerk = service.program(service.account("clerk", "booker", unit="SNV"))
    unlisted = "/api/v1/conferences/2222222222"
    assert code_of(await clerk.get(unlisted)) == "not_found"
    assert code_of(await clerk.put("/api/v1/units")) == "method_not_allowed"
    assert code_of(await clerk.post("/api/v1/conferences", content=b"x")) == "media_type"
    assert code_of(await clerk.post("/api/v1/conferences", json={})) == "invalid"
    leader = service.program(service.account("leader", "leader", unit="SNV"))
    assert code_of(await leader.post("/api/v1/conferences", json={})) == "not_allowed"
    assert code_of(await clerk.delete("/api/v1/tokens/999999")) in ("token_not_found", "scope_missing")


async def test_a_room_is_refused_with_who_holds_it(service: Service) -> None:
    clerk = service.program(service.account("clerk", "booker", unit="SNV"))
    rooms = (await clerk.get("/api/v1/rooms", params={"unit": "SNV"})).json()["items"]
    wish = {
        "title": "Giao ban", "kind": "briefing", "form": "online", "sites": [rooms[0]["key"]], "no_secrets": True,
        "starts": "2026-12-01T08:00:00+07:00", "ends": "2026-12-01T09:00:00+07:00",
    }  # fmt: skip
    assert (await clerk.post("/api/v1/conferences", json=wish)).status_code == 201
    again = await clerk.post("/api/v1/conferences", json=wish)
    assert code_of(again) == "room_taken" and again.json()["taken"][0]["unit"]
    many = await clerk.post("/api/v1/conferences", json=wish | {"sites": ["x"] * 301, "host": "?"})
    found = {e["field"]: e["code"] for e in many.json()["errors"]}
    assert found == {"sites": "too_many", "host": "pattern"}
    late = {"title": "Họp", "kind": "briefing", "units": ["SYT"], "reason": "content", "starts": wish["starts"],
            "ends": wish["ends"]}  # fmt: skip
    refused = (await clerk.post("/api/v1/conferences/logged", json=late)).json()["errors"]
    assert "not_over_yet" in {e["code"] for e in refused}
    old = late | {"starts": "2019-01-01T08:00:00+07:00", "ends": "2019-01-01T09:00:00+07:00"}
    refused = (await clerk.post("/api/v1/conferences/logged", json=old)).json()["errors"]
    assert "too_long_ago" in {e["code"] for e in refused}
    none = (await clerk.post("/api/v1/conferences/logged", json=late | {"units": []})).json()["errors"]
    assert [e["code"] for e in none] == ["too_few"]
    sizes = (await clerk.get("/api/v1/figures/list", params={"month": 0, "page": 10_001})).json()["errors"]
    assert [e["code"] for e in sizes] == ["too_small", "too_great"]


async def test_signing_in_and_coming_from_elsewhere(service: Service) -> None:
    service.account("clerk", "booker", unit="SNV")
    asks = service.client(headers={"Accept": "application/json", "Origin": service.url})
    wrong = {"login": "clerk", "password": "falsch"}
    pages = [await asks.post("/sign-in", data=wrong) for _ in range(12)]
    assert text(errors.TEXTS["sign_in_wrong"], "vi") in pages[0].text
    assert pages[-1].status_code == 429
    assert text(errors.TEXTS["too_many_attempts"], "vi").partition("%")[0] in pages[-1].text
    elsewhere = service.client(headers={"Accept": "application/json", "Origin": "https://elsewhere.example"})
    assert code_of(await elsewhere.post("/sign-in", data=wrong)) == "cross_site"
    assert code_of(await asks.get(f"/password/{'x' * 43}")) == "link_void"


def refusal(service: Service, work: Any, *args: Any, **kwargs: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        service.database.write_now(work, *args, **kwargs)
    return refused.value


async def test_accounts_and_keys(service: Service) -> None:
    by: Mapping[str, Any] = {"actor": "cli", "now": START}
    account_id = service.account("clerk", "booker", unit="SNV")
    gone = refusal(service, accounts.end_grant, 999_999, last=date(2026, 11, 23), **by)
    assert isinstance(gone, NotFound) and gone.code == "grant_not_found"
    assert refusal(service, accounts.disable_account, 999_999, **by).code == "account_not_found"
    signs = refusal(service, accounts.add_account, "Å", "x", **by)
    assert isinstance(signs, Invalid) and signs.errors[0].code == "login_signs"
    same = refusal(service, accounts.add_grant, account_id, "booker", substitute_for=account_id, **by)
    assert isinstance(same, Invalid) and "oneself" in {e.code for e in same.errors}
    ask: Mapping[str, Any] = {"by": "cli", "now": START}
    far = refusal(service, tokens.add_token, account_id, "x", ["read"], expires=START + timedelta(days=9999), **ask)
    assert isinstance(far, Invalid) and [e.code for e in far.errors] == ["not_within"]
    for number in range(tokens.MOST_TOKENS):
        service.database.write_now(
            tokens.add_token, account_id, f"t{number}", ["read"], expires=START + timedelta(days=9), **ask
        )
    full = refusal(service, tokens.add_token, account_id, "x", ["read"], expires=START + timedelta(days=9), **ask)
    assert isinstance(full, NotAllowed) and full.code == "too_many_tokens"
    assert refusal(service, tokens.revoke_token, account_id, 999_999, **ask).code == "token_not_found"


async def test_passwords(service: Service) -> None:
    assert [e.code for e in password_errors("kurz")] == ["password_short"]
    assert [e.code for e in password_errors("aaaaaaaaaaaaaaaaaa")] == ["password_easy"]
    browser = await service.browser(service.account("clerk", "booker", unit="SNV"))
    answer = await browser.post("/account/password", data={"present": "?", "password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 422 and text(errors.FIELD_TEXTS["password_wrong"], "vi") in answer.text
    differing = {"present": PASSWORD, "password": "mat khau khac han", "again": "mat khau khac nua"}
    answer = await browser.post("/account/password", data=differing)
    assert answer.status_code == 422 and text(errors.FIELD_TEXTS["password_differs"], "vi") in answer.text


async def test_results_name_who_came(service: Service) -> None:
    clerk = service.account("clerk", "booker", unit="SNV")
    program = service.program(clerk)
    rooms = (await program.get("/api/v1/rooms", params={"unit": "SNV"})).json()["items"]
    wish = {
        "title": "Họp", "kind": "briefing", "form": "in_person", "in_person_reason": "content", "units": ["HHOA"],
        "sites": [rooms[0]["key"]], "starts": "2026-12-01T08:00:00+07:00", "ends": "2026-12-01T09:00:00+07:00",
        "no_secrets": True,
    }  # fmt: skip
    made = (await program.post("/api/v1/conferences", json=wish)).json()
    service.wait(days=8)
    await service.app[parts.JOBS].tick()
    browser = await service.browser(clerk)
    version = str((await program.get(f"/api/v1/conferences/{made['key']}")).json()["version"])
    answer = await browser.post(f"/conferences/{made['key']}/result", data={"outcome": "held", "version": version})
    assert answer.status_code == 422
    assert text(AT_FORMS["choose_mode"], "vi", {"unit": "Hiệp Hòa"}) in answer.text
    strangers = Result("held", {999_999: Mark("in_person")})
    refused = refusal(
        service, confirm_result, made["key"], strangers, version=int(version), actor=f"account:{clerk}",
        now=service.now,
    )  # fmt: skip
    assert isinstance(refused, Invalid) and "no_such_delegation" in {e.code for e in refused.errors}


async def test_the_first_administrator_is_made_once(service: Service) -> None:
    link = service.database.write_now(tokens.first_admin_link, now=START)
    assert link is not None
    service.account("quantri", "admin", at=None)
    made = refusal(service, tokens.make_first_admin, link, "other", "Other", "x", now=START)
    assert made.code == "admin_exists"


def test_goals_and_files(service: Service) -> None:
    share = refusal(service, set_goal, 2027, 3, 2, "KH", actor="cli", now=START)
    assert isinstance(share, Invalid) and [e.code for e in share.errors] == ["not_a_share"]
    head = "code,level,name\n"
    for data, code in ((head + 'A,"x"y,z\n', "not_csv"), (head + "\n" * (MOST_ROWS + 1), "too_many_rows")):
        with pytest.raises(Invalid) as refused:
            list(Reader(data.encode(), ("code", "level", "name"), required=()))
        assert refused.value.errors[0].code == code


def test_forms_ask_for_what_the_kind_does_not_decide_and_for_times() -> None:
    typed = Typed(kind="advisory", date="01/12/2026", start="8 giờ sáng", end="9:00")
    wish = wish_of(typed, Places((), (), (), None), now=START, book=RuleBook())
    assert {e.code for e in wish.errors} >= {"choose_form", "time_form"}
    turned = replace(offices.wish(), title="H\u202ep")  # what stands beside it would be read backwards
    assert [e.code for e in field_errors(turned, now=offices.NOW, rules=offices.RULES)] == ["not_text"]


def test_devices_of_another_version() -> None:
    with pytest.raises(ProtocolError) as refused:
        from_endpoint('{"t": "hello", "v": 999}')
    assert (refused.value.field, refused.value.code) == ("v", "unknown_version")
