"""Making a letter of invitation: the form, its files, what may not stand in it, through pages and the API."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from docx import Document
from playwright.async_api import Browser
from pypdf import PdfReader
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.letter_making import invitation_letter
from confsvc.web import keys
from confsvc.web.routes import API
from integrations.documents.letter_content import InvitationLetter
from scheduler.booking.approving.letter_draft import LetterWish
from scheduler.booking.booking import Rules
from scheduler.booking.series.book import book_series
from scheduler.booking.series.wish import SeriesWish
from scheduler.models import Conference, Series
from tests.browser import violations
from tests.confsvc.conftest import START, Service, serving
from tests.confsvc.pages.scenes import DISTRICTS, booked, wish
from tests.directory import load_default

FIELDS: dict[str, Any] = {
    "authority": "KT. GIÁM ĐỐC", "title": "Phó Giám đốc", "signer": "Trần Minh Chiêu", "urgency": "HOẢ TỐC",
    "recipients": "Như thành phần mời\nLưu: VT, CNTT", "requirements": "Chuẩn bị tài liệu", "extra": "",
    "invitees": "Lãnh đạo Sở", "place": "", "superior": "", "subject": "", "dated": "05/03/2026",
}  # fmt: skip


def rules_of(service: Service) -> Rules:
    return service.app[keys.STANDING].current


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def made(service: Service, *codes: str, starts: datetime = START + timedelta(days=9), **changes: Any) -> str:
    who = {"now": service.now, "rules": rules_of(service)}
    return service.database.write_now(booked, "STTTT", codes or ("STTTT", *DISTRICTS), starts, **who, **changes).key


def page_text(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def docx_text(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return " ".join(" ".join([*cells, *(one.text for one in document.paragraphs)]).split())


async def test_the_letter_is_filled_from_the_meeting_and_the_form(service: Service, clerk: httpx.AsyncClient) -> None:
    key = made(service)
    at = f"/conferences/{key}/letter"
    first = (await clerk.get(f"{at}/make")).text
    assert "Còn thiếu: người ký" in first and "Để trống" in first
    assert (await clerk.post(f"{at}/make", data=FIELDS)).status_code == 303
    text = page_text((await clerk.get(f"{at}/draft.pdf")).content)
    for said in (
        "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "/GM-STTTT", "Bắc Giang, ngày 05 tháng 3 năm 2026", "HOẢ TỐC", "KT. GIÁM ĐỐC",
        "Tại điểm cầu các huyện, thành phố: Đại diện UBND các huyện, thành phố.", "Lưu: VT, CNTT.",
        "Chủ trì: Nguyễn Văn Hòa, Giám đốc Sở.", "không trao đổi nội dung bí mật nhà nước", "đ/c Trần Thị Bình",
    ):  # fmt: skip
        assert said in text, said
    assert "hiệp hòa" not in text.lower()
    assert docx_text((await clerk.get(f"{at}/draft.docx")).content).count("Trần Minh Chiêu") == 1
    picture = await clerk.get(f"{at}/page-1.png")
    assert picture.content.startswith(b"\x89PNG") and picture.headers["Content-Type"] == "image/png"
    assert (await clerk.get(f"{at}/page-9.png")).status_code == 404


async def test_the_next_letter_begins_with_the_last_one(service: Service, clerk: httpx.AsyncClient) -> None:
    key, other = made(service), made(service, "STTTT", "HHOA", starts=START + timedelta(days=10))
    await clerk.post(f"/conferences/{key}/letter/make", data=FIELDS)
    page = (await clerk.get(f"/conferences/{other}/letter/make")).text
    assert "Trần Minh Chiêu" in page and "KT. GIÁM ĐỐC" in page and "05/03/2026" not in page
    text = page_text((await clerk.get(f"/conferences/{other}/letter/draft.pdf")).content)
    assert "Đại diện UBND huyện Hiệp Hòa" in text and "HOẢ TỐC" not in text


async def test_no_link_ever_stands_in_a_letter(service: Service, clerk: httpx.AsyncClient) -> None:
    key = made(service, title="Giao ban https://hop.example/j/abc xem", chair_title="Giám đốc www.hop.example")
    at = f"/conferences/{key}/letter"
    refused = await clerk.post(f"{at}/make", data=FIELDS | {"extra": f"http://127.0.0.1/j/{key}"})
    assert refused.status_code == 422 and "Không ghi địa chỉ trang ở đây" in refused.text
    assert (await clerk.post(f"{at}/make", data=FIELDS | {"extra": f"Mã họp {key}"})).status_code == 303
    for content in ((await clerk.get(f"{at}/draft.pdf")).content, (await clerk.get(f"{at}/draft.docx")).content):
        text = page_text(content) if content.startswith(b"%PDF") else docx_text(content)
        assert "Giao ban xem" in text
        assert "://" not in text and "www." not in text and key not in text and "/j/" not in text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("authority", "GIÁM ĐỐC", "Mỗi dòng bắt đầu bằng TM."),
        ("signer", "TS. Trần Minh Chiêu", "không ghi học hàm, học vị"),
        ("extra", "Tài liệu TỐI MẬT gửi kèm", "bí mật nhà nước"),
        ("urgency", "RẤT GẤP", ""),
        ("dated", "32/13/2026", ""),
        ("subject", "x" * 501, "500"),
    ],
)
async def test_what_may_not_stand_in_it_is_refused(
    service: Service, clerk: httpx.AsyncClient, field: str, value: str, said: str
) -> None:
    at = f"/conferences/{made(service)}/letter/make"
    refused = await clerk.post(at, data=FIELDS | {field: value})
    assert refused.status_code == 422 and said in refused.text
    assert f'href="#f-{field}"' in refused.text and "Trần Minh Chiêu" in refused.text


async def test_a_recorded_number_stands_in_it_and_programs_get_it(service: Service, clerk: httpx.AsyncClient) -> None:
    key = made(service)
    at = f"/conferences/{key}/letter"
    number = {"version": "1", "number": "5", "symbol": "GM-STTTT", "issued": f"{service.now:%d/%m/%Y}"}
    assert (await clerk.post(at, data=number)).status_code == 303
    assert "Số: 05/GM-STTTT" in page_text((await clerk.get(f"{at}/draft.pdf")).content)
    program = service.program(service.account("program", "booker", unit="STTTT"))
    pdf = await program.get(f"{API}/conferences/{key}/letter.pdf")
    docx = await program.get(f"{API}/conferences/{key}/letter.docx")
    assert (pdf.headers["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert docx.content[:2] == b"PK" and "05/GM-STTTT" in docx_text(docx.content)


async def test_a_draft_has_no_letter_and_strangers_see_none(service: Service, clerk: httpx.AsyncClient) -> None:
    draft = made(service, draft=True)
    assert (await clerk.get(f"/conferences/{draft}/letter/draft.pdf")).status_code == 409
    key = made(service, starts=START + timedelta(days=11))
    site = await service.browser(service.account("site", "booker", unit="HHOA"))
    assert (await site.get(f"/conferences/{key}/letter/draft.pdf")).status_code == 403
    stranger = await service.browser(service.account("stranger", "booker", unit="STC"))
    assert (await stranger.get(f"/conferences/{key}/letter/make")).status_code == 404


def letter_of(service: Service, key: str, **said: Any) -> InvitationLetter:
    def work(db: Session) -> InvitationLetter:
        conference = db.scalars(select(Conference).where(Conference.key == key)).one()
        return invitation_letter(db, conference, LetterWish(**said), now=service.now)

    return service.database.read_now(work)


def booked_series(service: Service, repeat: str, *sessions: tuple[datetime, datetime]) -> list[str]:
    """Keys of its dates, rising."""

    def work(db: Session) -> list[str]:
        first = wish(db, "STTTT", ("STTTT", "HHOA"), START + timedelta(days=9))
        series = SeriesWish(first, "once", sessions=sessions) if sessions else SeriesWish(first, rule=repeat)
        made = book_series(db, series, None, actor="account:1", now=service.now, rules=rules_of(service))
        query = select(Conference.key).join(Series, Series.id == Conference.series_id).where(Series.key == made.key)
        return list(db.scalars(query.order_by(Conference.starts)))

    return service.database.write_now(work)


def test_sittings_that_count_once_stand_in_one_letter(service: Service) -> None:
    days = [START + timedelta(days=9 + n) for n in range(2)]
    keys_ = booked_series(service, "", *((day, day + timedelta(hours=3)) for day in days))
    said = [letter_of(service, key) for key in keys_]
    assert said[0].sittings == said[1].sittings and len(said[0].sittings) == 2
    assert [f"{one.starts:%d/%m %H:%M}" for one in said[0].sittings] == ["03/12 08:00", "04/12 08:00"]


def test_dates_of_a_rule_stand_in_it_where_they_are_wanted(service: Service) -> None:
    keys_ = booked_series(service, "FREQ=WEEKLY;COUNT=4")
    assert len(letter_of(service, keys_[1]).sittings) == 1
    assert len(letter_of(service, keys_[1], series=True).sittings) == 3


def test_the_line_test_of_the_trial_run_stands_in_it(service: Service) -> None:
    key = made(service, "STTTT", "HHOA")
    at = START + timedelta(days=8, hours=6)
    assert letter_of(service, key).line_test is None

    def plan(db: Session) -> None:
        real = db.scalars(select(Conference).where(Conference.key == key)).one()
        trial = booked(db, "STTTT", ("STTTT", "HHOA"), at, now=service.now, rules=rules_of(service))
        db.execute(update(Conference).where(Conference.id == trial.id).values(trial_for_id=real.id))

    service.database.write_now(plan)
    test = letter_of(service, key).line_test
    assert test is not None and f"{test:%H:%M %d/%m}" == "14:00 02/12"


def test_notices_stand_where_they_apply(service: Service) -> None:
    key, hall = (
        made(service),
        made(service, "STTTT", form="in_person", in_person_reason="content", starts=START + timedelta(days=9, hours=4)),
    )
    online, bodily = letter_of(service, key, recorded=True), letter_of(service, hall)
    assert len(online.notices) == 2 and "ghi hình" in online.notices[0] and "dữ liệu cá nhân" in online.notices[1]
    assert not bodily.notices and not bodily.requirements and not bodily.member_sites
    assert all("điểm cầu" not in group.at for group in bodily.groups) and "truyền hình" not in bodily.subject


def test_all_districts_are_one_line_and_a_missing_one_is_not_invited(service: Service) -> None:
    every, most = (
        letter_of(service, made(service)),
        letter_of(service, made(service, "STTTT", *DISTRICTS[:9], starts=START + timedelta(days=10))),
    )
    assert every.groups[-1].who == ("Đại diện UBND các huyện, thành phố",)
    assert every.member_sites == "phòng họp trực tuyến UBND các huyện, thành phố"
    assert every.main_site == "Phòng họp trực tuyến Sở Thông tin và Truyền thông"
    assert "Phòng họp trực tuyến UBND huyện Yên Thế" in most.member_sites
    assert len(most.groups[-1].who) == 9 and "Đại diện UBND huyện Yên Thế" in most.groups[-1].who
    assert every.superior == "UBND tỉnh Bắc Giang" and every.place == "Bắc Giang" and every.symbol == "GM-STTTT"


@pytest.mark.browser
async def test_the_page_in_chromium(settings: Settings, sqlite_url: str, chromium: Browser) -> None:
    """Both themes and a phone; where PICTURES names a folder, what was seen is put there."""
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for service in serving(settings, database):
        key = made(service)
        clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
        await clerk.post(f"/conferences/{key}/letter/make", data=FIELDS)
        cookies = [{"name": one.name, "value": str(one.value), "url": service.url} for one in clerk.cookies.jar]
        for width, scheme in ((1280, "light"), (360, "light"), (1280, "dark")):
            context = await chromium.new_context(
                locale="vi-VN", color_scheme=scheme, viewport={"width": width, "height": 900}
            )  # type: ignore[arg-type]
            await context.add_cookies(cookies)  # type: ignore[arg-type]
            page = await context.new_page()
            for path in ("letter", "letter/make"):
                await page.goto(f"{service.url}/conferences/{key}/{path}")
                assert await violations(page, f"{path} {width} {scheme}") == []
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                if folder := os.environ.get("PICTURES"):
                    await page.screenshot(
                        path=f"{folder}/{path.replace('/', '-')}-{width}-{scheme}.png", full_page=True
                    )
            shown = await page.evaluate("[...document.querySelectorAll('img.sheet')].map(i => i.naturalWidth)")
            assert shown and all(one > 700 for one in shown)
            await context.close()
