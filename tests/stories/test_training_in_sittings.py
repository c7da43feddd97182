"""A training for 230 communes exceeds the video host: refused at once, offered and booked in three sittings, counted
once."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from confsvc.web import keys
from integrations.calendar.lint import lint
from rooms.place_queries import list_rooms
from scheduler.local_time import local_day
from scheduler.models import Bridge, Conference, Delegation, Reservation, Site, Tally
from tests.directory import load_communes
from tests.fakes.service import Service
from tests.stories.day import local

COMMUNES, SEATS = 230, 80
TITLE = "Tập huấn chuyển đổi số cho 230 xã"
REASON = "Theo chỉ đạo của UBND tỉnh"
STARTS, ENDS = local(26, 8), local(26, 10)


async def grow(service: Service) -> list[str]:
    """The communes come into the directory with their halls, and the host gets a limit; the codes of the communes."""
    await service.database.write(load_communes, COMMUNES)
    await service.database.write(lambda db: db.execute(update(Bridge).values(seats=SEATS)))
    await service.app[keys.STANDING].read_again()
    rooms = await service.database.read(list_rooms, local_day(service.clock()))
    service.rooms = {room.unit_code: room for room in rooms}
    return [room.unit_code for room in rooms if room.unit_level == "commune"]


async def submit(service: Service, path: str, act: str, communes: list[str]) -> tuple[int, str]:
    """The booking form as the clerk sends it; status, and the page or where it leads."""
    fields = [
        ("title", TITLE), ("kind", "training"), ("form", "online"), ("host", "STTTT"), ("no_secrets", "1"),
        ("date", f"{local_day(STARTS):%d/%m/%Y}"), ("start", "08:00"), ("end", "10:00"), ("act", act),
        ("short_notice_reason", REASON), ("main", service.rooms["STTTT"].key),
        *(("sites", service.rooms[code].key) for code in communes),
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {service.token}", "Cookie": "language=vi"}
    async with service.http.post(f"{service.url}{path}", data=fields, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or html.unescape(await answer.text())


async def test_three_sittings_are_offered_booked_held_and_counted_once(service_on_both: Service) -> None:
    service = service_on_both
    communes = await grow(service)
    assert len(communes) == COMMUNES
    asked = f"/what-if?groups=commune&starts={STARTS.isoformat()}&ends={ENDS.isoformat()}".replace("+", "%2B")
    looked = await service.api("GET", asked)
    assert (looked["offices"], looked["seats"], looked["whole"]["ok"]) == (COMMUNES, SEATS, False)
    assert [len(one["sites"]) for one in looked["sittings"]] == [77, 78, 78]

    refused = await service.book("STTTT", *communes, title=TITLE, starts=STARTS, ends=ENDS, status=409)
    assert refused["code"] == "no_capacity"
    (full,) = refused["full"]
    assert (full["what"], full["measure"], full["needed"], full["fits"]) == ("bridge", "seats", COMMUNES + 1, SEATS)
    assert f"{SEATS}" in full["detail"] and await service.rows(Conference) == []
    offered = refused["ways_out"]["sittings"]
    assert [len(one["sites"]) for one in offered] == [77, 78, 78]

    status, page = await submit(service, "/book", "book", communes)
    assert status == 409 and "Có thể chia thành 3 phiên nối tiếp" in page
    (act,) = re.findall(r'name="act" value="(sittings:[^"]+)"', page)
    status, path = await submit(service, "/book", act, communes)
    assert status == 303 and path.startswith("/series/")
    assert TITLE in await service.page(path)
    rows = await service.rows(Conference, order=Conference.starts)
    assert [row.starts.isoformat() for row in rows] == [one["starts"].replace("Z", "+00:00") for one in offered]
    await whole(service, rows)
    await invited(service)
    await held(service, rows)


async def whole(service: Service, rows: list[Conference]) -> None:
    """Every commune sits in exactly one of them, the main site in all, and the host is never above its limit."""

    def read(db: Session) -> tuple[Counter[int], list[int]]:
        sites = Counter(site.room_id for site in db.query(Site))
        return sites, [one.seats for one in db.query(Reservation).where(Reservation.bridge_id.is_not(None))]

    assert {row.state for row in rows} == {"planned"} and {row.counted_with for row in rows} == {rows[0].id}
    sites, seats = await service.database.read(read)
    assert Counter(sites.values()) == Counter({1: COMMUNES, 3: 1})
    assert sum(seats) == COMMUNES + 3 and max(seats) <= SEATS
    held = await service.rows(Reservation, Reservation.bridge_id.is_not(None), order=Reservation.starts)
    assert all(before.ends <= after.starts for before, after in pairwise(held))


async def invited(service: Service) -> None:
    """Every commune hears once, of its own sitting; the host of all three."""
    await service.settle()
    told = Counter(one.recipients[0] for one in service.sink.received)
    assert Counter(told.values()) == Counter({1: COMMUNES, 3: 1})
    for one in service.sink.received[::40]:
        (part,) = [p for p in one.message.walk() if p.get_content_type() == "text/calendar"]
        ics: Any = part.get_payload(decode=True)
        assert lint(ics, method="REQUEST", recipient=one.recipients[0]) == []


async def held(service: Service, rows: list[Conference]) -> None:
    """The halls of the host and of one commune a sitting come by themselves; the figure has one meeting."""
    codes = {room.id: code for code, room in service.rooms.items()}

    def last_sites(db: Session) -> list[str]:
        return [codes[max(s.room_id for s in db.query(Site).where(Site.conference_id == row.id))] for row in rows]

    for _ in await service.pair("STTTT", *await service.database.read(last_sites)):
        pass
    for number, row in enumerate(rows):
        await service.move_to(row.starts - timedelta(minutes=30), stride=timedelta(hours=6))
        await service.told()
        await service.move_to(row.starts + timedelta(minutes=5), stride=timedelta(minutes=15))
        assert sum(hall.inside == row.key for hall in service.halls) == 2, number
        await service.move_to(row.ends + timedelta(minutes=45), stride=timedelta(minutes=30))
    assert {row.state for row in await service.rows(Conference)} == {"recorded"}
    (line,) = await service.rows(Tally)
    assert (line.leader_id, line.status, line.online) == (rows[0].id, "held", True)
    figures = await service.api("GET", "/figures?year=2026")
    assert figures["share"] == {"online": 1, "counted": 1, "tenths": 1000}
    assert len(await service.rows(Delegation, Delegation.conference_id == rows[0].id)) == 77
