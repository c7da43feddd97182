"""A meeting in person is registered: it counts in the denominator, and the figure changes exactly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from scheduler.record.figures import Figures, read_figures
from scheduler.record.selection import Selection
from tests.fakes.service import Service
from tests.stories.day import DISTRICTS, attendance, local


async def _figures(service: Service) -> Figures:
    return await service.database.read(read_figures, 2026, Selection(), now=service.clock())


async def _log(service: Service, **more: Any) -> Any:
    body = {
        "title": "Hội nghị triển khai", "kind": "deployment", "units": list(DISTRICTS), "reason": "content",
        "starts": local(20, 8).isoformat(), "ends": local(20, 11).isoformat(), "place": "Hội trường UBND tỉnh", **more,
    }  # fmt: skip
    made = await service.api("POST", "/conferences/logged", body, status=201)
    await service.settle()
    return made


async def test_the_figure_changes_exactly(service: Service) -> None:
    await service.pair("STTTT", "LNGAN", "HHOA")
    await service.book("STTTT", "LNGAN", "HHOA", starts=local(23, 10), ends=local(23, 11))
    await service.told()
    await service.move_to(local(23, 12))
    before = await _figures(service)
    assert (before.measure.gross.num, before.measure.gross.den, before.attained) == (1, 1, True)

    made = await _log(service)
    after = await _figures(service)
    assert (after.measure.gross.num, after.measure.gross.den, after.measure.gross.shown()) == (1, 2, "50,0")
    assert after.attained is False and after.reasons == {"content": 1}
    assert (after.measure.weighted.num, after.measure.weighted.den) == (2, 12)
    lines = await attendance(service, made["key"])
    assert {(line.mode, line.evidence, line.seconds) for line in lines.values()} == {("in_person", "declared", 10800)}
    shown = await service.api("GET", f"/conferences/{made['key']}")
    assert (shown["origin"], shown["state"], shown["outcome"]) == ("logged", "recorded", "held")
    busy = await service.api("GET", "/rooms/busy?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z")
    assert busy["items"] == [], "what took place elsewhere holds no room of ours"

    await _log(service, units=["SNV", "STP"], title="Họp trong tỉnh")
    await _log(service, reason="secret", title="Chuyện kín")
    assert "Chuyện kín" not in str(await service.api("GET", "/conferences"))
    last = await _figures(service)
    assert (last.measure.gross.num, last.measure.gross.den, last.measure.gross.shown()) == (1, 3, "33,3")
    assert (last.measure.net.num, last.measure.net.den) == (1, 2), "what the law bars is left out beside it"
    await service.move_to(service.clock() + timedelta(days=1), stride=timedelta(hours=6))
    assert not [one for one in service.sink.received if "triển khai" in str(one.message["Subject"])]
