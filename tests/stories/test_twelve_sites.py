"""One booking with twelve sites, from the click to the figure."""

from __future__ import annotations

from datetime import timedelta

from integrations.calendar.lint import lint
from scheduler.models import Effect, Fact, Opening, Presence, Tally, TallyDistrict
from tests.fakes.service import Service
from tests.stories.day import DISTRICTS, TWELVE, attendance, conference, local

CHAIR = "pho.chutich@bacgiang.example"
GUEST = "chuyen.gia@vien.example"
STARTS, ENDS = local(30, 8), local(30, 10)
LATE = "SDONG"


async def test_from_click_to_figure(service_on_both: Service) -> None:
    service = service_on_both
    halls = await service.pair(*TWELVE)
    await service.move_to(local(23, 8, 20))
    key = await _book(service)
    await _letters(service, key)
    await service.told()
    assert all(hall.has(key)["ticket"] is None for hall in halls), "a week ahead there is no ticket yet"

    late = next(hall for hall in halls if hall.unit == LATE)
    await service.move_to(local(30, 7, 30), stride=timedelta(hours=6))
    assert all(hall.has(key)["ticket"] for hall in halls)
    assert (await conference(service, key)).state == "provisioned"
    await late.cut()
    await service.move_to(local(30, 7, 45, 30))
    await _all_but_one_in(service, key)
    await service.move_to(local(30, 8, 12, 7))
    await late.mend()
    await service.move_to(local(30, 10, 20))
    await _ended_by_us(service, key)
    await service.move_to(local(30, 11))
    await _record(service, key)
    await _figure(service, key)


async def _book(service: Service) -> str:
    """Twice with one key, as somebody does whose line was slow: one conference."""
    wish = {
        "starts": STARTS, "ends": ENDS, "chair_name": "Ông Phó Chủ tịch", "chair_mail": CHAIR,
        "guests": [{"name": "Chuyên gia", "mail": GUEST}],
    }  # fmt: skip
    made = await service.book(*TWELVE, idempotency_key="click-1", short_notice_reason=None, **wish)
    again = await service.book(*TWELVE, idempotency_key="click-1", short_notice_reason=None, **wish)
    assert again == made and made["warnings"] == []
    listed = await service.api("GET", "/conferences")
    assert [item["key"] for item in listed["items"]] == [made["key"]]
    taken = await service.book("HHOA", starts=local(30, 9), ends=local(30, 11), status=409)
    assert taken["taken"][0]["unit"] == "Sở TT&TT"
    return str(made["key"])


async def _letters(service: Service, key: str) -> None:
    """Fourteen people get one letter each, with an entry that every calendar reads."""
    await service.settle()
    shown = await service.api("GET", f"/conferences/{key}")
    wanted = {guest["mail"] for guest in shown["guests"]}
    assert {one.recipients[0] for one in service.sink.received} == wanted
    assert len(service.sink.received) == len(wanted) == 14
    for one in service.sink.received:
        (part,) = [p for p in one.message.walk() if p.get_content_type() == "text/calendar"]
        ics = part.get_payload(decode=True)
        assert lint(ics, method=part.get_param("method"), recipient=one.recipients[0]) == []
        assert b"METHOD:REQUEST" in ics and b"SEQUENCE:0" in ics and b"20261130T080000" in ics
    assert {effect.state for effect in await service.rows(Effect)} == {"done"}


async def _all_but_one_in(service: Service, key: str) -> None:
    """Each joined at its own second, through one question to us, and nobody touched anything."""
    (opening,) = await service.rows(Opening)
    in_time = [hall for hall in service.halls if hall.unit != LATE]
    for hall in in_time:
        item = hall.has(key)
        assert item and item["jitsi_name"] == opening.jitsi_name
        assert [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in hall.joined_at] == [item["join_at"]]
        assert not hall.refused
    assert len(service.jitsi.occupants(opening.jitsi_name)) == 11
    asked = [call for call in service.jitsi.host.caller.journal if call["kind"] == "reservation"]
    assert [call["outcome"] for call in asked] == [200]
    assert (await conference(service, key)).state == "open"


async def _ended_by_us(service: Service, key: str) -> None:
    """Everybody left at the end; the room was ended at ends + grace, and is closed for good."""
    row = await conference(service, key)
    assert (row.state, row.ended_by) == ("recorded", "time")
    assert not service.jitsi.host.rooms
    (ending,) = await service.rows(Effect, Effect.kind == "end_meeting")
    assert (ending.state, ending.settled) == ("done", local(30, 10, 15))
    assert all(hall.inside is None for hall in service.halls)


async def _record(service: Service, key: str) -> None:
    lines = await attendance(service, key)
    assert set(lines) == set(TWELVE)
    for unit, line in lines.items():
        late = unit == LATE
        assert (line.mode, line.extent, line.evidence) == ("online", "full", "auto")
        assert line.seconds == (7200 - 12 * 60 - 7 if late else 7200), unit
        hall = next(hall for hall in service.halls if hall.unit == unit)
        assert line.first == hall.joined_at[0]
        assert line.last == local(30, 10, 15)
    assert (await conference(service, key)).outcome == "held"
    kinds = [fact.kind for fact in await service.rows(Fact)]
    assert kinds.count("occupant.joined") == kinds.count("occupant.left") == 12
    assert {p.source for p in await service.rows(Presence)} == {"host", "endpoint"}


async def _figure(service: Service, key: str) -> None:
    (tally,) = await service.rows(Tally)
    assert (tally.year, tally.in_scope, tally.status, tally.v, tally.p, tally.online) == (
        2026, True, "held", 10, 0, True,
    )  # fmt: skip
    assert len(await service.rows(TallyDistrict)) == len(DISTRICTS)
    figures = await service.api("GET", "/figures?year=2026")
    assert figures["share"] == {"online": 1, "counted": 1, "tenths": 1000}
    assert "100,0" in await service.page("/figures")
    behind = await service.api("GET", "/figures/list?year=2026&what=numerator")
    assert [item["conference"] for item in behind["items"]] == [key]
