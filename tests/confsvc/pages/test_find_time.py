"""Find a time: the form, the best times, the picture of a day, and the way into a booking and from one."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from confsvc.web import keys
from confsvc.web.pages.find_time_grid import Cell, cells
from confsvc.web.pages.timeline_grid import frame_of
from scheduler.booking.booking import GuestWish
from scheduler.local_time import instant
from scheduler.work_calendar import WorkCalendar
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import DISTRICTS, booked
from tests.confsvc.pages.test_book import form, room_keys
from tests.confsvc.pages.test_ways import fields
from tests.directory import load_communes

HOUR = timedelta(hours=1)


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def hold(service: Service, codes: tuple[str, ...], after: timedelta, **changes: Any) -> None:
    """A conference of two hours, ``after`` from now: Tuesday 24 November 08:00."""
    rules = service.app[keys.RULES]
    service.database.write_now(booked, "SNV", codes, service.now + after, now=service.now, rules=rules, **changes)


def query(service: Service, *codes: str, **more: Any) -> dict[str, Any]:
    rooms = room_keys(service)
    return {"sites": [rooms[code] for code in codes], "day": "02/12/2026", "days": "2", "minutes": "120", **more}


def best(page: str) -> list[dict[str, list[str]]]:
    """What each of the best times would fill into a booking."""
    listed = page.partition('class="plain best"')[2].partition("</ul>")[0]
    return [parse_qs(urlsplit(unescape(href)).query) for href in re.findall('href="([^"]+)"', listed)]


async def test_without_sites_there_is_only_the_form(service: Service, clerk: httpx.AsyncClient) -> None:
    page = (await clerk.get("/find-time")).text
    assert "Tìm giờ" in page and 'id="best-head"' not in page
    assert len(re.findall('name="sites"[^>]*data-tag="district"', page)) == 10
    assert 'name="day" type="text" value="30/11/2026"' in page, "the first day with the usual notice"


async def test_the_best_times_are_free_for_all_and_start_a_booking_with_all_filled(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    day = timedelta(days=8)  # Wednesday 2 December, 08:00
    hold(service, ("HHOA",), day)
    hold(service, ("LNAM",), day + 5.5 * HOUR)
    hold(service, ("TYEN",), day, guests=(GuestWish("Bà B", "b@x.vn"),))
    found = query(service, "HHOA", "LNAM", people="Bà Bình <b@x.vn>", title="Giao ban")
    page = (await clerk.get("/find-time", params=found)).text
    first = best(page)[0]
    assert (first["day"], first["start"], first["end"]) == (["2026-12-03"], ["08:00"], ["10:00"]), (
        "on the 2nd the morning is held by Hiệp Hòa until 10:00, the afternoon by Lục Nam from 13:30"
    )
    assert first["sites"] == found["sites"] and first["title"] == ["Giao ban"]
    booking = await clerk.get("/book", params=first)
    assert 'data-verdict="free"' in booking.text
    filled = fields(booking.text)
    assert filled["main"] == found["sites"][0], "the first becomes the main site"
    assert set(filled["sites"]) == set(found["sites"])
    assert (filled["date"], filled["start"], filled["end"]) == ("03/12/2026", "08:00", "10:00")
    assert "Bà Bình &lt;b@x.vn&gt;</textarea>" in booking.text


async def test_an_optional_site_may_miss_and_is_left_out_of_the_booking(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    for hours in (-1, 2, 6):
        hold(service, ("HHOA",), timedelta(days=8) + hours * HOUR)
    rooms = room_keys(service)
    asked = query(service, "HHOA", "LNAM", days="1")
    assert "không có giờ nào tất cả cùng rảnh" in (await clerk.get("/find-time", params=asked)).text
    page = (await clerk.get("/find-time", params={**asked, "optional": rooms["HHOA"]})).text
    first = best(page)[0]
    assert (first["start"], first["sites"]) == (["08:00"], [rooms["LNAM"]])
    assert "vắng Hiệp Hòa" in page
    assert re.search(rf'name="optional" value="{rooms["HHOA"]}" checked', page)


async def test_the_picture_shows_who_is_busy_and_marks_the_columns_free_for_all(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    hold(service, ("HHOA",), timedelta(days=8))
    page = (await clerk.get("/find-time", params=query(service, "HHOA", "LNAM", show="2026-12-02"))).text
    assert page.count('<th scope="row">') == 3, "both sites and the row of all"
    held = re.findall(r'<td class="cell-held" colspan="9"><span title="Bận 07:45–10:00">', page)
    assert len(held) == 1, "the hall is held a quarter before; nothing says by whom or for what"
    assert "Tập huấn" not in page
    together = page.partition('<tr class="all">')[2].partition("</tr>")[0]
    assert re.findall(r'title="Tất cả rảnh ([^"]+)"', together) == ["13:30–17:00"]


async def test_the_half_filled_booking_comes_along_and_goes_back(service: Service, clerk: httpx.AsyncClient) -> None:
    typed = form(service, "HHOA", "LNAM", guests="Bà B <b@x.vn>", chair_mail="a@x.vn", start="14:00", end="15:30")
    answer = await clerk.post("/find-time", data=typed)
    assert answer.status_code == 303
    went = parse_qs(urlsplit(answer.headers["location"]).query)
    assert "csrf" not in went and "no_secrets" not in went
    assert (went["minutes"], went["at"], went["day"]) == (["90"], ["14:00"], ["2026-12-02"])
    page = await clerk.get(answer.headers["location"])
    first = best(page.text)[0]
    assert (first["title"], first["kind"], first["main"]) == ([typed["title"]], ["training"], [typed["main"]])
    assert (first["start"], first["end"], first["guests"]) == (["14:00"], ["15:30"], ["Bà B <b@x.vn>"])


async def test_ten_districts_in_five_days_is_one_page_of_a_modest_weight(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    for n, code in enumerate(DISTRICTS):
        hold(service, (code,), timedelta(days=8, hours=n % 3))
    page = await clerk.get("/find-time", params=query(service, "STTTT", *DISTRICTS, days="5"))
    assert len(best(page.text)) == 6
    assert len(page.content) < 60_000


async def test_nonsense_in_the_address_is_answered_with_the_form(service: Service, clerk: httpx.AsyncClient) -> None:
    for params in (
        {"day": "31/02/2026", "sites": "nowhere"}, {"sites": ["x"], "minutes": "-1", "days": "999", "at": "99"},
        {"day": "02/12/2199", "sites": "x"}, {"people": "<>\n@@", "sites": "x", "show": "0000-00-00"},
    ):  # fmt: skip
        assert (await clerk.get("/find-time", params=params)).status_code == 200
    page = (await clerk.get("/find-time", params=query(service, "HHOA", day="31/02/2026"))).text
    assert 'href="#f-day"' in page and 'id="best-head"' not in page


async def test_communes_are_found_by_name(service: Service, clerk: httpx.AsyncClient) -> None:
    service.database.write_now(load_communes, 20)
    page = (await clerk.get("/find-time")).text
    assert "Còn 20 điểm cầu cấp xã" in page
    page = (await clerk.get("/find-time", params={"find": "an duc"})).text
    assert "An Đức" in page


def test_cells_cover_the_day_and_mark_what_is_common() -> None:
    day = date(2026, 12, 2)
    frame = frame_of(day, [], WorkCalendar())

    def at(hours: float) -> Any:
        return instant(day) + hours * HOUR

    found = cells(frame, [(at(8), at(9)), (at(9), at(9.1))], [(at(10), at(11))])
    assert sum(cell.span for cell in found) == frame.steps
    assert found[:7] == [
        Cell("off", 2, at(7), at(7.5)), Cell("free", 2, at(7.5), at(8)), Cell("held", 4, at(8), at(9)),
        Cell("held", 1, at(9), at(9.25)), Cell("free", 3, at(9.25), at(10)), Cell("fit", 4, at(10), at(11)),
        Cell("free", 2, at(11), at(11.5)),
    ]  # fmt: skip
