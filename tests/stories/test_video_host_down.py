"""The video host is down from 07:40 to 07:58, and comes back with no memory of anything."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from scheduler.models import Fact
from tests.fakes.hall import PATIENCE, Hall
from tests.fakes.jitsi import until
from tests.fakes.service import Service
from tests.stories.day import attendance, conference, local

MINUTE = timedelta(minutes=1)
DOWN, UP = local(24, 7, 40), local(24, 7, 58)
WAITING = ("STTTT", "LNGAN", "SDONG")
RUNNING = ("UBNDT", "TPBG", "VYEN")


async def test_everybody_is_in_by_eight(service: Service) -> None:
    halls = await service.pair(*WAITING, *RUNNING)
    waiting, running = halls[:3], halls[3:]
    early = (await service.book(*RUNNING, starts=local(24, 7), ends=local(24, 9)))["key"]
    at_eight = (await service.book(*WAITING, starts=local(24, 8), ends=local(24, 10)))["key"]
    await service.told()
    await service.move_to(local(24, 6, 40), stride=timedelta(hours=6))
    await service.move_to(DOWN)
    assert all(hall.inside == early for hall in running)

    down = await _crash(service)
    await service.move_to(UP, stride=MINUTE)
    assert all(hall.inside is None for hall in halls)
    assert {(await conference(service, key)).state for key in (early, at_eight)} == {"open", "provisioned"}
    assert all(len(hall.refused) >= 12 for hall in waiting), "they kept trying"

    service.jitsi.host.faults.remove(down)
    await service.move_to(local(24, 8))
    assert all(hall.inside == at_eight for hall in waiting)
    assert all(hall.inside == early for hall in running)
    for hall in halls:
        tries = [at for at, _ in hall.refused] + hall.joined_at[-1:]
        assert all(later - sooner >= PATIENCE for sooner, later in pairwise(tries))
    await service.move_to(local(24, 11))
    await _records(service, early, at_eight, running)


async def _crash(service: Service) -> int:
    """The power goes: nobody is told anything. The number of the fault that keeps it down."""
    down = service.jitsi.fault("down")
    service.jitsi.host.crash(events=False)
    links = [hall.video for hall in service.halls if hall.video is not None]
    await until(lambda: all(link.closed for link in links))
    await service.settle()
    return down


async def _records(service: Service, early: str, at_eight: str, running: list[Hall]) -> None:
    """Nobody's conference was ended by a poll that failed, and nobody is said to have been there meanwhile."""
    for key in (early, at_eight):
        row = await conference(service, key)
        assert (row.state, row.ended_by, row.outcome) == ("recorded", "time", "held")
    assert {line.seconds for line in (await attendance(service, at_eight)).values()} == {7200}
    lines = await attendance(service, early)
    for hall in running:
        away = hall.joined_at[1] - DOWN
        assert timedelta(minutes=18) <= away <= timedelta(minutes=19)
        assert lines[hall.unit].seconds == 7200 - away.total_seconds(), hall.unit
    lost = [fact for fact in await service.rows(Fact) if fact.kind == "occupant.left" and fact.at == DOWN]
    assert lost == [], "a host that crashed says nothing"
