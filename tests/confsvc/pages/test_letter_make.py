"""Making a letter of invitation: the form, its files, what may not stand in it, through pages and the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from docx import Document
from pypdf import PdfReader

from confsvc.web import keys
from confsvc.web.routes import API
from scheduler.booking.booking import Rules
from tests.confsvc.conftest import START, Service
from tests.confsvc.pages.scenes import DISTRICTS, booked

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
    wish = {"now": service.now, "rules": rules_of(service), **changes}
    return service.database.write_now(booked, "STTTT", codes or ("STTTT", *DISTRICTS), starts, **wish).key


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
