"""The service is killed in the middle of a conference and comes back twenty minutes later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.models import Effect, Fact
from tests.fakes.jitsi import until
from tests.fakes.service import Service
from tests.stories.day import attendance, conference, local

UNITS = ("STTTT", "LNGAN", "HHOA", "YTHE")


@pytest.fixture
async def service(directory_url: str, folder: Path) -> AsyncIterator[Service]:
    """On both databases; the video host repeats an event as slowly as Prosody does."""
    async with Service(directory_url, folder, starts=local(23, 8), events_retry_delay=1.0) as running:
        yield running


async def test_nobody_in_the_halls_notices(service: Service) -> None:
    _, lngan, hhoa, ythe = await service.pair(*UNITS)
    key = (await service.book(*UNITS, starts=local(24, 8), ends=local(24, 10)))["key"]
    await service.told()
    await service.move_to(local(24, 7), stride=timedelta(hours=6))
    await service.move_to(local(24, 8, 40))
    letters = list(service.sink.received)

    await service.kill()
    assert all(hall.inside == key for hall in service.halls), "they are in a room of the video host, not in ours"
    service.jitsi.fault("lose", target="occupant/left", times=1)
    service.jitsi.fault("lose", target="occupant/joined", times=1)
    await service.move_to(local(24, 8, 45))
    await lngan.cut()
    await service.move_to(local(24, 8, 50))
    await lngan.mend()  # straight back into the room: its agenda and its ticket are its own
    assert lngan.inside == key and lngan.outbox

    await service.move_to(local(24, 8, 59, 58))
    await hhoa.cut()
    await service.move_to(local(24, 9, 0, 58))  # the video host notices, tells us in vain, and will try again
    await service.start()
    await service.settle()
    await until(lambda: not lngan.outbox)
    await service.move_to(local(24, 9, 5))
    await hhoa.mend()
    await _nothing_was_lost(service, key)

    await service.move_to(local(24, 10))
    assert ythe.inside == key
    await service.move_to(local(24, 11))
    await _record(service, key)
    assert service.sink.received == letters, "nobody got a letter twice"
    assert {effect.state for effect in await service.rows(Effect)} == {"done"}


async def _nothing_was_lost(service: Service, key: str) -> None:
    """What the halls kept arrived; so did what the video host was still trying to say."""
    facts = await service.rows(Fact)
    assert [fact.kind for fact in facts].count("occupant.left") == 1
    assert sum(fact.kind == "endpoint.left" and fact.at == local(24, 8, 45) for fact in facts) == 1
    assert (await conference(service, key)).state == "open"


async def _record(service: Service, key: str) -> None:
    """The host notices a line that went after a minute; everything else is to the second."""
    row = await conference(service, key)
    assert (row.state, row.ended_by, row.outcome) == ("recorded", "time", "held")
    assert not service.jitsi.host.rooms
    seconds = {unit: line.seconds for unit, line in (await attendance(service, key)).items()}
    assert seconds == {
        "STTTT": 7200, "YTHE": 7200, "LNGAN": 7200 - 4 * 60, "HHOA": 7200 - (5 * 60 + 2) + 60
    }  # fmt: skip
