"""A storm on Saturday: an emergency in ten minutes takes the halls of the evening's drill, routine ones are put off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.accounts import add_grant
from confsvc.models import Account
from integrations.calendar.lint import lint
from scheduler.models import Batch, Conference, Displacement
from tests.fakes.service import Service
from tests.stories.day import DISTRICTS, conference, local

NOTICE = "Hoãn để tập trung phòng, chống bão"


def calendars(service: Service, since: int) -> list[tuple[str, str]]:
    """Who was sent which method since then; every file is right."""
    found = []
    for one in service.sink.received[since:]:
        for part in one.message.walk():
            if part.get_content_type() == "text/calendar":
                ics, method = part.get_payload(decode=True), str(part.get_param("method"))
                assert isinstance(ics, bytes)
                assert lint(ics, method=method, recipient=one.recipients[0]) == []
                found.append((one.recipients[0], method))
    return found


def approving(db: Session, *, now: datetime) -> None:
    """The clerk also approves for the office, and so may take rooms for an emergency."""
    account = db.scalars(select(Account)).one()
    add_grant(db, account.id, "approver", actor="cli", now=now, unit_id=account.unit_id)


async def test_the_province_sits_in_ten_minutes_and_everybody_hears_once(service: Service) -> None:
    await service.move_to(local(27, 9))
    await service.database.write(approving, now=service.clock())
    drill = await service.book("STTTT", *DISTRICTS[:4], starts=local(28, 19), ends=local(28, 21), kind="training")
    monday = await service.book("STTTT", "HHOA", starts=local(30, 8), ends=local(30, 10), kind="briefing")
    await service.settle()
    told = len(service.sink.received)

    await service.move_to(local(28, 17, 50))
    wish: dict[str, Any] = {
        "title": "Họp khẩn chống bão", "kind": "emergency", "form": "online", "no_secrets": True, "host": "STTTT",
        "starts": local(28, 18).isoformat(), "ends": local(28, 20).isoformat(), "clash_confirmed": True,
        "sites": [service.rooms[code].key for code in ("STTTT", *DISTRICTS)],
    }  # fmt: skip
    seen = await service.api("POST", "/conferences/displacing/preview", wish)
    assert [one["key"] for one in seen["displaced"]] == [drill["key"]] and seen["sites"] == 5
    made = await service.api("POST", "/conferences/displacing", {**wish, "confirmed": [drill["key"]]}, status=201)
    halls = await service.pair("STTTT", "HHOA")
    await service.move_to(local(28, 18, 1))
    await service.settle()
    assert all(hall.inside == made["key"] for hall in halls)
    assert (await conference(service, drill["key"])).state == "pending"
    assert {method for _, method in calendars(service, told)} == {"REQUEST"}, "of the emergency alone"

    row = await conference(service, drill["key"])
    await service.api("POST", f"/conferences/{drill['key']}/time/accept", {"version": row.version})
    before = len(service.sink.received)
    await service.settle()
    assert sorted(method for _, method in calendars(service, before)) == ["REQUEST"] * 5, "one each, after the decision"
    (asked,) = await service.rows(Displacement)
    row = await conference(service, drill["key"])
    assert isinstance(asked, Displacement) and asked.outcome == "accepted" and row.starts == asked.alternative_starts

    days = {"since": local(29, 0).isoformat(), "until": local(30, 23).isoformat(), "notice": NOTICE}
    before = len(service.sink.received)
    begun = await service.api("POST", "/postponements", days, status=202)
    await service.jobs.run_rounds()
    await service.settle()
    assert (await conference(service, monday["key"])).state == "postponed"
    assert ("hhoa@bacgiang.example", "CANCEL") in calendars(service, before)
    await service.api("POST", f"/postponements/{begun['key']}/back", {}, status=202)
    await service.jobs.run_rounds()
    await service.settle()
    assert (await conference(service, monday["key"])).state == "planned"
    assert len(await service.rows(Batch)) == 2 and len(await service.rows(Conference)) == 3
