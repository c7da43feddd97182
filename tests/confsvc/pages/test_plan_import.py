"""A plan from a file: the table says what would happen, the chosen rows are booked once, an export comes in again."""

from __future__ import annotations

import base64
import io
import re
import zlib
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from confsvc.access import Actor, Grant
from confsvc.plan_booking import Asking, reading_of
from confsvc.plan_files import Line, pack, read_plan, unpack
from confsvc.web import keys
from rooms.errors import Invalid
from scheduler.booking.plan_import import PlanWish
from scheduler.models import Conference
from tests.confsvc.conftest import Service

HEAD = "STT;Ngày họp;Bắt đầu;Kết thúc;Nội dung;Loại cuộc họp;Hình thức;Thành phần;Chủ trì;Ghi chú;Lý do\n"
ROWS = [
    "1;07/12/2026;8h;10h00;Giao ban tháng 12;Giao ban;;mười huyện;Ông A, Giám đốc <a@x.example>;=1+1;",
    "2;07/12/2026;9h;10h30;Họp trùng;Giao ban;trực tuyến;Hiệp Hòa, LNGAN;;;",
    "3;25/11/2026;14:00;15:00;Họp gấp;Giao ban;;Yên Thế;;;",
    "4;32/12/2026;8h;;Họp;Giao bann;;Mars;;;",
    "5;07/12/2026;8h;10h;GIAO BAN  tháng 12;Giao ban;;Yên Thế;;;",
    "6;09/12/2026;8h;10h;Tổng kết;Họp tổng kết;trực tiếp;các huyện, thành phố;;;Chủ tịch yêu cầu",
]


def table(rows: list[str] = ROWS) -> bytes:
    return ("Kế hoạch năm 2027\n\n" + HEAD + "\n".join(rows)).encode("utf-8-sig")


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("can-bo", "booker", unit="SNV"))


async def look(clerk: httpx.AsyncClient, data: bytes, **fields: str) -> httpx.Response:
    return await clerk.post("/plan-import", files={"file": ("plan.csv", data)}, data={"host": "SNV", **fields})


def carried(page: httpx.Response) -> dict[str, Any]:
    """What the form holds: rows, and the boxes that are ticked."""
    found = {name: re.findall(rf'name="{name}" value="([^"]*)"', page.text) for name in ("data", "host", "short")}
    form: dict[str, Any] = {name: values[0] for name, values in found.items() if values}
    form["row"] = re.findall(r'name="row" value="(\d+)" checked', page.text)
    return form | {"chosen": "1", "act": "book"}


def conferences(service: Service) -> list[Conference]:
    return service.database.read_now(lambda db: list(db.scalars(select(Conference).order_by(Conference.starts))))


def badges(page: httpx.Response) -> list[str]:
    body = page.text.partition("<tbody>")[2]
    return [re.sub(r"<[^>]+>", "", found).strip() for found in re.findall(r'<span class="st [^>]*>(.*?)</span>', body)]


async def test_every_row_says_what_would_become_of_it(service: Service, clerk: httpx.AsyncClient) -> None:
    page = await look(clerk, table())
    assert page.status_code == 200
    fits, twice = "Đăng ký được", "Ghi hai lần trong tệp"
    assert badges(page) == [fits, "Bị trùng", "Đăng ký gấp", "Cần sửa", twice, fits]
    text = page.text
    assert "Dòng 4 của tệp này đã xếp vào chỗ đó trước." in text and "Còn trống:" in text
    assert "Giống dòng 4." in text and "Không có cơ quan, phòng hay nhóm “Mars”." in text
    assert "Loại cuộc họp:" in text and "Kết thúc:" in text and "Các cột không dùng: STT." in text
    assert "Chỉ trước 0 ngày làm việc" in text and conferences(service) == []
    assert carried(page)["row"] == ["4", "6", "9"]
    only = await clerk.post("/plan-import", data=carried(page) | {"act": "problems"})
    assert badges(only) == ["Bị trùng", "Cần sửa", "Ghi hai lần trong tệp"]
    assert only.text.count('type="hidden" name="row"') == 3, "what was chosen stays chosen"
    way = re.findall(r'href="(/book\?[^"]+)"', text)[0].replace("&amp;", "&")
    form = (await clerk.get(way)).text
    assert 'value="Họp trùng"' in form and 'value="07/12/2026"' in form and 'value="13:30"' in form


async def test_the_chosen_rows_are_booked_once(service: Service, clerk: httpx.AsyncClient) -> None:
    form = carried(await look(clerk, table()))
    refused = await clerk.post("/plan-import", data=form)
    assert refused.status_code == 422 and "Có dòng đã chọn gấp" in refused.text and conferences(service) == []
    assert carried(refused)["row"] == form["row"], "nothing is typed twice"
    agreed = form | {"no_secrets": "1", "short_notice_reason": "Bão"}
    done = await clerk.post("/plan-import", data=agreed)
    assert done.status_code == 200 and badges(done) == ["Đã lên lịch"] * 3
    urgent, briefing, review = conferences(service)
    assert (urgent.short_notice_reason, briefing.short_notice_reason) == ("Bão", None)
    assert briefing.note == "=1+1" and (briefing.chair_name, briefing.chair_title) == ("Ông A", "Giám đốc")
    assert (review.in_person_reason, review.in_person_note) == ("other", "Chủ tịch yêu cầu")
    assert {one.secrecy_by for one in (urgent, briefing, review)} == {briefing.booked_by}
    assert briefing.secrecy_at == service.now
    again = await clerk.post("/plan-import", data=agreed)
    assert again.text.count("/conferences/") == done.text.count("/conferences/") and len(conferences(service)) == 3
    page = await look(clerk, table())
    assert badges(page)[0] == "Đã có"


async def test_drafts_hold_nothing_and_may_collide(service: Service, clerk: httpx.AsyncClient) -> None:
    form = carried(await look(clerk, table())) | {"as": "draft", "row": ["4", "5"]}
    page = await clerk.post("/plan-import", data=form)
    assert page.status_code == 200 and {one.state for one in conferences(service)} == {"draft"}
    assert len(conferences(service)) == 2
    assert (await clerk.post("/plan-import", data=form | {"row": []})).status_code == 422


async def test_many_rows_go_on_from_request_to_request(service: Service, clerk: httpx.AsyncClient) -> None:
    rows = [
        f"{n};{7 + n // 4:02}/12/2026;{8 + 2 * (n % 4)}h;{9 + 2 * (n % 4)}h;Họp số {n};Giao ban;;;;;" for n in range(20)
    ]
    form = carried(await look(clerk, table(rows))) | {"no_secrets": "1", "short_notice_reason": "Bão"}
    first = await clerk.post("/plan-import", data=form)
    assert "Đã xong 15 trên 20 dòng" in first.text and len(conferences(service)) == 15
    names = "after|no_secrets|short_notice_reason|as"
    hidden = dict(re.findall(rf'type="hidden" name="({names})" value="([^"]*)"', first.text))
    assert hidden == {"after": "15", "no_secrets": "1", "short_notice_reason": "Bão", "as": "booked"}
    last = await clerk.post("/plan-import", data=form | hidden)
    assert last.status_code == 200 and len(conferences(service)) == 20 and last.text.count("/conferences/") >= 20


async def test_a_cancelled_row_can_be_booked_again(service: Service, clerk: httpx.AsyncClient) -> None:
    form = carried(await look(clerk, table(ROWS[:1]))) | {"no_secrets": "1"}
    await clerk.post("/plan-import", data=form)
    (made,) = conferences(service)
    gone = await clerk.post(f"/conferences/{made.key}/cancel", data={"version": made.version, "reason": "mưa lũ"})
    assert gone.status_code == 303
    await clerk.post("/plan-import", data=form)
    assert [one.state for one in conferences(service)].count("cancelled") == 1 and len(conferences(service)) == 2


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ics"])
async def test_an_export_can_be_imported_again(service: Service, clerk: httpx.AsyncClient, kind: str) -> None:
    form = carried(await look(clerk, table())) | {"no_secrets": "1", "short_notice_reason": "Bão"}
    await clerk.post("/plan-import", data=form)
    span = {"from": "01/11/2026", "to": "31/12/2026", "as": kind}
    answer = await clerk.get("/plan-export", params=span)
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].endswith(f'.{kind}"')
    if kind == "csv":
        assert answer.content.startswith(b"\xef\xbb\xbf") and "'=1+1" in answer.text
    if kind == "xlsx":
        assert load_workbook(io.BytesIO(answer.content)).active["A1"].value == "Ngày"
    page = await look(clerk, answer.content)
    assert badges(page) == ["Đã có"] * 3
    stored = [(c.title, c.starts, c.ends, c.kind, c.form, c.chair_mail, c.note) for c in conferences(service)]
    for one in conferences(service):
        data = {"version": one.version, "reason": "mưa lũ"}
        assert (await clerk.post(f"/conferences/{one.key}/cancel", data=data)).status_code == 303
    form = carried(await look(clerk, answer.content)) | {"no_secrets": "1", "short_notice_reason": "Bão"}
    assert (await clerk.post("/plan-import", data=form)).status_code == 200
    fresh = [c for c in conferences(service) if c.state != "cancelled"]
    assert [(c.title, c.starts, c.ends, c.kind, c.form, c.chair_mail, c.note) for c in fresh] == stored
    refused = await clerk.get("/plan-export", params=span | {"to": "x"})
    assert refused.status_code == 422
    assert (await clerk.get("/plan-export", params=span | {"host": "SYT"})).status_code == 403


async def test_only_the_own_offices_are_planned_for(service: Service, clerk: httpx.AsyncClient) -> None:
    page = await look(clerk, table(ROWS[:1]), host="SYT")
    assert "Tài khoản này không đăng ký thay" in page.text and badges(page) == ["Cần sửa"]
    form = carried(page) | {"row": ["4"], "no_secrets": "1", "host": "SYT"}
    await clerk.post("/plan-import", data=form)
    assert conferences(service) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "Cần nhập"), ("Ngày".encode("utf-16"), "UTF-8"), (b"PK\x03\x04", "không phải bảng"),
     (b"a,b\n1,2\n", "Ngày: Thiếu cột này."), (b"x\n" * 3000, "2000"), (b"a" * 3_000_000, "lớn"),
     (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "không phải bảng")],
)  # fmt: skip
async def test_files_that_cannot_be_read_are_refused(clerk: httpx.AsyncClient, data: bytes, said: str) -> None:
    page = await look(clerk, data)
    assert page.status_code == 422 and said in page.text.partition('role="alert" tabindex')[2]


async def test_calendar_entries_say_why_they_are_not_taken(clerk: httpx.AsyncClient) -> None:
    def entry(*lines: str) -> str:
        return "\n".join(["BEGIN:VEVENT", "SUMMARY:Họp", "DTSTART:20270105T080000", "DTEND:20270105T100000", *lines,
                          "X-CONFSVC-KIND:briefing", "END:VEVENT"])  # fmt: skip

    events = [entry(), entry("RRULE:FREQ=WEEKLY"), entry("STATUS:CANCELLED"),
              entry().replace("DTSTART:", "DTSTART;TZID=Mars/X:"), entry().replace("T080000", "")]  # fmt: skip
    page = await look(clerk, "\n".join(["BEGIN:VCALENDAR", *events, "END:VCALENDAR"]).encode())
    assert badges(page) == ["Đăng ký được", *["Cần sửa"] * 4]
    for said in ("Không lấy mục lặp lại", "Tệp ghi rằng mục này đã hủy", "Không rõ múi giờ", "có ngày mà không có giờ"):
        assert said in page.text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_the_template_can_be_imported_as_it_is(clerk: httpx.AsyncClient, kind: str) -> None:
    page = await look(clerk, (await clerk.get(f"/plan-import/template.{kind}")).content)
    assert page.status_code == 200 and set(badges(page)) <= {"Đăng ký được", "Đăng ký gấp"} and len(badges(page)) == 2


def test_rows_in_a_form_are_bounded() -> None:
    lines = read_plan(table()).lines
    assert unpack(pack(lines)) == lines
    wild = [pack([Line(number, {"title": title})]) for number, title in ((0, "x"), (10**30, "x"), (1, "x" * 5000))]
    half = base64.b64encode(zlib.compress(b'[[1, {"title": "\\ud800"}, ""]]')).decode()
    for forged in ("", "x", pack(lines)[:-8], pack(lines * 400), pack([lines[0], lines[0]]), half, *wild):
        with pytest.raises(Invalid) as caught:
            unpack(forged)
        assert [error.code for error in caught.value.errors] == ["not_a_plan_file"]


async def test_names_are_read_as_people_write_them(service: Service) -> None:
    """Codes, short and full names, groups, units at a neighbour's site; what nobody knows is named."""
    actor = Actor(1, "x", "x", service.unit("SNV"), "vi", (Grant("booker", service.unit("SNV")),))
    asking = Asking(actor, "", "SNV")
    rules = service.app[keys.STANDING].current
    reading = service.database.read_now(reading_of, asking, now=service.now, rules=rules)

    def wish(**fields: str) -> PlanWish:
        given = {"date": "7/12/2026", "start": "8g30", "end": "10h", "title": "Họp", "kind": "Giao ban", **fields}
        return reading.wish(Line(1, given))

    def sites(typed: str) -> set[int]:
        booking = wish(sites=typed).booking
        assert booking is not None
        return set(booking.room_ids[1:])

    rooms = {room.unit_code: room.id for room in reading.places.rooms}
    districts = {room.id for room in reading.places.rooms if room.unit_level == "district"}
    assert len(districts) == 10
    assert sites("mười huyện") == sites("ALL DISTRICTS") == sites("Các huyện, thành phố") == districts
    assert sites("hiep hoa, LNGAN; Huyện Yên Thế") == {rooms["HHOA"], rooms["LNGAN"], rooms["YTHE"]}
    assert sites("Sở VH,TT&DL") == {rooms["SVHTTDL"]}
    seated = wish(sites="LNGAN; SDONG@LNGAN").booking
    assert seated is not None and seated.seats == ((service.unit("SDONG"), rooms["LNGAN"]),)
    over = wish(end="17:00 08/12/2026").booking
    assert over is not None and over.ends.isoformat() == "2026-12-08T10:00:00+00:00"
    other = wish(main="UBNDT", sites="LNGAN").booking
    assert other is not None and other.room_ids == (rooms["UBNDT"], rooms["LNGAN"])
    codes = {error.field: error.code for error in wish(sites="Mars", host="SYT", form="bay", main="?").errors}
    assert codes.pop("form") == "unknown_value"
    assert codes == {"sites": "unknown_site", "host": "not_your_office", "main": "unknown_site"}
    assert [error.code for error in wish(host="Không có").errors] == ["no_such_unit"]
    assert {error.field for error in wish(date="32/01/2027").errors} == {"date"}, "the end's time is right"


async def test_a_row_of_hundreds_of_places_is_refused_before_they_are_looked_for(clerk: httpx.AsyncClient) -> None:
    many = ";".join(f"x{n}" for n in range(600))
    page = await look(clerk, f'{HEAD}1;07/12/2026;8h;10h;Giao ban;Giao ban;;"{many}";;;\n'.encode())
    assert page.status_code == 200 and badges(page) == ["Cần sửa"]
    assert "x599" not in page.text.replace(many, "")
    same = ";".join(["Yên Thế"] * 400)
    page = await look(clerk, f'{HEAD}1;07/12/2026;8h;10h;Giao ban;Giao ban;;"{same}";;;\n'.encode())
    assert badges(page) == ["Đăng ký được"]
