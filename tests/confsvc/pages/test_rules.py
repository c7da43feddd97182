"""The page of the house's rules and their API: everybody reads, administrators set, the service follows at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.web import keys
from confsvc.web.pages.rule_words import NAMES, SENTENCES, VALUES, sentence, value_text
from confsvc.web.pages.words import Words
from rooms.models import Change
from scheduler.rule_queries import list_rules
from scheduler.rule_whats import GROUPS, WHATS
from scheduler.rulebook import RuleRow
from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, Service, serving
from tests.directory import load_default

FIVE = {
    "what": "notice_days", "value": "5", "unit": "SNV", "kind": "briefing", "reason": "QĐ 12/2026",
    "valid_from": "01/11/2026", "valid_to": "",
}  # fmt: skip


@pytest.fixture
async def admin(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("quantri", "admin", unit="STTTT", at=None))


def values(service: Service) -> list[tuple[str, str, str | None]]:
    rows = service.database.read_now(list_rules)
    return [(r.value, r.valid_from.isoformat(), r.valid_to.isoformat() if r.valid_to else None) for r in rows]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_everything_has_a_name_and_a_sentence(language: str) -> None:
    words = Words(language)
    assert set(NAMES) == set(SENTENCES) == set(WHATS)
    for name, what in WHATS.items():
        options = ("yes", "no") if what.form == "flag" else what.options
        assert set(VALUES.get(name, {})) == set(options)
        for text in options or (what.text(what.high), "none" if what.no_limit else what.text(what.low)):
            row = RuleRow(1, name, "briefing", 3, text, "", date(2027, 1, 1), date(2027, 12, 31))
            said = sentence(what, row, "Sở Nội vụ", words)
            assert "01/01/2027" in said and value_text(what, text, words) in said and "%" not in said
    assert len(GROUPS) == 8


async def test_a_rule_is_looked_at_set_changed_and_ended(service: Service, admin: httpx.AsyncClient) -> None:
    page = (await admin.get("/rules")).text
    assert "Nếu không có quy định khác: 3 ngày làm việc." in page and "Kỳ họp" not in page
    form = (await admin.get("/rules/change?what=notice_days")).text
    assert 'name="value"' in form and "từ 0 đến 30" in form
    looked = await admin.post("/rules/change", data=FIVE, headers={"HX-Request": "true"})
    assert "Từ 01/11/2026 đến khi có quy định mới, Sở Nội vụ và các cơ quan trực thuộc, Họp giao ban" in looked.text
    assert "ít nhất 5 ngày làm việc" in looked.text and "<html" not in looked.text
    whole = await admin.post("/rules/change", data=FIVE | {"act": "look"})
    assert "<html" in whole.text and "ít nhất 5 ngày làm việc" in whole.text
    assert values(service) == []

    answer = await admin.post("/rules/change", data=FIVE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/rules")
    book, unit = service.app[keys.STANDING].current.book, service.unit("SNV")
    known = book.whole("notice_days", kind="briefing", unit_id=unit, day=date(2026, 11, 24))
    assert known == 5, "known with the answer"
    page = (await admin.get("/rules")).text
    assert "QĐ 12/2026" in page and "Người quantri" in page and "Đã đặt quy định" in page

    later = FIVE | {"value": "7", "valid_from": "01/01/2027"}
    looked = await admin.post("/rules/change", data=later, headers={"HX-Request": "true"})
    assert "Giá trị đang áp dụng kết thúc vào ngày hôm trước: 5 ngày làm việc." in looked.text
    await admin.post("/rules/change", data=later)
    assert values(service) == [("5", "2026-11-01", "2026-12-31"), ("7", "2027-01-01", None)]
    rule_id = service.database.read_now(list_rules)[1].id
    form = (await admin.get(f"/rules/change?what=notice_days&rule={rule_id}")).text
    assert 'value="7"' in form and 'value="SNV" selected' in form and 'value="briefing" selected' in form
    assert (await admin.post(f"/rules/{rule_id}/withdraw", data={})).status_code == 303
    first = service.database.read_now(list_rules)[0].id
    refused = await admin.post(f"/rules/{first}/withdraw", data={})
    assert refused.status_code == 422 and "hãy kết thúc thay vì rút lại" in refused.text
    refused = await admin.post(f"/rules/{first}/end", data={"last_day": "01/10/2026"})
    assert refused.status_code == 422
    await admin.post(f"/rules/{first}/end", data={"last_day": "20/11/2026"})
    assert values(service) == [("5", "2026-11-01", "2026-11-20")]
    assert "1 quy định trước đây" in (await admin.get("/rules")).text
    query = select(Change.act).where(Change.subject_kind == "rule").order_by(Change.id)
    acts = service.database.read_now(lambda db: list(db.scalars(query)))
    assert acts == ["added", "changed", "withdrawn", "ended"]
    auditor = await service.browser(service.account("kiemtra", "auditor", unit="STTTT", at=None))
    log = (await auditor.get("/audit?subject=rule")).text
    assert log.count("Quy định: <ins>Báo trước</ins>") == 3 and "<del>5</del> → <ins>7</ins>" in log


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    service: Service, admin: httpx.AsyncClient
) -> None:
    answer = await admin.post("/rules/change", data=FIVE | {"value": "99", "valid_to": "01/10/2026"})
    assert answer.status_code == 422 and 'href="#f-value"' in answer.text and 'href="#f-valid_to"' in answer.text
    answer = await admin.post("/rules/change", data=FIVE | {"unit": "NOWHERE", "reason": ""})
    assert answer.status_code == 422 and 'href="#f-unit"' in answer.text and 'href="#f-reason"' in answer.text
    looked = await admin.post("/rules/change", data=FIVE | {"value": ""}, headers={"HX-Request": "true"})
    assert looked.status_code == 200 and "ruling" in looked.text
    bare = {"what": "rank", "value": "5", "reason": "x", "valid_from": "1/1/2027"}
    answer = await admin.post("/rules/change", data=bare)
    assert answer.status_code == 422 and 'href="#f-kind"' in answer.text
    assert (await admin.get("/rules/change?what=colour")).status_code == 404
    assert values(service) == []


@pytest.mark.parametrize(
    ("what", "typed", "stored"),
    [("quota_hours_month", "", "none"), ("waiver_by", "approver", "approver"), ("longest_hours", "2,5", "2.5"),
     ("notice_refuses", "yes", "yes"), ("default_form", "in_person", "in_person"), ("counts", "decided", "decided")],
)  # fmt: skip
async def test_every_form_of_value_can_be_set(
    service: Service, admin: httpx.AsyncClient, what: str, typed: str, stored: str
) -> None:
    unit = "SNV" if WHATS[what].of_unit else ""
    data = {"what": what, "value": typed, "unit": unit, "kind": "briefing", "reason": "x", "valid_from": "24/11/2026"}
    assert f'name="what" value="{what}"' in (await admin.get(f"/rules/change?what={what}")).text
    answer = await admin.post("/rules/change", data=data)
    assert answer.status_code == 303, answer.text
    assert [value for value, _, _ in values(service)] == [stored]
    assert (await admin.get("/rules")).status_code == 200


async def test_everybody_reads_and_only_administrators_set(service: Service, admin: httpx.AsyncClient) -> None:
    await admin.post("/rules/change", data=FIVE)
    clerk = await service.browser(service.account("clerk", "booker", unit="SNV"))
    page = await clerk.get("/rules")
    assert page.status_code == 200 and "QĐ 12/2026" in page.text and "/rules/change" not in page.text
    for address in ("/rules/change", "/rules/1/end", "/rules/1/withdraw"):
        assert (await clerk.post(address, data=FIVE)).status_code == 403


async def test_a_booking_is_refused_by_the_rule_that_was_just_set(service: Service, admin: httpx.AsyncClient) -> None:
    await admin.post("/rules/change", data=FIVE | {"kind": ""})
    await admin.post("/rules/change", data=FIVE | {"what": "notice_refuses", "value": "yes", "kind": ""})
    program = service.program(service.account("program", "booker", unit="SNV"))
    rooms = (await program.get("/api/v1/rooms", params={"unit": "SNV"})).json()["items"]
    wish = {
        "title": "Giao ban", "kind": "briefing", "form": "online", "sites": [rooms[0]["key"]], "no_secrets": True,
        "starts": "2026-11-27T08:00:00+07:00", "ends": "2026-11-27T09:00:00+07:00",
    }  # fmt: skip
    answer = await program.post("/api/v1/conferences", json=wish)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("starts", "notice_too_short")
    assert error["detail"] == (
        "Only 2 working days' notice; at least 5 are wanted (rule of the host office). It would fit from 02/12/2026."
    )
    checked = (await program.post("/api/v1/conferences/check", json=wish)).json()
    assert [w["code"] for w in checked["warnings"]] == ["short_notice"]


async def test_programs_read_rows_and_what_holds_for_whom(service: Service, admin: httpx.AsyncClient) -> None:
    await admin.post("/rules/change", data=FIVE)
    program = service.program(service.account("program", "leader", unit="SNV"))
    answer = (await program.get("/api/v1/rules")).json()
    assert answer["as_of"] == "2026-11-24"
    (row,) = answer["rules"]
    assert (row["what"], row["unit"], row["kind"], row["value"], row["valid_to"]) == (
        "notice_days", "SNV", "briefing", "5", None,
    )  # fmt: skip
    assert {v["what"] for v in answer["values"]} == set(WHATS)

    async def notice(**asked: str) -> tuple[str, str]:
        found = (await program.get("/api/v1/rules", params=asked)).json()["values"]
        return next((v["value"], v["by"]) for v in found if v["what"] == "notice_days")

    assert await notice(unit="SNV", kind="briefing") == ("5", "unit")
    assert await notice(unit="SNV", kind="training") == ("3", "default")
    assert await notice(unit="SNV", kind="briefing", as_of="2026-10-31") == ("3", "default")
    refused = await program.get("/api/v1/rules", params={"unit": "NOWHERE", "kind": "party"})
    assert {e["code"] for e in refused.json()["errors"]} == {"no_such_unit", "unknown_value"}


@pytest.fixture
async def seen(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for running in serving(settings, database):
        running.account("admin", "admin", "auditor", unit="STTTT", at=None)
        yield running
    database.close()


async def _signed_in(chromium: Browser, service: Service, **context: object) -> Page:
    page = await (await chromium.new_context(**context)).new_page()  # type: ignore[arg-type]
    await page.goto(f"{service.url}/sign-in")
    await page.fill("[name=login]", "admin")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    return page


@pytest.mark.browser
async def test_the_sentence_keeps_up_and_both_pages_are_accessible(seen: Service, chromium: Browser) -> None:
    phone = {"width": 360, "height": 740}
    page = await _signed_in(chromium, seen, color_scheme="dark", bypass_csp=True, viewport=phone)
    await page.goto(f"{seen.url}/rules/change?what=notice_days")
    await page.fill("[name=value]", "5")
    await page.select_option("[name=kind]", "briefing")
    await page.fill("[name=reason]", "QĐ 12/2026")
    await page.locator("[name=reason]").blur()
    await expect(page.locator("#means")).to_contain_text("ít nhất 5 ngày làm việc")
    found = await violations(page, "form")
    await page.get_by_role("button", name="Đặt quy định").click()
    await page.wait_for_url(f"{seen.url}/rules")
    found += await violations(page, "rules")
    assert found == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.context.close()
