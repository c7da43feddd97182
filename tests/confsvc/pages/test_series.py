"""Series by the pages: booked date by date, shown, changed, cancelled and put back; who may."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.errors import FIELD_TEXTS
from confsvc.web.pages.repeat import Repeat
from confsvc.web.pages.repeat import series_of as series_of_form
from scheduler.booking.booking import Booking
from scheduler.local_time import instant
from scheduler.models import Conference, Reservation, Series
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import DISTRICTS, booked, recorded
from tests.confsvc.pages.test_book import form, room_keys

MOST_BYTES = 31 * 1024
WEEKLY = {"repeat": "week", "days": ["WE"], "times": "6", "kind": "briefing", "title": "Giao ban hằng tuần"}


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def series_of(db: Session) -> list[Series]:
    return db.query(Series).order_by(Series.id).all()


def members_of(db: Session) -> list[Conference]:
    return db.query(Conference).filter(Conference.series_id.is_not(None)).order_by(Conference.starts).all()


def in_the_way(service: Service, weeks: int) -> None:
    """Hiệp Hòa's hall is taken at 08:00 on a Wednesday after 2 December."""
    at = service.now + timedelta(days=8 + 7 * weeks)
    rules = service.app[keys.RULES]
    service.database.write_now(booked, "SNV", ("HHOA",), at, now=service.now, rules=rules)


def shown_dates(page: str) -> dict[str, str]:
    """Day to mark, as the answer shows them."""
    rows = re.findall(r'<tr class="(\w+)"><th scope="row">(?:<a[^>]*>)?([^<]+)', page)
    return {day.strip(): mark for mark, day in rows}


async def booked_series(service: Service, clerk: httpx.AsyncClient, **changes: Any) -> str:
    """The address of a weekly series of six Wednesdays from 2 December."""
    answer = await clerk.post("/book", data=form(service, "HHOA", **{**WEEKLY, **changes}))
    assert answer.status_code == 303, re.sub(r"<[^>]+>", " ", answer.text)
    return answer.headers["location"]


async def test_the_live_answer_judges_every_date(service: Service, clerk: httpx.AsyncClient) -> None:
    in_the_way(service, 2)
    data = form(service, "HHOA", **WEEKLY)
    page = (await clerk.post("/book/check", data=data, headers={"HX-Request": "true"})).text
    assert "5 trong 6 buổi được" in page and "Đăng ký 5 buổi" in page
    assert shown_dates(page)["T4 16/12/2026"] == "bad" and list(shown_dates(page).values()).count("ok") == 5
    assert "Sở Nội vụ giữ đến" in page
    assert re.search(r'value="move:\d+:\d+"', page), "another time of that day is one click away"


async def test_a_choice_survives_mistakes_and_the_rest_is_booked(service: Service, clerk: httpx.AsyncClient) -> None:
    in_the_way(service, 2)
    in_the_way(service, 3)
    data = form(service, "HHOA", **WEEKLY)
    page = (await clerk.post("/book/check", data=data)).text
    way = re.search(r'value="(move:\d+:\d+)"', page)
    assert way
    page = (await clerk.post("/book/check", data={**data, "set": way[1], "title": ""})).text
    assert shown_dates(page)["T4 16/12/2026"] == "moved"
    move = re.findall(r'name="move" value="([\d-]+)"', page)
    first = re.findall(r'name="out" value="(\d+)"', page)[0]
    kept = {**data, "move": move, "out": [first], "act": "book:4"}
    answer = await clerk.post("/book", data={**kept, "title": ""})
    assert answer.status_code == 422 and "Đăng ký 4 buổi" in answer.text, "what was chosen is still there"
    assert f'name="move" value="{move[0]}"' in answer.text and re.search(rf'value="{first}"[^>]* checked', answer.text)
    blocked = await clerk.post("/book", data={**kept, "act": "book"})
    assert blocked.status_code == 409 and "Có buổi bị vướng" in blocked.text, "the one that does not fit is seen first"
    assert service.database.read_now(series_of) == []
    answer = await clerk.post("/book", data=kept)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/series/")
    days = [one.starts.day for one in service.database.read_now(members_of)]
    assert days == [9, 16, 30, 6], "the first and the blocked one are left out"
    page = (await clerk.get(answer.headers["location"])).text
    assert "Đã đăng ký 4 buổi" in page and "vào Thứ Tư, 6 lần, 08:00–10:00" in page
    assert shown_dates(page)["T4 23/12/2026"] == "out" and "đã dời, trước là 08:00" in page


async def test_a_training_is_a_list_and_holidays_are_named(service: Service, clerk: httpx.AsyncClient) -> None:
    lines = "Chủ nhật 03/01/2027\n05/01/2027 13:30 – 16:30"
    data = form(service, "HHOA", repeat="list", sessions=lines)
    page = (await clerk.post("/book/check", data=data, headers={"HX-Request": "true"})).text
    assert "3 trong 3 buổi được" in page and "ngày nghỉ" in page
    page = (await clerk.post("/book/check", data={**data, "pick": "2027-01-12", "set": "session"})).text
    assert "4 trong 4 buổi được" in page and "12/01/2027" in page
    answer = await clerk.post("/book", data={**data, "sessions": "mai"})
    assert answer.status_code == 422 and "Dòng 1 (mai)" in answer.text
    answer = await clerk.post("/book", data=data)
    assert answer.status_code == 303
    (series,), members = service.database.read_now(series_of), service.database.read_now(members_of)
    assert (series.counts, series.rule) == ("once", None)
    assert len({one.counted_with for one in members}) == 1 and len(members) == 3
    page = (await clerk.get(answer.headers["location"])).text
    assert "tất cả tính một cuộc họp" in page and "Danh sách 3 buổi" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"times": ""}, "bao nhiêu buổi"), ({"until": "25/12/2026"}, "không nhập cả hai"),
        ({"times": "", "until": "hôm nào"}, "ngày/tháng/năm"), ({"times": "9999"}, "400"),
        ({"times": "", "until": "25/12/2036"}, "3 năm"), ({"act": "draft"}, text(FIELD_TEXTS["no_draft"], "vi")),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_said_at_its_field(
    service: Service, clerk: httpx.AsyncClient, changes: dict[str, Any], said: str
) -> None:
    answer = await clerk.post("/book", data=form(service, "HHOA", **{**WEEKLY, **changes}))
    assert answer.status_code == 422 and said in answer.text
    assert "Giao ban hằng tuần" in answer.text
    assert service.database.read_now(series_of) == []


async def test_fifty_two_dates_stay_light(service: Service, clerk: httpx.AsyncClient) -> None:
    data = form(service, "HHOA", **{**WEEKLY, "times": "52"})
    page = await clerk.post("/book/check", data=data, headers={"HX-Request": "true"})
    assert "52 trong 52 buổi được" in page.text and len(page.content) <= MOST_BYTES / 4
    page = await clerk.post("/book/check", data=data)
    assert "Đăng ký 52 buổi" in page.text and len(page.content) <= MOST_BYTES + 4096, "form and dates without scripts"
    assert len((await clerk.get("/book")).content) <= MOST_BYTES
    address = await booked_series(service, clerk, times="52")
    page = await clerk.get(address)
    assert page.text.count('<tr class="ahead">') == 52 and len(page.content) <= MOST_BYTES
    for act in ("edit", "cancel"):
        page = await clerk.get(f"{address}/{act}?scope=all")
        assert page.status_code == 200 and len(page.content) <= MOST_BYTES + 4096, act


async def test_following_dates_move_and_what_is_touched_is_said_before(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    await booked_series(service, clerk)
    third = service.database.read_now(members_of)[2]
    page = await clerk.get(f"/conferences/{third.key}")
    assert "buổi 3 trong 6 buổi" in page.text
    page = await clerk.get(f"/conferences/{third.key}/edit")
    assert "Buổi này và các buổi sau" in page.text
    where = await clerk.get(f"/conferences/{third.key}/series?act=edit&scope=following")
    page = await clerk.get(where.headers["location"])
    assert page.status_code == 200 and "Sẽ thay đổi 4 buổi, hủy 0 buổi, thêm 0 buổi; 2 điểm cầu" in page.text
    series = service.database.read_now(series_of)[0]
    data = form(service, "HHOA", title="Giao ban hằng tuần", kind="briefing", date="16/12/2026", start="14:00",
                end="15:30", repeat="keep", scope="following", since=third.key,
                version=str(series.version))  # fmt: skip
    service.database.write_now(
        booked, "SNV", ("HHOA",), third.starts + timedelta(days=7, hours=6), now=service.now,
        rules=service.app[keys.RULES],
    )  # fmt: skip
    page = (await clerk.post(f"/series/{series.key}/check", data=data, headers={"HX-Request": "true"})).text
    assert "3 trong 4 buổi được" in page and "Lưu thay đổi 3 buổi" in page
    blocked = await clerk.post(f"/series/{series.key}/edit", data={**data, "act": "save"})
    assert blocked.status_code == 409
    done = await clerk.post(f"/series/{series.key}/edit", data={**data, "act": "book:3"})
    assert done.status_code == 303, done.text
    times = [(one.starts.hour, one.state) for one in service.database.read_now(members_of)]
    assert times == [(1, "planned")] * 2 + [(7, "planned"), (1, "cancelled"), (7, "planned"), (7, "planned")]
    page = (await clerk.get(done.headers["location"])).text
    assert "Tiếp theo của" in page and shown_dates(page)["T4 23/12/2026"] == "off"
    stale = await clerk.post(f"/series/{series.key}/edit", data={**data, "act": "book:3"})
    assert stale.status_code in (303, 404, 409, 422) and len(service.database.read_now(series_of)) == 2


async def test_a_date_that_was_moved_by_itself_stays_there(service: Service, clerk: httpx.AsyncClient) -> None:
    in_the_way(service, 2)
    page = (await clerk.post("/book/check", data=form(service, "HHOA", **WEEKLY))).text
    way = re.search(r'value="move:(\d+):(\d+)"', page)
    assert way
    address = await booked_series(service, clerk, move=[f"{way[1]}-{way[2]}"])
    page = (await clerk.get(f"{address}/edit?scope=all")).text
    assert "6 trong 6 buổi" in page and shown_dates(page)["T4 16/12/2026"] == "moved"


async def test_all_to_come_are_cancelled_with_a_reason_and_past_ones_stay(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    address = await booked_series(service, clerk)
    service.wait(days=16)
    clerk = await service.browser(1)
    page = (await clerk.get(f"{address}/cancel?scope=all")).text
    assert "4 buổi bị hủy; 2 điểm cầu và 2 người sẽ nhận thông báo hủy" in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    data = {"version": version[1], "scope": "all", "reason": ""}
    refused = await clerk.post(f"{address}/cancel", data=data)
    assert refused.status_code == 422
    done = await clerk.post(f"{address}/cancel", data={**data, "reason": "Bão số 9"})
    assert done.status_code == 303
    states = [one.state for one in service.database.read_now(members_of)]
    assert states == ["planned"] * 2 + ["cancelled"] * 4, "the clock of the test does not ring"
    page = (await clerk.get(address)).text
    assert "Đã hủy 4 buổi" in page and list(shown_dates(page).values()) == ["past"] * 2 + ["off"] * 4
    again = await clerk.post(f"{address}/cancel", data={**data, "reason": "Bão số 9"})
    assert again.status_code in (303, 409)


async def test_dates_are_put_back_and_one_is_added(service: Service, clerk: httpx.AsyncClient) -> None:
    page = (await clerk.post("/book/check", data=form(service, "HHOA", **WEEKLY))).text
    address = await booked_series(service, clerk, out=[re.findall(r'name="out" value="(\d+)"', page)[1]])
    page = (await clerk.get(address)).text
    assert shown_dates(page)["T4 09/12/2026"] == "out"
    version = re.search(r'name="version" value="(\d+)"', page)
    date = re.search(r'name="date" value="(\d+)"', page)
    assert version and date
    done = await clerk.post(f"{address}/put-back", data={"version": version[1], "date": date[1]})
    page = (await clerk.get(done.headers["location"])).text
    assert "Buổi họp được khôi phục" in page and shown_dates(page)["T4 09/12/2026"] == "ahead"
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    data = {"version": version[1], "day": "11/12/2026", "from": "14:00", "to": "15:00"}
    refused = await clerk.post(f"{address}/add", data={**data, "day": "hôm nào"})
    assert refused.status_code == 422 and "hôm nào" in refused.text
    done = await clerk.post(f"{address}/add", data=data)
    page = (await clerk.get(done.headers["location"])).text
    assert "buổi thêm" in page and "7 buổi họp" in page


def date_form(page: str) -> dict[str, str]:
    """What the button "put back" of a date that was left out sends."""
    version, date = re.search(r'name="version" value="(\d+)"', page), re.search(r'name="date" value="(\d+)"', page)
    assert version and date
    return {"version": version[1], "date": date[1]}


async def test_a_date_put_back_at_short_notice_asks_why_and_about_a_clash(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    guest = {"guests": "Trần Thị C <c@bacgiang.example>"}
    page = (await clerk.post("/book/check", data=form(service, "HHOA", **WEEKLY))).text
    address = await booked_series(service, clerk, out=[re.findall(r'name="out" value="(\d+)"', page)[1]], **guest)
    other = form(service, "YTHE", date="09/12/2026", main=room_keys(service)["SYT"], host="STTTT", **guest)
    assert (await clerk.post("/book", data=other)).status_code == 303, "she sits elsewhere then"
    service.wait(days=14)
    clerk = await service.browser(1)
    data = date_form((await clerk.get(address)).text)
    asked = await clerk.post(f"{address}/put-back", data=data)
    assert asked.status_code == 422 and "Tổ chức lại T4 09/12/2026 08:00–10:00" in asked.text
    assert 'name="back_reason"' in asked.text and 'name="back_clash"' in asked.text
    assert "Trần Thị C sẽ phải dự hai cuộc họp cùng lúc" in asked.text
    half = await clerk.post(f"{address}/put-back", data={**data, "back_reason": "Chỉ đạo của Chủ tịch"})
    assert half.status_code == 422 and 'value="Chỉ đạo của Chủ tịch"' in half.text, "what was said stays"
    whole = {**data, "back_reason": "Chỉ đạo của Chủ tịch", "back_clash": "1"}
    done = await clerk.post(f"{address}/put-back", data=whole)
    assert done.status_code == 303
    assert shown_dates((await clerk.get(address)).text)["T4 09/12/2026"] == "ahead"
    member = next(one for one in service.database.read_now(members_of) if one.starts > service.now)
    assert member.short_notice_reason == "Chỉ đạo của Chủ tịch"


async def test_a_cancelled_date_with_a_clash_comes_back_once_that_is_known(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    guest = {"guests": "Trần Thị C <c@bacgiang.example>"}
    address = await booked_series(service, clerk, **guest)
    second = service.database.read_now(members_of)[1]
    gone = await clerk.post(f"/conferences/{second.key}/cancel", data={"version": second.version, "reason": "Bận"})
    assert gone.status_code == 303
    other = form(service, "YTHE", date="09/12/2026", main=room_keys(service)["SYT"], host="STTTT", **guest)
    assert (await clerk.post("/book", data=other)).status_code == 303
    page = (await clerk.get(address)).text
    value = re.search(r'name="conference" value="([^"]+)"', page)
    assert value
    data = {"version": "1", "conference": value[1]}
    asked = await clerk.post(f"{address}/put-back", data=data)
    assert asked.status_code == 422 and 'name="back_clash"' in asked.text and "back_reason" not in asked.text
    assert f'value="{value[1]}"' in asked.text
    assert (await clerk.post(f"{address}/put-back", data={**data, "back_clash": "1"})).status_code == 303
    assert shown_dates((await clerk.get(address)).text)["T4 09/12/2026"] == "ahead"


async def test_a_date_is_added_at_short_notice_although_somebody_sits_elsewhere(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    guest = {"guests": "Trần Thị C <c@bacgiang.example>"}
    address = await booked_series(service, clerk, **guest)
    other = form(service, "YTHE", date="11/12/2026", main=room_keys(service)["SYT"], host="STTTT", **guest)
    assert (await clerk.post("/book", data=other)).status_code == 303
    service.wait(days=16)
    clerk = await service.browser(1)
    data = {"version": "1", "day": "11/12/2026", "from": "08:00", "to": "09:00"}
    asked = await clerk.post(f"{address}/add", data=data)
    assert asked.status_code == 422 and 'name="clash_confirmed"' in asked.text
    data |= {"short_notice_reason": "Họp gấp", "clash_confirmed": "1"}
    assert (await clerk.post(f"{address}/add", data=data)).status_code == 303


def places(db: Session) -> list[int]:
    """Places of the video host that the dates hold, by time."""
    held = select(Reservation.seats).where(Reservation.bridge_id.is_not(None)).order_by(Reservation.starts)
    return list(db.scalars(held))


async def test_places_are_held_by_what_came_to_earlier_dates(service: Service, clerk: httpx.AsyncClient) -> None:
    address = await booked_series(service, clerk, sites=[room_keys(service)[code] for code in DISTRICTS])
    assert "Quy mô dự kiến" not in (await clerk.get(address)).text, "nothing is known yet"
    service.database.write_now(recorded, address.rpartition("/")[2], 3, 8)
    service.wait(days=23)
    clerk = await service.browser(1)
    page = (await clerk.get(address)).text
    assert "Trung bình 8/11 điểm vào ở 3 buổi trước, nhiều nhất 8." in page
    assert "giữ chỗ cho cả 11 điểm vào" in page and "Từ nay giữ 8 chỗ" in page and "Giữ lại chỗ" not in page
    data = {"version": "1", "accept": "1"}
    done = await clerk.post(f"{address}/expected", data=data)
    page = (await clerk.get(done.headers["location"])).text
    assert "Các buổi sau giữ chỗ theo số dự kiến" in page
    assert "giữ 8 chỗ cho 11 điểm vào" in page and "3 điểm vào có thể không vào được" in page, "the risk in words"
    assert service.database.read_now(places) == [11] * 3 + [8] * 3
    stale = await clerk.post(f"{address}/expected", data=data)
    assert stale.status_code == 303 and service.database.read_now(places) == [11] * 3 + [8] * 3
    await clerk.post(f"{address}/expected", data={"version": "2", "accept": "0"})
    assert service.database.read_now(places) == [11] * 6
    guest = await service.browser(service.account("guest", "booker", unit="HHOA"))
    page = (await guest.get(address)).text
    assert "Trung bình 8/11" in page and "Từ nay giữ 8 chỗ" not in page, "it takes part, and looks on"
    assert (await guest.post(f"{address}/expected", data=data)).status_code == 403


async def test_who_may(service: Service, clerk: httpx.AsyncClient) -> None:
    address = await booked_series(service, clerk)
    foreign = await service.browser(service.account("foreign", "booker", unit="SYT"))
    assert (await foreign.get(address)).status_code == 404
    guest = await service.browser(service.account("guest", "booker", unit="HHOA"))
    page = await guest.get(address)
    assert page.status_code == 200 and "Thay đổi các buổi sắp tới" not in page.text, "it takes part, and looks on"
    for act in ("edit", "cancel"):
        assert (await guest.get(f"{address}/{act}?scope=all")).status_code == 403
    for act in ("edit", "cancel", "add", "put-back"):
        assert (await guest.post(f"{address}/{act}", data={"version": "1", "scope": "all"})).status_code == 403
    bare = await clerk.post(f"{address}/cancel", data={"scope": "all"}, headers={"X-CSRF-Token": "x"})
    assert bare.status_code == 403, "as every form"


@pytest.mark.parametrize(
    ("repeat", "code"),
    [
        (Repeat("week"), "no_end"), (Repeat("week", times="3", until="25/12/2026"), "one_end"),
        (Repeat("list", sessions="hôm sau"), "session_form"), (Repeat("month_day", times="0"), "out_of_range"),
    ],
)  # fmt: skip
def test_a_way_to_repeat_that_cannot_be_read(repeat: Repeat, code: str) -> None:
    starts = instant(date(2026, 12, 2), time(8))
    booking = Booking("Giao ban", "briefing", "online", 1, starts, starts + timedelta(hours=1))
    assert [one.code for one in series_of_form(repeat, booking)[1]] == [code]


def test_the_first_date_is_the_next_chosen_day() -> None:
    starts = instant(date(2026, 12, 2), time(8))
    booking = Booking("Giao ban", "briefing", "online", 1, starts, starts + timedelta(hours=1))
    wish, errors = series_of_form(Repeat("weeks2", days=("MO", "FR"), times="3"), booking)
    assert not errors and wish.booking.starts == starts + timedelta(days=2)
    assert wish.rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=3"
    wish, _ = series_of_form(Repeat("month_weekday", until="30/06/2027"), booking)
    assert wish.rule == "FREQ=MONTHLY;BYDAY=1WE;UNTIL=20270630"
