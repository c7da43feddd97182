"""A line's page: how full it is, because of what; the operators' page says the same of the video host."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rooms.models import Line, Room
from tests.confsvc.conftest import Service

WISH = {
    "title": "Giao ban tuần", "kind": "briefing", "form": "online", "no_secrets": True,
    "starts": "2026-12-02T08:00:00+07:00", "ends": "2026-12-02T09:00:00+07:00",
}  # fmt: skip


def line_of(service: Service, room: str) -> int:
    """The line of a room, measured as 1,000 up and 8,000 down."""

    def work(db: Session) -> int:
        line_id = db.scalar(select(Room.line_id).where(Room.key == room))
        db.execute(update(Line).where(Line.id == line_id).values(kbps_up=1000, kbps_down=8000))
        return int(line_id)

    return service.database.write_now(work)


async def test_a_line_says_when_it_is_full_and_because_of_what(service: Service) -> None:
    clerk = service.program(service.account("can-bo", "booker", unit="SNV"))
    rooms = (await clerk.get("/api/v1/rooms", params={"unit": "SNV"})).json()["items"]
    line_id = line_of(service, rooms[0]["key"])
    assert (await clerk.post("/api/v1/conferences", json=WISH | {"sites": [rooms[0]["key"]]})).status_code == 201
    own = await service.browser(service.account("can-bo-2", "booker", unit="SNV"))
    page = await own.get(f"/directory/lines/{line_id}?day=2026-12-02")
    assert page.status_code == 200 and "Giao ban tuần" in page.text and "700 / 800" in page.text
    other = await service.browser(service.account("khac", "booker", unit="SYT"))
    page = await other.get(f"/directory/lines/{line_id}?day=2026-12-02")
    assert "Giao ban tuần" not in page.text and "700 / 800" in page.text
    assert (await own.get("/directory/lines/99999")).status_code == 404
    service.wait(days=7)
    operator = await service.browser(service.account("van-hanh", "operator", unit="STTTT", at=None))
    board = (await operator.get("/endpoints")).text
    assert "Đã đăng ký trên máy chủ hội nghị" in board and "Giao ban tuần" in board


async def test_an_administrator_gives_a_line_its_share(service: Service) -> None:
    admin = await service.browser(service.account("quantri", "admin", unit="STTTT", at=None))
    clerk = service.program(service.account("can-bo", "booker", unit="SNV"))
    rooms = (await clerk.get("/api/v1/rooms", params={"unit": "SNV"})).json()["items"]
    line_id = line_of(service, rooms[0]["key"])
    form = {"name": "Cáp quang", "kbps_up": "2000", "kbps_down": "9000", "share": "50"}
    wrong = await admin.post(f"/directory/lines/{line_id}/change", data=form | {"share": "101"})
    assert wrong.status_code == 422 and 'href="#f-share"' in wrong.text
    assert (await admin.post(f"/directory/lines/{line_id}/change", data=form)).status_code == 303
    assert "50 % dành cho họp" in (await admin.get(f"/directory/lines/{line_id}")).text


async def test_lowering_a_line_below_what_is_booked_is_confirmed_first(service: Service) -> None:
    clerk = service.program(service.account("can-bo", "booker", unit="SNV"))
    rooms = (await clerk.get("/api/v1/rooms", params={"unit": "SNV"})).json()["items"]
    line_id = line_of(service, rooms[0]["key"])
    made = await clerk.post("/api/v1/conferences", json=WISH | {"sites": [rooms[0]["key"]]})
    admin = await service.browser(service.account("quan-tri", "admin", unit="STTTT", at=None))
    address = f"/directory/lines/{line_id}/change"
    form = {"name": "Đường truyền", "kbps_up": "500", "kbps_down": "8000", "share": "80"}
    refused = await admin.post(address, data=form)
    assert refused.status_code == 409 and "Giao ban tuần" in refused.text and "Sở Nội vụ" in refused.text
    assert 'value="500"' in refused.text, "what was typed stays"
    seen = refused.text.partition('name="seen" value="')[2].partition('"')[0]
    assert (await admin.post(address, data=form | {"seen": seen})).status_code == 409
    assert (await admin.post(address, data=form | {"seen": seen, "confirmed": "1"})).status_code == 303
    host = await service.browser(service.account("chu-tri", "booker", unit="SNV"))
    assert "không còn đủ cho cuộc họp" in (await host.get(f"/conferences/{made.json()['key']}")).text
