"""A cancellation after the invitations, with two halls already in the room."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.calendar.lint import lint
from rooms.messages import AgendaHint
from scheduler.models import Opening
from tests.fakes.jitsi import NotLetIn
from tests.fakes.service import Service
from tests.stories.day import conference, local

UNITS = ("STTTT", "HHOA", "LNGAN")


async def test_everybody_is_told_and_the_rooms_are_free(service: Service) -> None:
    halls = await service.pair(*UNITS)
    made = await service.book(*UNITS, starts=local(24, 8), ends=local(24, 10))
    key = made["key"]
    await service.told()
    await service.move_to(local(24, 7), stride=timedelta(hours=6))
    await service.move_to(local(24, 7, 50))
    (opening,) = await service.rows(Opening)
    assert len(service.jitsi.occupants(opening.jitsi_name)) == 3
    invited = {one.recipients[0] for one in service.sink.received}

    before = len(service.sink.received)
    version = (await service.api("GET", f"/conferences/{key}"))["version"]
    await service.api("POST", f"/conferences/{key}/cancel", {"version": version, "reason": "Chủ tịch đi công tác"})
    await service.told()
    assert all(hall.has(key) is None for hall in halls)
    hints = [[told for told in hall.heard if isinstance(told, AgendaHint)] for hall in halls]
    assert all(told[-1].spread == 0 for told in hints), "who is in the room must not wait to hear of it"
    await service.settle()
    assert all(hall.inside is None for hall in halls)
    assert not service.jitsi.host.rooms

    letters = service.sink.received[before:]
    assert {one.recipients[0] for one in letters} == invited and len(letters) == len(invited) == 3
    for one in letters:
        (part,) = [p for p in one.message.walk() if p.get_content_type() == "text/calendar"]
        ics = part.get_payload(decode=True)
        assert isinstance(ics, bytes)
        assert lint(ics, method="CANCEL", recipient=one.recipients[0]) == []
        assert b"SEQUENCE:1" in ics and b"STATUS:CANCELLED" in ics
        body = one.message.get_body(("plain",))
        assert body is not None and "Chủ tịch đi công tác" in body.get_content()

    with pytest.raises(NotLetIn, match="đã bị hủy") as refused:
        await service.jitsi.join(opening.jitsi_name, service.jitsi.token(opening.jitsi_name))
    assert refused.value.code == "403"

    again = await service.book(*UNITS, starts=local(24, 8), ends=local(24, 10))
    await service.told()
    await service.settle()
    assert all(hall.inside == again["key"] for hall in halls)
    await service.move_to(local(24, 11))
    assert (await conference(service, key)).state == "cancelled"
    assert (await conference(service, again["key"])).outcome == "held"
