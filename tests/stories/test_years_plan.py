"""A year's plan of sixty rows is imported, half of it colliding; what fits is booked, in part, and nothing twice."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from aiohttp import FormData
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import Conference, Reservation
from tests.fakes.service import Service
from tests.stories.day import DISTRICTS, local

HEAD = "Ngày;Bắt đầu;Kết thúc;Tên cuộc họp;Loại cuộc họp;Điểm cầu chính;Điểm cầu"
FIRST_ROW = 2


def plan() -> str:
    """Thirty Mondays and Thursdays: a briefing with the ten districts, and a sitting an hour later that wants the hall
    of one of them, too."""
    rows, day = [HEAD], date(2026, 12, 7)
    for number in range(30):
        hall = DISTRICTS[number % len(DISTRICTS)]
        rows.append(f"{day:%d/%m/%Y};08:00;10:00;Giao ban số {number};Giao ban;;mười huyện")
        rows.append(f"{day:%d/%m/%Y};09:00;11:00;Chuyên đề số {number};Họp chuyên đề;SYT;{hall}")
        day += timedelta(days=3 if number % 2 == 0 else 4)
    return "\n".join(rows)


async def send(service: Service, fields: list[tuple[str, str]], file: str | None = None) -> str:
    form = FormData()
    for name, value in fields:
        form.add_field(name, value)
    if file is not None:
        form.add_field("file", file.encode(), filename="ke-hoach.csv", content_type="text/csv")
    headers = {"Authorization": f"Bearer {service.token}", "Cookie": "language=vi"}
    async with service.http.post(f"{service.url}/plan-import", data=form, headers=headers) as answer:
        text = await answer.text()
        assert answer.status == 200, text
        return text


def ticked(page: str) -> list[str]:
    return re.findall(r'name="row" value="(\d+)" checked', page)


def hidden(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)">', page.partition('id="plan"')[2])


async def book_all(service: Service, page: str, rows: list[str], *, stop_after: int = 99) -> str:
    """Press the button, and go on as the page does by itself."""
    more = [("act", "book"), ("no_secrets", "1"), ("as", "booked"), *(("row", row) for row in rows)]
    page = await send(service, [*hidden(page), *more])
    for _ in range(stop_after):
        if "<progress" not in page:
            return page
        page = await send(service, hidden(page))
    return page


async def overlapping(service: Service) -> list[tuple[int, int]]:
    def look(db: Session) -> list[Any]:
        query = select(Reservation).where(Reservation.room_id.is_not(None), Reservation.holds.is_(True))
        return list(db.scalars(query.order_by(Reservation.room_id, Reservation.starts)))

    held = await service.database.read(look)
    return [(a.id, b.id) for a, b in pairwise(held) if a.room_id == b.room_id and a.ends > b.starts]


async def test_half_of_it_collides_and_nothing_is_booked_twice(service_on_both: Service) -> None:
    service = service_on_both
    early = local(7, 8, 30, month=12)
    await service.book("STTTT", "HHOA", title="Họp có trước", starts=early, ends=early + timedelta(minutes=30))
    page = await send(service, [("host", "STTTT")], plan())
    fits = ticked(page)
    first = [str(n) for n in range(FIRST_ROW, FIRST_ROW + 60, 2)]
    assert fits == [str(FIRST_ROW + 1), *first[1:]], "the first briefing meets a meeting that is there already"
    assert page.count("Bị trùng") == 30 and page.count("của tệp này đã xếp vào chỗ đó trước") == 29
    assert page.count("Còn trống:") == 30, "each has another time"
    assert len(await service.rows(Conference)) == 1, "looking books nothing"

    stopped = await book_all(service, page, fits, stop_after=0)
    assert "Đã xong 15 trên 30 dòng" in stopped
    assert len(await service.rows(Conference)) == 16
    # The clerk went home, somebody else takes a hall of a later row, and the same file is sent again the next day.
    later = local(7, 8, month=12) + timedelta(days=7 * 14)
    await service.book("STTTT", "LNGAN", title="Họp chen vào", starts=later, ends=later + timedelta(hours=1))
    again = await send(service, [("host", "STTTT")], plan())
    assert again.count("Đã có") >= 15
    result = await book_all(service, page, fits)
    assert "Kết quả nhập kế hoạch" in result and result.count("Bị trùng") == 1
    rows = await service.rows(Conference)
    assert len(rows) == 1 + 1 + 29 and await overlapping(service) == []
    assert len({(row.host_unit_id, row.starts, row.title) for row in rows}) == len(rows)
    assert {row.state for row in rows} == {"planned"} and all(row.secrecy_at for row in rows)

    done = await book_all(service, page, fits)
    assert len(await service.rows(Conference)) == len(rows) and done.count("/conferences/") >= 29

    left = await send(service, [("host", "STTTT")], plan())
    assert ticked(left) == [] or set(ticked(left)).isdisjoint(fits)
    assert left.count("Đã có") >= 29
