"""A line that drops for twelve minutes, one that blinks, and two that never come back."""

from __future__ import annotations

from datetime import timedelta

from scheduler.models import Tally
from tests.fakes.hall import Hall
from tests.fakes.service import Service
from tests.stories.day import attendance, local

UNITS = ("STTTT", "LNGAN", "YTHE", "SDONG", "VYEN")
DETECTED = 60  # seconds after which the video host notices a line that went without a goodbye


async def test_what_each_line_is_worth(service: Service) -> None:
    halls = {hall.unit: hall for hall in await service.pair(*UNITS)}
    key = (await service.book(*UNITS, starts=local(24, 8), ends=local(24, 10)))["key"]
    await service.told()
    await service.move_to(local(24, 7), stride=timedelta(hours=6))
    await _cut(service, halls["VYEN"], 8, 8)
    await _cut(service, halls["LNGAN"], 8, 30)
    await _mend(service, halls["LNGAN"], 8, 42)
    await _cut(service, halls["SDONG"], 8, 50)
    await _cut(service, halls["YTHE"], 9, 0)
    await _mend(service, halls["YTHE"], 9, 1, 30)
    await service.move_to(local(24, 11))

    lines = await attendance(service, key)
    found = {unit: (line.mode, line.extent, line.seconds) for unit, line in lines.items()}
    assert found == {
        "STTTT": ("online", "full", 7200),
        "LNGAN": ("online", "full", 7200 - 12 * 60 + DETECTED),
        "YTHE": ("online", "full", 7200),
        "SDONG": ("online", "part", 50 * 60 + DETECTED),
        "VYEN": ("absent", "none", 8 * 60 + DETECTED),
    }
    assert lines["SDONG"].last == local(24, 8, 51)
    (tally,) = await service.rows(Tally)
    assert (tally.v, tally.p, tally.online, tally.status) == (3, 0, True, "held")


async def _cut(service: Service, hall: Hall, hour: int, minute: int) -> None:
    await service.move_to(local(24, hour, minute))
    assert hall.inside
    await hall.cut()


async def _mend(service: Service, hall: Hall, hour: int, minute: int, second: int = 0) -> None:
    await service.move_to(local(24, hour, minute, second))
    await hall.mend()
    assert hall.inside
