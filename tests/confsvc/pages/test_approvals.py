"""The way from a wish to its letter, through pages and the API: asked, decided, numbered, with its file."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc import accounts
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.web import keys
from confsvc.web.routes import API
from scheduler.models import Approval, Conference, Effect, OfficialLetter
from scheduler.rule_acts import RuleWish, put_rule
from tests.browser import violations
from tests.confsvc.conftest import PASSWORD, START, Service, serving
from tests.confsvc.pages.scenes import booked
from tests.confsvc.pages.test_book import form
from tests.directory import load_default

KEY = "/conferences/"


def pdf(text: str) -> bytes:
    """One page that says this; in UTF-16 through a font with a map of its letters."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=595, height=842)
    letters = sorted(set(text))
    codes = {letter: number for number, letter in enumerate(letters, 1)}
    lines = "".join(f"<{codes[one]:02X}> <{ord(one):04X}>\n" for one in letters)
    cmap = DecodedStreamObject()
    cmap.set_data(
        (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 begincodespacerange <00> <FF> "
            f"endcodespacerange\n{len(letters)} beginbfchar\n{lines}endbfchar\nendcmap end end"
        ).encode()
    )
    font = DictionaryObject({
        NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"), NameObject("/ToUnicode"): writer._add_object(cmap),
    })  # fmt: skip
    said = DecodedStreamObject()
    shown = "".join(f"{codes[one]:02X}" for one in text)
    said.set_data(f"BT /F1 12 Tf 72 700 Td <{shown}> Tj ET".encode())
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(said)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def rule(service: Service, what: str, value: str, unit: str | None = None) -> None:
    """A rule of the house from today on, in force for the service at once."""
    unit_id = service.unit(unit) if unit else None
    wish = RuleWish(what, None, unit_id, value, "QĐ", START.date())
    service.database.write_now(put_rule, wish, actor="cli", now=service.now)


async def refresh(service: Service) -> None:
    await service.app[keys.STANDING].read_again()


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


@pytest.fixture
async def head(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("head", "approver", unit="STTTT"))


def only(service: Service, model: Any) -> Any:
    return service.database.read_now(lambda db: db.scalars(select(model)).one())


async def test_a_request_goes_from_the_form_through_the_inbox(
    service: Service, clerk: httpx.AsyncClient, head: httpx.AsyncClient
) -> None:
    rule(service, "approval_by", "own_head")
    await refresh(service)
    typed = form(service, "HHOA", "YDUNG")
    said = (await clerk.post("/book/check", data=typed, headers={"HX-Request": "true"})).text
    assert 'data-needs="head"' in said and "thủ trưởng cơ quan chủ trì" in said.lower()
    sent = await clerk.post("/book", data=typed)
    assert sent.status_code == 303
    page = (await clerk.get(sent.headers["Location"])).text
    assert "Chờ phê duyệt" in page and "Đã gửi phê duyệt" in page
    assert "Duyệt" not in (await clerk.get("/")).text.partition("<nav")[2].partition("</nav>")[0]
    assert (await clerk.get("/approvals")).status_code == 403
    menu = (await head.get("/")).text
    assert 'Duyệt <span class="count">1</span>' in menu and "đề nghị chờ duyệt" in menu
    inbox = (await head.get("/approvals")).text
    assert "Tập huấn an toàn thông tin" in inbox and "Phê duyệt" in inbox
    key = only(service, Conference).key
    no_reason = await head.post(f"{KEY}{key}/return", data={"version": "1", "reason": "", "back": "/approvals"})
    assert no_reason.headers["Location"] == "/approvals"
    agreed = await head.post(f"{KEY}{key}/approve", data={"version": "1", "back": "/approvals"})
    assert agreed.headers["Location"] == "/approvals"
    assert only(service, Conference).state == "planned"
    assert "Đã phê duyệt" in (await clerk.get(f"{KEY}{key}")).text
    assert "Không có gì cần quyết định" in (await head.get("/approvals")).text
    kinds = service.database.read_now(lambda db: set(db.scalars(select(Effect.kind))))
    assert kinds == {"letter", "notice", "asked"}


async def test_a_returned_request_tells_why_and_strangers_never_saw_it(
    service: Service, clerk: httpx.AsyncClient, head: httpx.AsyncClient
) -> None:
    rule(service, "approval_by", "own_head")
    await refresh(service)
    await clerk.post("/book", data=form(service, "HHOA"))
    key = only(service, Conference).key
    guest = await service.browser(service.account("huyen", "site_contact", unit="HHOA"))
    assert (await guest.get(f"{KEY}{key}")).status_code == 404
    other = await service.browser(service.account("khac", "approver", unit="SYT"))
    assert (await other.post(f"{KEY}{key}/approve", data={"version": "1"})).status_code == 404
    await head.post(f"{KEY}{key}/return", data={"version": "1", "reason": "Trùng lịch tiếp dân"})
    page = (await clerk.get(f"{KEY}{key}")).text
    assert "Trùng lịch tiếp dân" in page and "Bản nháp" in page and "Trả lại" in page


async def test_a_substitute_decides_in_the_absent_ones_place(service: Service, clerk: httpx.AsyncClient) -> None:
    rule(service, "approval_by", "own_head")
    await refresh(service)
    await clerk.post("/book", data=form(service, "HHOA"))
    chief, deputy = service.account("chief", "approver", unit="STTTT"), service.account("deputy", unit="STTTT")
    service.database.write_now(
        accounts.add_grant, deputy, "approver", actor="cli", now=service.now, unit_id=service.unit("STTTT"),
        substitute_for=chief,
    )  # fmt: skip
    browser = await service.browser(deputy)
    key = only(service, Conference).key
    await browser.post(f"{KEY}{key}/approve", data={"version": "1"})
    one = only(service, Approval)
    assert (one.verdict, one.by, one.for_by) == ("approved", f"account:{deputy}", f"account:{chief}")
    assert "Người deputy thay Người chief" in (await clerk.get(f"{KEY}{key}")).text


async def test_the_letter_is_recorded_with_its_file_and_taken_out_again(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    await clerk.post("/book", data=form(service, "HHOA"))
    key = only(service, Conference).key
    page = (await clerk.get(f"{KEY}{key}/letter")).text
    assert 'value="GM-STTTT"' in page
    content = pdf("GIẤY MỜI tập huấn bảo vệ bí mật nhà nước")
    typed = {"number": "05", "symbol": "GM-STTTT", "issued": "23/11/2026", "version": "1"}
    files = {"file": ("Giấy mời.pdf", content, "application/pdf")}
    done = await clerk.post(f"{KEY}{key}/letter", data=typed, files=files)
    assert done.status_code == 303, done.text
    letter = only(service, OfficialLetter)
    assert (letter.number, letter.symbol, letter.issued, letter.pdf_read) == ("5", "GM-STTTT", date(2026, 11, 23), True)
    shown = (await clerk.get(f"{KEY}{key}")).text
    assert "05/GM-STTTT" in shown and letter.pdf_sha256 in shown and "Đã có giấy mời" in shown
    got = await clerk.get(f"{KEY}{key}/letter.pdf")
    assert got.content == content and got.headers["Content-Disposition"].startswith("attachment")
    stranger = await service.browser(service.account("khac", unit="SYT"))
    assert (await stranger.get(f"{KEY}{key}/letter.pdf")).status_code == 404
    assert (await clerk.post(f"{KEY}{key}/letter/purge", data={"reason": "x"})).status_code == 403
    admin = await service.browser(service.account("quantri", "admin", unit="STTTT", at=None))
    await admin.post(f"{KEY}{key}/letter/purge", data={"reason": "Nhầm tệp"})
    assert (await clerk.get(f"{KEY}{key}/letter.pdf")).status_code == 404
    assert not list((service.settings.var / "letters").rglob("*.pdf"))
    assert "Nhầm tệp" in (await clerk.get(f"{KEY}{key}")).text


async def test_an_administrator_takes_the_content_out_for_good(service: Service, clerk: httpx.AsyncClient) -> None:
    await clerk.post("/book", data=form(service, "HHOA", title="Phương án tác chiến"))
    key = only(service, Conference).key
    admin = await service.browser(service.account("quantri", "admin", unit="STTTT", at=None))
    assert "Hãy hủy trước" in (await admin.get(f"{KEY}{key}/purge")).text
    assert (await admin.post(f"{KEY}{key}/purge", data={"reason": "Lộ"})).status_code == 409
    await clerk.post(f"{KEY}{key}/cancel", data={"reason": "Nhầm", "version": str(only(service, Conference).version)})
    assert (await clerk.get(f"{KEY}{key}/purge")).status_code == 403
    assert "Gỡ bỏ vĩnh viễn" in (await admin.get(f"{KEY}{key}/purge")).text
    empty = await admin.post(f"{KEY}{key}/purge", data={"reason": " "})
    assert empty.status_code == 422 and 'id="e-reason"' in empty.text
    done = await admin.post(f"{KEY}{key}/purge", data={"reason": "Nội dung mật"})
    assert done.status_code == 303, done.text
    shown = (await clerk.get(f"{KEY}{key}")).text
    assert "tác chiến" not in shown and "[đã gỡ nội dung]" in shown
    assert "Không tìm thấy" in (await clerk.get("/search?q=tác chiến")).text


async def test_the_host_in_a_form_of_change_is_the_conference_s_own(service: Service) -> None:
    """A hidden field: with another office in it that office's rules would be asked, and no approval."""
    account = service.account("ca-hai", "booker", unit="STTTT", at=None)
    clerk = await service.browser(account)
    await clerk.post("/book", data=form(service, "HHOA"))
    key = only(service, Conference).key
    rule(service, "approval_by", "own_head", "STTTT")
    await refresh(service)
    later = {"version": "1", "start": "14:00", "end": "16:00"}
    forged = await clerk.post(f"{KEY}{key}/edit", data=form(service, "HHOA", host="SNV", **later))
    assert forged.status_code == 422
    assert (only(service, Conference).state, only(service, Conference).version) == ("planned", 1)
    assert (await clerk.post(f"{KEY}{key}/edit", data=form(service, "HHOA", **later))).status_code == 303
    assert only(service, Conference).state == "pending"


async def test_nothing_is_kept_of_a_file_for_a_letter_of_another_office(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    await clerk.post("/book", data=form(service, "HHOA"))
    key = only(service, Conference).key
    typed = {"number": "05", "symbol": "GM-STTTT", "issued": "23/11/2026", "version": "1"}
    files = {"file": ("gm.pdf", b"%PDF-1.4", "application/pdf")}
    stranger = await service.browser(service.account("khac", "booker", unit="SYT"))
    assert (await stranger.post(f"{KEY}{key}/letter", data=typed, files=files)).status_code == 404
    await clerk.post(f"{KEY}{key}/cancel", data={"version": "1", "reason": "Hoãn"})
    assert (await clerk.post(f"{KEY}{key}/letter", data=typed, files=files)).status_code == 409
    assert not list((service.settings.var / "letters").rglob("*"))


async def test_a_file_whose_letter_is_refused_does_not_stay(service: Service, clerk: httpx.AsyncClient) -> None:
    keys_of = []
    for day in ("02/12/2026", "03/12/2026"):
        sent = await clerk.post("/book", data=form(service, "HHOA", date=day))
        keys_of.append(sent.headers["Location"].rpartition("/")[2])
    typed = {"number": "05", "symbol": "GM-STTTT", "issued": "23/11/2026", "version": "1"}
    folder = service.settings.var / "letters"

    async def send(key: str, content: bytes, **changes: str) -> int:
        files = {"file": ("gm.pdf", content, "application/pdf")}
        return (await clerk.post(f"{KEY}{key}/letter", data=typed | changes, files=files)).status_code

    assert await send(keys_of[0], b"%PDF-1.4 one") == 303
    assert await send(keys_of[1], b"%PDF-1.4 two") == 422, "that number is another letter's"
    assert await send(keys_of[1], b"%PDF-1.4 two", number="6", version="9") == 409
    assert len(list(folder.rglob("*.pdf*"))) == 1
    assert await send(keys_of[1], b"%PDF-1.4 one") == 422
    assert len(list(folder.rglob("*.pdf*"))) == 1, "the other letter has the same file"
    assert await send(keys_of[1], b"%PDF-1.4 one", number="6") == 303


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gm.pdf", b"MZ not a pdf", "không phải tệp PDF"),
        ("Giấy mời MẬT.pdf", b"%PDF-1.4", "dấu MẬT"),
        ("gm_toi_mat.pdf", b"%PDF-1.4", "dấu MẬT"),
        ("gm.pdf", pdf("TỐI MẬT GIẤY MỜI"), "dấu MẬT"),
    ],
)
async def test_what_may_not_come_in_is_refused(
    service: Service, clerk: httpx.AsyncClient, name: str, content: bytes, said: str
) -> None:
    await clerk.post("/book", data=form(service, "HHOA"))
    key = only(service, Conference).key
    typed = {"number": "7", "symbol": "GM-STTTT", "issued": "23/11/2026", "version": "1"}
    answer = await clerk.post(f"{KEY}{key}/letter", data=typed, files={"file": (name, content, "application/pdf")})
    assert answer.status_code == 422 and said in answer.text
    assert only(service, Conference).letter_number == ""


async def test_a_number_belongs_to_one_letter_and_wrong_ones_are_said(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    for start in ("08:00", "13:30"):
        await clerk.post("/book", data=form(service, "HHOA", start=start, end="15:30" if start > "12" else "10:00"))
    first, second = service.database.read_now(lambda db: db.scalars(select(Conference.key)).all())
    typed = {"number": "7", "symbol": "GM-STTTT", "issued": "23/11/2026", "version": "1"}
    assert (await clerk.post(f"{KEY}{first}/letter", data=typed)).status_code == 303
    taken = await clerk.post(f"{KEY}{second}/letter", data=typed)
    assert taken.status_code == 422 and "giấy mời của cuộc họp khác" in taken.text
    wrong = await clerk.post(f"{KEY}{second}/letter", data=typed | {"number": "bảy", "issued": "25/11/2026"})
    assert "Chỉ ghi số" in wrong.text and "Ngày này chưa đến" in wrong.text


async def test_programs_decide_and_record_the_letter(service: Service) -> None:
    rule(service, "approval_by", "own_head")
    await refresh(service)
    clerk = service.program(service.account("clerk", "booker", unit="STTTT"))
    head = service.program(service.account("head", "approver", unit="STTTT"))
    rooms = (await clerk.get(f"{API}/rooms", params={"unit": "STTTT"})).json()["items"]
    wish = {
        "title": "Giao ban", "kind": "briefing", "form": "online", "starts": "2026-12-10T08:00:00+07:00",
        "ends": "2026-12-10T09:00:00+07:00", "no_secrets": True, "sites": [rooms[0]["key"]], "chair_level": "leader",
    }  # fmt: skip
    made = (await clerk.post(f"{API}/conferences", json=wish)).json()
    assert made["state"] == "pending"
    one = f"{API}/conferences/{made['key']}"
    assert (await clerk.get(f"{API}/approvals")).status_code == 403
    waiting = (await head.get(f"{API}/approvals")).json()["items"]
    assert [(q["function"], q["reasons"], q["mine"]) for q in waiting[0]["questions"]] == [
        ("head", ["rule"], True), ("hall", ["leader"], False),
    ]  # fmt: skip
    half = (await head.post(f"{one}/approve", json={"version": 1})).json()
    assert half["state"] == "pending"
    again = await head.post(f"{one}/approve", json={"version": half["version"]})
    assert (again.status_code, again.json()["code"]) == (403, "not_asked")
    office = service.program(service.account("vanphong", "approver", unit="VPUB", at=None))
    done = (await office.post(f"{one}/approve", json={"version": half["version"]})).json()
    assert done["state"] == "planned"
    letter = {"version": done["version"], "number": "12", "symbol": "gm-stttt", "issued": "2026-11-23"}
    assert (await clerk.get(f"{one}/letter")).status_code == 404
    assert (await clerk.put(f"{one}/letter", json=letter)).status_code == 200
    assert (await clerk.get(f"{one}/letter")).json()["shown"] == "12/GM-STTTT"
    assert (await clerk.get(one)).json()["letter_number"] == "12/GM-STTTT"


@pytest.mark.browser
async def test_the_pages_are_accessible_and_decide_by_keyboard(
    settings: Settings, sqlite_url: str, chromium: Browser
) -> None:
    """Both themes and a phone; one request is approved, one returned with its reason."""
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for service in serving(settings, database):
        service.account("clerk", "booker", unit="STTTT")
        rule(service, "approval_by", "own_head")
        rule(service, "pending_holds", "no")
        rule(service, "letter_by_days", "1")
        await refresh(service)
        rules = service.app[keys.STANDING].current
        for hour, title in ((1, "Giao ban tháng 12"), (1, "Tập huấn an toàn thông tin"), (7, "Triển khai đề án")):
            starts = datetime(2026, 12, 3, hour, tzinfo=UTC)
            codes = ("STTTT", "HHOA", "YDUNG")
            leader = "leader" if hour == 7 else ""
            service.database.write_now(
                booked, "STTTT", codes, starts, now=service.now, rules=rules, title=title, chair_level=leader
            )
        service.account("head", "approver", "booker", "operator", unit="STTTT", at=None)
        page = await chromium.new_page(base_url=service.url, viewport={"width": 1280, "height": 800}, bypass_csp=True)
        await page.goto("/sign-in")
        await page.fill("[name=login]", "head")
        await page.fill("[name=password]", PASSWORD)
        await page.press("[name=password]", "Enter")
        await page.wait_for_url("**/")
        keys_ = service.database.read_now(by_id, Conference.key)
        found = await looked_at(page, "today", "/") + await looked_at(page, "approvals", "/approvals")
        found += await looked_at(page, "waiting", f"{KEY}{keys_[2]}")
        await page.goto("/approvals")
        await page.locator(f"section:has(#t-{keys_[2]}) details summary").press("Enter")
        await page.fill(f"#r-{keys_[2]}", "Đề nghị lùi sang tuần sau")
        await page.get_by_role("button", name="Trả lại", exact=True).press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Đã trả lại")
        await page.get_by_role("button", name="Phê duyệt").first.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Đã phê duyệt")
        await expect(page.locator("main section.card")).to_have_count(0)
        found += await looked_at(page, "approved", f"{KEY}{keys_[0]}")
        found += await looked_at(page, "letter", f"{KEY}{keys_[0]}/letter")
        found += await looked_at(page, "book", "/book")
        await page.close()
        states = service.database.read_now(by_id, Conference.state)
        assert (states, found) == (["planned", "draft", "draft"], [])
    database.close()


def by_id(db: Session, column: Any) -> list[str]:
    """One column of all conferences."""
    return list(db.scalars(select(column).order_by(Conference.id)))


async def looked_at(page: Page, name: str, address: str) -> list[str]:
    """What axe finds on it, bright, dark and narrow; pictures are kept where CONFSVC_PICTURES says."""
    found, folder = [], os.environ.get("CONFSVC_PICTURES")
    await page.goto(address)
    for theme, width in (("light", 1280), ("dark", 1280), ("light", 360)):
        await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": 800})
        found += await violations(page, f"{name} {theme} {width}")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        found += [f"{name}: {wide} wide on {width}"] if wide > width else []
        if folder:
            await page.screenshot(path=f"{folder}/{name}-{theme}-{width}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 800})
    return found
