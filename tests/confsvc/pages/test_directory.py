"""The directory: offices as of a day, one office whole, its forms, confirmation of addresses, import with a preview."""

from __future__ import annotations

import re
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import select

from confsvc.web import keys
from rooms.models import Change, Line, Person
from rooms.place_queries import list_people, list_rooms
from rooms.queries import find_unit, list_units
from rooms.units import rename_unit, retire_unit
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked

TODAY = date(2026, 11, 24)


async def _admin(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("admin", "admin", unit="STTTT", at=None))


def _last(service: Service) -> Change:
    found = service.database.read_now(lambda db: db.scalars(select(Change).order_by(Change.id.desc())).first())
    assert found is not None
    return found


def _codes(page: httpx.Response) -> list[str]:
    return re.findall(r'href="/directory/units/([A-Z0-9-]+)', page.text)


async def test_offices_stand_in_protocol_order_grouped_by_level(service: Service) -> None:
    page = await (await _admin(service)).get("/directory")
    wanted = [unit.code for unit in service.database.read_now(list_units, TODAY)]
    assert _codes(page) == wanted and len(wanted) == 35
    assert page.text.count("chưa xác nhận") == 34, "role mailboxes are guessed"
    assert "có thể đúng" in page.text, "how sure an office is"


async def test_the_tree_is_shown_as_of_a_day(service: Service) -> None:
    def reform(db) -> None:  # type: ignore[no-untyped-def]
        rename_unit(db, "SNV", "Sở Nội vụ và Lao động", "Sở NV-LĐ", "", on=date(2026, 3, 1), actor="cli",
                    now=service.now)  # fmt: skip
        retire_unit(db, "BDT", last_day=date(2026, 2, 28), actor="cli", now=service.now, successor="SNV")

    service.database.write_now(reform)
    admin = await _admin(service)
    now, before = await admin.get("/directory"), await admin.get("/directory", params={"on": "28/02/2026"})
    assert ("BDT" in _codes(now), "BDT" in _codes(before)) == (False, True)
    assert ("Sở Nội vụ và Lao động" in now.text, "Sở Nội vụ và Lao động" in before.text) == (True, False)
    assert "/directory/units/BDT?on=28/02/2026" in before.text
    gone = await admin.get("/directory/units/BDT")
    assert "kết thúc hoạt động ngày 28/02/2026" in gone.text and "sáp nhập vào Sở Nội vụ" in gone.text
    heir = await admin.get("/directory/units/SNV")
    assert "tiếp nhận Ban Dân tộc" in heir.text and "01/01/2008 – 28/02/2026" in heir.text
    assert "Không phải ngày hợp lệ" in (await admin.get("/directory", params={"on": "31/02/2026"})).text


async def test_an_office_is_found_without_accents(service: Service) -> None:
    assert _codes(await (await _admin(service)).get("/directory", params={"q": "HIEP HOA"})) == ["HHOA"]


async def test_what_was_not_measured_or_confirmed_is_said(service: Service) -> None:
    page = await (await _admin(service)).get("/directory/units/HHOA")
    assert page.text.count("chưa đo") == 4
    assert "hhoa@bacgiang.example" in page.text and "chưa xác nhận" in page.text


async def test_an_office_is_added_renamed_changed_and_retired(service: Service) -> None:
    admin = await _admin(service)
    data = {
        "code": "SNG", "level": "province_agency", "parent": "BG", "name": "Sở Ngoại vụ", "short": "Sở NgV",
        "name_en": "", "letter_symbol": "SNgV", "seat": "", "road_km": "", "drive_min": "", "kpi_host": "1",
        "on": "01/12/2026", "equip": "1",
    }  # fmt: skip
    made = await admin.post("/directory/new-unit", data=data)
    assert made.headers["Location"] == "/directory/units/SNG", made.text
    day = date(2026, 12, 1)
    assert len(service.database.read_now(lambda db: list_rooms(db, day, search="ngv"))) == 1
    twice = await admin.post("/directory/new-unit", data=data)
    assert twice.status_code == 422 and 'href="#f-code"' in twice.text

    named = {"name": "Sở Đối ngoại", "short": "Sở ĐN", "name_en": "", "on": "01/02/2027", "reason": "NQ 1"}
    assert (await admin.post("/directory/units/SNG/rename", data=named)).status_code == 303
    assert (_last(service).act, _last(service).reason) == ("renamed", "NQ 1")
    plain = {"letter_symbol": "SDN", "seat": "Bắc Giang", "road_km": "1", "drive_min": "5"}
    assert (await admin.post("/directory/units/SNG/change", data=plain)).status_code == 303
    unit = service.database.read_now(find_unit, "SNG", date(2027, 3, 1))
    assert unit is not None
    assert (unit.name, unit.seat, unit.kpi_host) == ("Sở Đối ngoại", "Bắc Giang", False)

    ended = {"last_day": "30/06/2027", "successor": "VPUB", "kind": "merge", "reason": ""}
    assert (await admin.post("/directory/units/SNG/retire", data=ended)).status_code == 303
    assert service.database.read_now(find_unit, "SNG", date(2027, 7, 1)) is None


async def test_wrong_fields_are_told_at_their_fields_and_kept(service: Service) -> None:
    admin = await _admin(service)
    data = {"name": "", "short": "x" * 61, "name_en": "", "on": "32/01/2027", "reason": "giữ lại"}
    page = await admin.post("/directory/units/SNV/rename", data=data)
    assert page.status_code == 422
    assert re.findall(r'href="#f-(\w+)"', page.text) == ["name", "short", "on"]
    assert 'value="giữ lại"' in page.text
    nothing = await admin.post("/directory/units/SNV/change", data={})
    assert nothing.status_code == 422, "a form without its fields is not an emptied one"


async def test_rooms_and_lines_have_their_forms(service: Service) -> None:
    admin = await _admin(service)
    line = service.database.read_now(lambda db: db.scalar(select(Line).where(Line.name.contains("Hiệp Hòa"))))
    speeds = {"name": line.name, "kbps_up": "4.000", "kbps_down": "20000", "share": "70"}
    assert (await admin.post(f"/directory/lines/{line.id}/change", data=speeds)).status_code == 303
    assert "4000 kbit/s" in (await admin.get("/directory/units/HHOA")).text
    room = {"name": "Hội trường", "line": str(line.id), "backup_line": "", "on": "24/11/2026"}
    assert (await admin.post("/directory/units/HHOA/new-room", data=room)).status_code == 303
    made = service.database.read_now(lambda db: list_rooms(db, TODAY, search="hoi truong"))[0]
    assert (made.line_id, made.unit_code) == (line.id, "HHOA")
    moved = {"unit": "SNV", "on": "25/11/2026"}
    assert (await admin.post(f"/directory/rooms/{made.key}/move", data=moved)).status_code == 303
    tomorrow = service.database.read_now(lambda db: list_rooms(db, date(2026, 11, 25), keys=[made.key]))
    assert tomorrow[0].unit_code == "SNV"
    assert (await admin.post(f"/directory/rooms/{made.key}/retire", data={"reason": "sửa"})).status_code == 303
    assert service.database.read_now(lambda db: list_rooms(db, TODAY, keys=[made.key])) == []


async def test_a_booked_room_is_not_taken_out_of_use(service: Service) -> None:
    starts = service.now + timedelta(days=1)
    service.database.write_now(
        booked, "STTTT", ("STTTT", "HHOA"), starts, now=service.now, rules=service.app[keys.RULES]
    )
    room = next(r for r in service.database.read_now(list_rooms, TODAY) if r.unit_code == "HHOA")
    page = await (await _admin(service)).post(f"/directory/rooms/{room.key}/retire", data={"reason": ""})
    assert page.status_code == 422 and service.database.read_now(lambda db: list_rooms(db, TODAY, keys=[room.key]))


def _contact(service: Service, code: str) -> Person:
    unit = service.database.read_now(find_unit, code, TODAY)
    assert unit is not None
    return service.database.read_now(lambda db: list_people(db, unit_ids=[unit.id]))[0]


async def test_an_address_is_confirmed_and_another_one_is_not(service: Service) -> None:
    contact = await service.browser(service.account("contact", "site_contact", unit="HHOA"))
    person = _contact(service, "HHOA")
    assert (await contact.post(f"/directory/people/{person.id}/confirm")).status_code == 303
    assert _contact(service, "HHOA").confirmed
    data = {"name": person.name, "title": "", "mail": "moi@bacgiang.example", "phone": "0240 3 555 989",
            "language": "vi", "is_contact": "1"}  # fmt: skip
    assert (await contact.post(f"/directory/people/{person.id}/change", data=data)).status_code == 303
    assert (_contact(service, "HHOA").mail, _contact(service, "HHOA").confirmed) == ("moi@bacgiang.example", False)
    bad = await contact.post(f"/directory/people/{person.id}/change", data={**data, "mail": "không"})
    assert bad.status_code == 422 and 'href="#f-mail"' in bad.text


async def test_a_site_contact_touches_its_own_office_only(service: Service) -> None:
    contact = await service.browser(service.account("contact", "site_contact", unit="HHOA"))
    other = _contact(service, "YTHE").id
    assert (await contact.post(f"/directory/people/{other}/confirm")).status_code == 403
    assert (await contact.get(f"/directory/people/{other}/change")).status_code == 403
    assert (await contact.get("/directory/units/HHOA/rename")).status_code == 403
    page = await contact.get("/directory/units/YTHE")
    assert "/confirm" not in page.text and "/rename" not in page.text
    assert not _contact(service, "YTHE").confirmed


FILE = (
    "code,level,parent,name_vi,short_vi,confidence\n"
    "SNV,province_agency,UBNDT,Sở Nội vụ mới,Sở Nội vụ,high\n"
    "HHOA-1,commune,HHOA,Xã Thử,Thử,low\n"
)


async def test_a_file_is_previewed_before_it_is_imported(service: Service) -> None:
    admin = await _admin(service)
    preview = await admin.post(
        "/directory/import", data={"on": "24/11/2026"}, files={"file": ("units.csv", FILE.encode(), "text/csv")}
    )
    assert preview.status_code == 200 and "Xã Thử" in preview.text and "Cơ quan mới: 1" in preview.text
    assert service.database.read_now(find_unit, "HHOA-1", TODAY) is None, "a preview changes nothing"
    data = dict(re.findall(r'name="(act|on|data)" value="([^"]*)"', preview.text))
    assert (await admin.post("/directory/import", data=data)).headers["Location"] == "/directory"
    renamed = service.database.read_now(find_unit, "SNV", TODAY)
    assert renamed is not None and renamed.name == "Sở Nội vụ mới"
    assert service.database.read_now(find_unit, "HHOA-1", TODAY) is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Chưa nhập gì"),
        ("Sở".encode("utf-16"), "UTF-8"),
        (b"code,level,parent,name_vi\nX,planet,,Name\n", "2.level"),
        (b"code,level,parent,name_vi\n" + b"x" * 600_001, "Chưa nhập gì"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_whole(service: Service, content: bytes, said: str) -> None:
    files = {"file": ("units.csv", content, "text/csv")}
    answer = await (await _admin(service)).post("/directory/import", data={"on": ""}, files=files)
    assert answer.status_code == 422 and said in answer.text
