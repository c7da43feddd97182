"""What everybody may read of an office, and the office's own schedule of a week."""

from __future__ import annotations

import io

from docx import Document
from icalendar import Calendar
from sqlalchemy import select

from integrations.calendar.lint import lint
from scheduler.models import Edition
from tests.confsvc.conftest import Service
from tests.confsvc.feeds.test_feeds import booked

PRIVATE = ("Mang theo", "0912345678", "Bà Đầu Mối", "guest@hop.example", "/j/")


async def told(service: Service) -> str:
    """A meeting with everything that is nobody's business; its key."""
    _, key = await booked(
        service, note="Mang theo hồ sơ", contact_name="Bà Đầu Mối", contact_phone="0912345678",
        chair_name="Ông Chủ Trì", chair_title="Giám đốc",
        guests=[{"name": "Khách", "mail": "guest@hop.example"}],
    )  # fmt: skip
    return key


async def test_off_until_somebody_makes_it_public_and_nothing_private_then(service: Service) -> None:
    key = await told(service)
    visitor = service.client()
    paths = [f"/units/STTTT/timetable{form}" for form in ("", ".ics", ".json")]
    for path in paths:
        assert (await visitor.get(path)).status_code == 404
    contact = await service.browser(service.account("con", "site_contact", unit="STTTT"))
    assert (await contact.post("/directory/units/STTTT/timetable", data={"open": "yes"})).status_code == 403
    admin = await service.browser(service.account("adm", "admin", unit="STTTT", at=None))
    assert (await admin.post("/directory/units/STTTT/timetable", data={"open": "yes"})).status_code == 303
    uid = service.database.read_now(lambda db: db.scalars(select(Edition.uid)).one())
    for path in paths:
        answer = await visitor.get(path)
        assert answer.status_code == 200, answer.text
        body = answer.text.replace("\r\n ", "")
        assert "Giao ban tháng 12" in body
        assert "Ông Chủ Trì" in body
        assert not [one for one in (*PRIVATE, key, uid) if one in body], path
    page = await visitor.get(paths[0])
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in (await visitor.get("/sign-in")).headers["Content-Security-Policy"]
    ics = await visitor.get(paths[1])
    assert lint(ics.content, feed=True) == []
    assert len(Calendar.from_ical(ics.content).walk("VEVENT")) == 1
    assert (await admin.post("/directory/units/STTTT/timetable", data={"open": "no"})).status_code == 303
    for path in paths:
        assert (await visitor.get(path)).status_code == 404


async def test_what_another_office_hosts_is_not_published(service: Service) -> None:
    _, key = await booked(service, units=["SYT"])
    admin = await service.browser(service.account("adm", "admin", at=None))
    assert (await admin.post("/directory/units/SYT/timetable", data={"open": "yes"})).status_code == 303
    assert (await service.client().get("/units/SYT/timetable.json")).json()["items"] == []
    reader = await service.browser(service.account("reader", "leader", unit="SYT"))
    assert key in (await reader.get("/directory/units/SYT/week", params={"day": "2026-12-10"})).text


async def test_the_week_on_the_page_and_as_documents(service: Service) -> None:
    key = await told(service)
    reader = await service.browser(service.account("reader", "leader", unit="STTTT"))
    empty = await reader.get("/directory/units/STTTT/week")
    assert empty.status_code == 200, empty.text
    assert key not in empty.text
    page = await reader.get("/directory/units/STTTT/week", params={"day": "2026-12-10"})
    for said in ("Giao ban tháng 12", "Ông Chủ Trì, Giám đốc", "07/12/2026", "08:00–09:00", key):
        assert said in page.text
    word = await reader.get("/directory/units/STTTT/week.docx", params={"day": "2026-12-10"})
    cells = [cell.text for row in Document(io.BytesIO(word.content)).tables[0].rows for cell in row.cells]
    assert any("08:00–09:00: Giao ban tháng 12" in cell for cell in cells)
    assert "Ông Chủ Trì, Giám đốc" in cells
    made = await reader.get("/directory/units/STTTT/week.pdf", params={"day": "2026-12-10"})
    assert (made.status_code, made.content[:5]) == (200, b"%PDF-")
    stranger = await service.browser(service.account("other", "leader", unit="SYT"))
    for form in ("", ".docx", ".pdf"):
        assert (await stranger.get(f"/directory/units/STTTT/week{form}")).status_code == 403
