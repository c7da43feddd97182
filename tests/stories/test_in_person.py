"""A meeting in person is registered: it counts in the denominator, and the figure changes exactly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.fakes.service import Service
from tests.stories.day import DISTRICTS, attendance, local


async def _figures(service: Service) -> Any:
    return await service.api("GET", "/figures?year=2026")


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
    assert before["share"] == {"online": 1, "counted": 1, "tenths": 1000} and before["goal"]["attained"] is True

    made = await _log(service)
    after = await _figures(service)
    assert after["share"] == {"online": 1, "counted": 2, "tenths": 500} and after["goal"]["attained"] is False
    assert after["in_person_reasons"] == {"content": 1}
    assert after["weighted"] == {"online": 2, "counted": 12, "tenths": 166}
    assert "50,0" in await service.page("/figures")
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
    assert last["share"] == {"online": 1, "counted": 3, "tenths": 333}
    assert last["net"] == {"online": 1, "counted": 2, "tenths": 500}, "what the law bars is left out beside it"
    assert last["classes"]["out_of_scope"] == 1
    await service.move_to(service.clock() + timedelta(days=1), stride=timedelta(hours=6))
    assert not [one for one in service.sink.received if "triển khai" in str(one.message["Subject"])]
