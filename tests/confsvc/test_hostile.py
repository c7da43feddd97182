"""What nobody sends by accident: it is refused in the asker's own form, and never as a mistake of ours."""

from __future__ import annotations

import gzip
import json

import pytest

from confsvc.access import Grant
from confsvc.accounts import add_grant
from confsvc.asker_queries import list_grants
from confsvc.web.api.fields import MOST_ERRORS
from tests.confsvc.conftest import PASSWORD, Service
from tests.confsvc.test_api import wish

NO_UTF8 = b"\xff\xfe"


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/endpoint/agenda", "/jitsi/simulated/conference/x"])
async def test_a_secret_that_is_no_text_is_a_wrong_secret(service: Service, path: str) -> None:
    answer = await service.client().get(path, headers={b"Authorization": b"Bearer " + NO_UTF8})
    assert answer.status_code == 401


async def test_cookies_that_are_no_text_are_no_cookies(service: Service) -> None:
    for cookie in (b"confsvc_session=" + NO_UTF8, b"flash=a." + NO_UTF8, b"flash=" + NO_UTF8 + b".a", b"lang=\xff"):
        answer = await service.client().get("/sign-in", headers={b"Cookie": cookie})
        assert answer.status_code == 200


async def test_a_browser_may_call_itself_anything(service: Service) -> None:
    service.account("lan", "booker", unit="STTTT")
    form = {"login": "lan", "password": PASSWORD}
    answer = await service.client().post("/sign-in", data=form, headers={b"User-Agent": NO_UTF8})
    assert answer.status_code == 303


async def test_a_form_token_that_is_no_text_is_a_wrong_one(service: Service) -> None:
    browser = await service.browser(service.account("lan", "booker", unit="STTTT"))
    answer = await browser.post("/language", data={"lang": "en"}, headers={b"X-CSRF-Token": NO_UTF8})
    assert answer.status_code == 403


@pytest.mark.parametrize("back", ["//[", "//evil.vn", "/\\evil.vn", "https://evil.vn", "/\t/evil.vn"])
async def test_nobody_is_led_elsewhere(service: Service, back: str) -> None:
    browser = await service.browser(service.account("lan", "booker", unit="STTTT"))
    assert (await browser.get("/sign-in", params={"next": back})).headers["Location"] == "/"
    assert (await browser.post("/language", data={"lang": "en", "back": back})).headers["Location"] == "/"


@pytest.mark.parametrize("day", ["01/01/0001", "31/12/9999"])
async def test_days_at_the_ends_of_the_calendar_are_no_days(service: Service, day: str) -> None:
    browser = await service.browser(service.account("lan", "booker", "auditor", unit="STTTT", at=None))
    for path in ("/conferences", "/audit", "/audit.csv"):
        answer = await browser.get(path, params={"from": day, "to": day})
        assert answer.status_code == 200, path
    assert (await browser.get("/book", params={"day": day, "start": "00:00"})).status_code == 200
    form = {"title": "Họp giao ban", "date": day, "start": "00:00", "end": "23:59"}
    assert (await browser.post("/book", data=form)).status_code == 422
    offered = "0001-01-01T00:00:00+14:00" if day.endswith("0001") else "9999-12-31T23:59:59-12:00"
    assert (await browser.post("/book/check", data={**form, "set": offered})).status_code == 200


async def test_a_page_number_of_thousands_of_digits_is_the_first_page(service: Service) -> None:
    browser = await service.browser(service.account("van", "operator", unit="STTTT", at=None))
    assert (await browser.get("/endpoints", params={"page": "1" * 5000})).status_code == 200


async def test_a_body_that_is_not_packed_as_it_says_cannot_be_read(service: Service) -> None:
    program = service.program(service.account("lan", "booker", unit="STTTT"))
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await program.post("/api/v1/conferences", content=b"not gzip", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    bomb = gzip.compress(b"[" * 20_000_000)
    assert (await program.post("/api/v1/conferences", content=bomb, headers=headers)).status_code == 413


async def test_not_every_one_of_thousands_of_wrong_fields_is_told(service: Service) -> None:
    program = service.program(service.account("lan", "booker", unit="STTTT"))
    answer = await program.post("/api/v1/conferences", json={f"k{number}": 1 for number in range(20_000)})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == MOST_ERRORS


def _deep(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


async def test_however_deep_a_body_is_nested_it_is_refused(service: Service) -> None:
    program = service.program(service.account("lan", "booker", unit="STTTT"))
    bodies = [_deep(depth) for depth in (100, 500, 900, 990, 5_000)] + [json.dumps({"title": "\ud800"}).encode()]
    for body in bodies:
        answer = await program.post("/api/v1/conferences", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422)


async def test_a_key_that_may_only_read_makes_no_keys_and_ends_no_sessions(service: Service) -> None:
    account_id = service.account("lan", "booker", unit="STTTT")
    await service.browser(account_id)
    reader, audit = service.program(account_id, "read"), service.program(account_id, "audit")
    for program in (reader, audit):
        assert (await program.get("/account")).status_code == 403
        wanted = {"name": "x", "days": "365", "scopes": "read"}
        assert (await program.post("/account/tokens", data=wanted)).status_code == 403
        assert (await program.post("/account/sessions/1/revoke")).status_code == 403
    assert (await reader.get("/")).status_code == 200
    assert (await audit.get("/")).status_code == 403
    keeper = service.program(account_id, "tokens")
    assert (await keeper.get("/account")).status_code == 200
    assert (await keeper.get("/search", params={"q": "a"})).status_code == 403


async def test_a_key_that_may_only_read_says_nothing_about_a_conference(service: Service) -> None:
    account_id = service.account("lan", "booker", unit="STTTT")
    whole, acting = service.program(account_id), service.program(account_id, "read", "book")
    reader = service.program(account_id, "read")
    rooms = (await reader.get("/api/v1/rooms")).json()["items"]
    own = next(room["key"] for room in rooms if room["unit"] == "STTTT")
    made = await whole.post("/api/v1/conferences", json=wish(sites=[own]))
    address = made.headers["Location"]
    for act, said in (("comments", {"text": "x"}), ("here", {"site": own}), ("end", {"version": 1})):
        answer = await reader.post(f"{address}/{act}", json=said)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), act
    assert (await acting.post(f"{address}/comments", json={"text": "x"})).status_code == 204


def test_who_stands_in_for_a_stand_in_holds_nothing(service: Service) -> None:
    """Else a function taken from its holder would live on two doors further."""
    holder, second = service.account("lan", "booker", unit="STTTT"), service.account("mai", unit="STTTT")
    third, unit = service.account("van", unit="STTTT"), service.unit("STTTT")
    for account_id, stands_in_for in ((second, holder), (third, second)):
        service.database.write_now(
            add_grant, account_id, "booker", actor="cli", now=service.now, unit_id=unit, substitute_for=stands_in_for
        )
    held = [service.database.read_now(list_grants, one, service.now.date()) for one in (holder, second, third)]
    assert held == [(Grant("booker", unit),), (Grant("booker", unit, holder),), ()]


ASKED = (
    ("/search", "q"), ("/outbox", "q"), ("/outbox", "conference"), ("/outbox", "state"), ("/conferences", "q"),
    ("/conferences", "host"), ("/conferences", "after"), ("/timeline", "q"), ("/users", "q"), ("/audit", "q"),
    ("/audit", "actor"), ("/audit", "subject"), ("/audit", "from"), ("/directory", "q"), ("/endpoints", "q"),
    ("/endpoints", "link"), ("/pair", "c"), ("/pair", "q"), ("/figures", "host"), ("/figures/list", "host"),
    ("/figures/list", "what"), ("/book", "room"), ("/book", "day"), ("/in-person", "again"), ("/sign-in", "next"),
    ("/api/v1/conferences", "q"), ("/api/v1/conferences", "cursor"), ("/api/v1/units", "q"), ("/api/v1/rooms", "q"),
    ("/api/v1/figures", "host"),
)  # fmt: skip


async def test_no_question_in_an_address_is_a_mistake_of_ours(service: Service) -> None:
    functions = ("admin", "operator", "booker", "auditor", "reporter")
    browser = await service.browser(service.account("sep", *functions, unit="STTTT", at=None))
    for path, name in ASKED:
        for value in ("\0", "a\0b", "%_\\", "\u202e", "9" * 5000, "-1", "'\"><script>", "\U0001f4a5" * 300):
            answer = await browser.get(path, params={name: value})
            assert answer.status_code < 500, f"{path}?{name}={value[:20]!r}"
            assert "<script>'" not in answer.text and "'\"><script>" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/users/{}", "/outbox/{}", "/directory/people/{}/change", "/directory/lines/{}/change", "/api/v1/tokens/{}"],
)
async def test_numbers_that_no_row_has_lead_nowhere(service: Service, path: str) -> None:
    browser = await service.browser(service.account("sep", "admin", "operator", unit="STTTT", at=None))
    for number in ("0", "9" * 18, "9" * 19, "١٢٣"):
        method = "DELETE" if "tokens" in path else "GET"
        answer = await browser.request(method, path.format(number))
        assert answer.status_code in (404, 422), number


async def test_forms_with_nonsense_are_shown_again(service: Service) -> None:
    functions = ("admin", "operator", "booker", "auditor", "reporter")
    browser = await service.browser(service.account("sep", *functions, unit="STTTT", at=None))
    names = (
        "title", "kind", "form", "host", "date", "start", "end", "main", "sites", "units", "chair_name", "chair_mail",
        "guests", "note", "letter_number", "find", "code", "level", "parent", "name", "short", "on", "line", "unit",
        "login", "mail", "language", "c", "room", "q", "act", "scope", "function", "valid_from", "valid_to",
        "substitute_for", "reason", "place", "data", "from", "value", "numerator",
    )  # fmt: skip
    room = (await browser.get("/api/v1/rooms", params={"unit": "HHOA"})).json()["items"][0]["key"]
    paths = (
        "/book", "/book/check", "/in-person", "/pair", "/users", "/users/1/grants", "/figures/goals",
        "/directory/import",
        "/directory/new-unit", "/directory/units/HHOA/new-room", "/directory/units/HHOA/new-person",
        "/directory/units/HHOA/new-line", "/directory/units/HHOA/rename", "/directory/units/HHOA/change",
        f"/directory/rooms/{room}/change", f"/directory/rooms/{room}/move",
    )  # fmt: skip
    for path in paths:
        for value in ("\0", "a\0b", "9" * 18, "1" * 3000, "01/01/0001", "31/12/9999", "\u202eabc", "@", "=1+1"):
            answer = await browser.post(path, data=dict.fromkeys(names, value))
            assert answer.status_code < 500, f"{path} {value[:20]!r}"


async def test_a_title_may_not_turn_what_stands_beside_it(service: Service) -> None:
    browser = await service.browser(service.account("lan", "booker", unit="STTTT"))
    form = {"title": "Họp \u202egiao ban", "kind": "meeting", "date": "01/12/2026", "start": "08:00", "end": "09:00"}
    answer = await browser.post("/book", data=form)
    assert answer.status_code == 422
    assert "không hiển thị được" in answer.text


async def test_no_form_holds_what_a_database_cannot_take(service: Service) -> None:
    """NUL in names and values of fields, in forms that keep, book, look and carry on."""
    browser = await service.browser(service.account("sep", "booker", "admin", "operator", unit="STTTT", at=None))
    names = ("find", "host", "sites", "like", "note", "reason", "notice", "comment", "template_name", "number")
    whole = {"a\0b": "x", "title": "Họp\0 giao ban", **dict.fromkeys(names, "\0")}
    for path in (
        "/book", "/book/check", "/book/repeat", "/book/unsent", "/book/displace", "/book/template", "/find-time",
        "/postpone", "/plan-import", "/closures", "/templates", "/rules/profiles", "/rules/calendar/days", "/in-person",
    ):  # fmt: skip
        assert (await browser.post(path, data=whole)).status_code < 500, path
    made = await service.program(service.account("lan", "booker", unit="STTTT")).post(
        "/api/v1/conferences", json=wish(sites=[])
    )
    address = made.json().get("url", "/conferences/2222222222")
    for act in ("edit", "check", "letter", "cancel", "comments", "time", "approve", "return", "trial", "submit"):
        assert (await browser.post(f"{address}/{act}", data={**whole, "version": "1"})).status_code < 500, act
