"""How good the picture is: asked for in the form and by programs, decided by lines, seen on the meeting's page."""

from __future__ import annotations

import re

from sqlalchemy import update

from rooms.models import Line
from tests.confsvc.conftest import Service

URL = "/api/v1/conferences"
WISH = {
    "title": "Giao ban", "kind": "briefing", "form": "online", "no_secrets": True,
    "starts": "2026-12-02T08:00:00+07:00", "ends": "2026-12-02T09:00:00+07:00",
}  # fmt: skip


async def _rooms(service: Service) -> list[str]:
    program = service.program(service.account("doc", "booker", unit="SNV"))
    found = {room["unit"]: room["key"] for room in (await program.get("/api/v1/rooms")).json()["items"]}
    return [found["SNV"], found["HHOA"], found["YTHE"]]


async def test_programs_ask_for_a_picture_and_are_told_what_each_site_gets(service: Service) -> None:
    service.database.write_now(lambda db: db.execute(update(Line).values(kbps_up=2500, kbps_down=20_000)))
    rooms, clerk = await _rooms(service), service.program(service.account("can-bo", "booker", unit="SNV"))
    checked = (await clerk.post(f"{URL}/check", json=WISH | {"sites": rooms})).json()
    assert checked["ok"] and checked["profiles"] == [{"room": room, "profile": "720p"} for room in rooms]
    checked = (await clerk.post(f"{URL}/check", json=WISH | {"sites": rooms, "top_profile": "360p"})).json()
    assert {one["profile"] for one in checked["profiles"]} == {"360p"}
    wrong = await clerk.post(URL, json=WISH | {"sites": rooms, "top_profile": "4k"})
    assert [(e["field"], e["code"]) for e in wrong.json()["errors"]] == [("top_profile", "unknown_value")]
    made = (await clerk.post(URL, json=WISH | {"sites": rooms, "top_profile": "audio"})).json()
    told = (await clerk.get(f"{URL}/{made['key']}")).json()
    assert told["top_profile"] == "audio" and {site["profile"] for site in told["sites"]} == {"audio"}
    changed = await clerk.patch(f"{URL}/{made['key']}", json={"version": 1, "top_profile": ""})
    assert changed.status_code == 200
    told = (await clerk.get(f"{URL}/{made['key']}")).json()
    assert told["top_profile"] == "" and {site["profile"] for site in told["sites"]} == {"720p"}


async def test_the_form_keeps_the_choice_and_the_meeting_shows_it(service: Service) -> None:
    rooms = await _rooms(service)
    clerk = await service.browser(service.account("can-bo", "booker", unit="SNV"))
    form = {
        "title": "Giao ban", "kind": "briefing", "form": "online", "host": "SNV", "date": "02/12/2026",
        "start": "08:00", "end": "09:00", "main": rooms[0], "sites": rooms[1:], "no_secrets": "1",
        "top_profile": "audio",
    }  # fmt: skip
    answer = (await clerk.post("/book/check", data=form, headers={"HX-Request": "true"})).text
    assert "3 điểm cầu chỉ âm thanh" in answer and "07:45–09:00" in answer
    booked = await clerk.post("/book", data=form)
    assert booked.status_code == 303
    where = booked.headers["location"]
    page = (await clerk.get(where)).text
    assert page.count("chỉ âm thanh") == 3
    edit = (await clerk.get(f"{where}/edit")).text
    assert re.search(r'<option value="audio" selected>', edit)
