"""The working calendar's page and API: everybody reads it, administrators keep it, the service follows at once."""

from __future__ import annotations

from datetime import date

import httpx
import pytest
from sqlalchemy import select

from confsvc.web import keys
from confsvc.web.pages.calendar_year import months_of
from rooms.models import Change
from scheduler.calendar_queries import find_calendar, list_hours
from scheduler.work_calendar import SpecialDay, WorkCalendar
from tests.confsvc.conftest import Service

TET = {"day": "08/02/2027", "kind": "off", "name_vi": "Mùng ba Tết", "name_en": "Third day of Tet", "source": "TB 1"}
SUMMER = {
    "valid_from": "16/04/2027", "valid_to": "15/10/2027", "morning_opens": "7:00", "morning_closes": "11h30",
    "afternoon_opens": "13:30", "afternoon_closes": "17:00", "hours_source": "TB 2",
}  # fmt: skip


@pytest.fixture
async def admin(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("quantri", "admin", unit="STTTT", at=None))


def test_a_year_at_a_glance() -> None:
    tet, swap = (SpecialDay(date(2027, 2, day), day == 20, "x", "") for day in (8, 20))
    months = months_of(2027, WorkCalendar({tet.day: tet, swap.day: swap}))
    assert [month.number for month in months] == list(range(1, 13))
    assert all(len(week) == 7 for month in months for week in month.weeks)
    looks = {s.day.day: s.look for week in months[1].weeks for s in week if s}
    assert (looks[8], looks[20], looks[21], looks[22]) == ("holiday", "swap", "rest", "")
    assert months[1].working_days == 20  # as many Mondays to Fridays as in any February: one lost, one won
    assert months[0].weeks[0][:4] == [None] * 4, "the first of January 2027 is a Friday"


async def test_a_day_is_entered_changed_and_removed(service: Service, admin: httpx.AsyncClient) -> None:
    empty = await admin.get("/rules/calendar?year=2027")
    assert empty.status_code == 200 and "Chưa nhập ngày nghỉ nào cho năm 2027" in empty.text
    answer = await admin.post("/rules/calendar/days", data=TET)
    assert (answer.status_code, answer.headers["location"]) == (303, "/rules/calendar?year=2027")
    assert not service.app[keys.STANDING].current.calendar.is_working(date(2027, 2, 8)), "known with the answer"
    page = (await admin.get("/rules/calendar?year=2027&day=2027-02-08")).text
    assert 'id="d-2027-02-08"' in page and "Mùng ba Tết" in page and "TB 1" in page
    assert 'name="source" type="text" value="TB 1"' in page, "what is to be changed stands in the form"
    await admin.post("/rules/calendar/days", data=TET | {"name_vi": "Nghỉ Tết"})
    assert "Nghỉ Tết" in (await admin.get("/rules/calendar?year=2027")).text
    answer = await admin.post("/rules/calendar/days/remove", data={"day": "08/02/2027"})
    assert answer.status_code == 303
    assert service.app[keys.STANDING].current.calendar.is_working(date(2027, 2, 8))
    query = select(Change.act).where(Change.subject_kind == "calendar_day").order_by(Change.id)
    acts = service.database.read_now(lambda db: list(db.scalars(query)))
    assert acts == ["added", "changed", "removed"]


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    service: Service, admin: httpx.AsyncClient
) -> None:
    answer = await admin.post("/rules/calendar/days", data=TET | {"day": "31/02/2027", "source": ""})
    assert answer.status_code == 422 and 'id="e-day"' in answer.text and 'id="e-source"' in answer.text
    assert 'value="Mùng ba Tết"' in answer.text, "what was typed stays"
    await admin.post("/rules/calendar/hours", data=SUMMER)
    answer = await admin.post("/rules/calendar/hours", data=SUMMER | {"valid_from": "01/10/2027", "valid_to": ""})
    assert answer.status_code == 422 and "Đã có giờ làm việc khác áp dụng từ 16/04/2027 đến 15/10/2027" in answer.text
    answer = await admin.post("/rules/calendar/hours", data=SUMMER | {"morning_closes": "24:99", "hours_source": ""})
    assert answer.status_code == 422 and 'id="e-morning_closes"' in answer.text and 'id="e-hours_source"' in answer.text
    assert service.database.read_now(find_calendar).special == {}
    assert len(service.database.read_now(list_hours)) == 1
    for path, data in (("days/remove", {"day": "01/01/2027"}), ("hours/remove", {"id": "999"})):
        assert (await admin.post(f"/rules/calendar/{path}", data=data)).status_code == 404


async def test_office_hours_are_entered_changed_and_removed(service: Service, admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/rules/calendar/hours", data=SUMMER)).status_code == 303
    (row,) = service.database.read_now(list_hours)
    page = (await admin.get(f"/rules/calendar?hours={row.id}")).text
    assert "07:00–11:30" in page and f'name="id" value="{row.id}"' in page
    changed = SUMMER | {"id": str(row.id), "afternoon_closes": "16:30"}
    await admin.post("/rules/calendar/hours", data=changed)
    hours = service.app[keys.STANDING].current.calendar.hours_on(date(2027, 5, 3))
    assert f"{hours.afternoon[1]:%H:%M}" == "16:30"
    await admin.post("/rules/calendar/hours/remove", data={"id": str(row.id)})
    assert service.database.read_now(list_hours) == []


async def test_everybody_reads_and_only_administrators_for_all_change(service: Service) -> None:
    leader = await service.browser(service.account("lanhdao", "leader", unit="STTTT"))
    page = await leader.get("/rules/calendar")
    assert page.status_code == 200 and "/rules/calendar/days" not in page.text
    local = await service.browser(service.account("motdonvi", "admin", unit="STTTT", at="own"))
    assert "/rules/calendar/days" not in (await local.get("/rules/calendar")).text
    for client in (leader, local):
        assert (await client.post("/rules/calendar/days", data=TET)).status_code == 403
    assert (await leader.get("/rules/calendar?year=99999&day=x&hours=-1")).status_code == 200


async def test_programs_read_a_year(service: Service, admin: httpx.AsyncClient) -> None:
    await admin.post("/rules/calendar/days", data=TET)
    await admin.post("/rules/calendar/hours", data=SUMMER)
    program = service.program(service.account("may", "booker", unit="STTTT"), "read")
    found = (await program.get("/api/v1/calendar?year=2027")).json()
    assert found["days"] == [
        {"day": "2027-02-08", "working": False, "name_vi": "Mùng ba Tết", "name_en": "Third day of Tet",
         "source": "TB 1"}
    ]  # fmt: skip
    assert found["hours"] == [
        {"valid_from": "2027-04-16", "valid_to": "2027-10-15", "morning": ["07:00", "11:30"],
         "afternoon": ["13:30", "17:00"], "source": "TB 2"}
    ]  # fmt: skip
    assert found["usual"] == [["07:30", "11:30"], ["13:30", "17:00"]]
    other = (await program.get("/api/v1/calendar")).json()
    assert (other["year"], other["days"], other["hours"]) == (2026, [], [])
    assert (await program.get("/api/v1/calendar?year=1")).status_code == 422


async def test_the_house_counts_with_it(service: Service, admin: httpx.AsyncClient) -> None:
    clerk = await service.browser(service.account("thu", "booker", unit="STTTT"))
    assert 'value="30/11/2026"' in (await clerk.get("/book")).text, "three working days of notice lie between"
    for day, kind in (("26/11/2026", "off"), ("29/11/2026", "worked")):
        await admin.post("/rules/calendar/days", data=TET | {"day": day, "kind": kind, "name_vi": f"Thử {kind}"})
    assert 'value="30/11/2026"' in (await clerk.get("/book")).text, "one lost, one won"
    await admin.post("/rules/calendar/days", data=TET | {"day": "27/11/2026"})
    assert 'value="01/12/2026"' in (await clerk.get("/book")).text
    day_off = (await clerk.get("/timeline?day=2026-11-26")).text
    assert "Thử off" in day_off and 'class="cell-free"' not in day_off.partition("<tbody>")[2]
    week = (await clerk.get("/timeline?day=2026-11-26&view=week")).text
    assert "Thử off" in week and "Thử worked" in week
    assert "day=2026-11-29" in week and "day=2026-11-28" not in week.partition("<tbody>")[2]
    service.wait(days=3)  # Friday, a day off; so the last working day was Wednesday
    reporter = await service.browser(service.account("bc", "reporter", unit="STTTT"))
    assert 'value="25/11/2026"' in (await reporter.get("/in-person")).text
