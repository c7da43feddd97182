"""Everything that the simulator can be told to do wrong, by Python and over its control API."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.confsvc.simulate.service import RecordingService
from tests.fakes.jitsi import NotLetIn, SimulatedJitsi, until


async def order(jitsi: SimulatedJitsi, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{jitsi.url}/_simulator{path}", json=body) as response,
    ):
        return response.status, await response.json() if response.status != 204 else None


async def get(jitsi: SimulatedJitsi, path: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{jitsi.url}{path}") as response:
        return response.status


async def visit(jitsi: SimulatedJitsi, room: str = "r1") -> None:
    await (await jitsi.join(room, jitsi.token(room))).leave()
    await jitsi.quiet()


async def test_lost_events(jitsi: SimulatedJitsi, service: RecordingService) -> None:
    assert await order(jitsi, "POST", "/faults", {"kind": "lose", "target": "occupant/left"}) == (201, {"id": 1})
    await visit(jitsi)
    assert sorted(service.events()) == ["occupant/joined", "room/created", "room/destroyed"]
    assert jitsi.host.caller.lost == 1
    assert await order(jitsi, "DELETE", "/faults/1") == (204, None)
    await visit(jitsi)
    assert service.events().count("occupant/left") == 1


async def test_a_lost_reservation_call_counts_as_timed_out(jitsi: SimulatedJitsi) -> None:
    jitsi.fault("lose", target="reservation", times=1)
    with pytest.raises(NotLetIn, match="Reservation lookup timed out"):
        await jitsi.join("r1", jitsi.token("r1"))


async def test_duplicates_are_the_same_to_the_byte(jitsi: SimulatedJitsi, service: RecordingService) -> None:
    jitsi.fault("duplicate", target="occupant/joined")
    await visit(jitsi)
    first, second = service.of("POST", "/occupant/joined")
    assert first.body == second.body
    assert len(service.asked) == 7


async def test_a_fault_may_be_for_one_room_and_a_number_of_times(
    jitsi: SimulatedJitsi, service: RecordingService
) -> None:
    jitsi.fault("lose", target="room/created", room="r2", times=2)
    for room in ("r1", "r2", "r2", "r2"):
        await visit(jitsi, room)
    assert service.events().count("room/created") == 2
    assert jitsi.host.faults.list() == []


async def test_reordered_events_leave_newest_first(jitsi: SimulatedJitsi, service: RecordingService) -> None:
    jitsi.fault("reorder", count=3)
    endpoint = await jitsi.join("r1", jitsi.token("r1"))
    await jitsi.quiet()
    assert service.events() == []
    await endpoint.leave()
    await jitsi.quiet()
    assert service.events().index("occupant/left") < service.events().index("occupant/joined")
    assert service.events().index("occupant/joined") < service.events().index("room/created")


async def test_held_events_are_let_go_with_the_faults(jitsi: SimulatedJitsi, service: RecordingService) -> None:
    jitsi.fault("reorder", count=100)
    await visit(jitsi)
    assert service.events() == []
    assert (await order(jitsi, "DELETE", "/faults"))[0] == 204
    await jitsi.quiet()
    assert len(service.events()) == 4


async def test_slow_callbacks(jitsi: SimulatedJitsi, service: RecordingService) -> None:
    jitsi.fault("delay", target="occupant/joined", seconds=0.05)
    endpoint = await jitsi.join("r1", jitsi.token("r1"))
    await endpoint.leave()
    await jitsi.quiet()
    assert service.events()[-1] == "occupant/joined"


async def test_events_are_repeated_after_5xx_and_then_lost(jitsi: SimulatedJitsi, service: RecordingService) -> None:
    endpoint = await jitsi.join("r1", jitsi.token("r1"))
    await jitsi.quiet()
    service.asked.clear()
    service.answering(*[503] * 12)
    await endpoint.leave()
    await jitsi.quiet()
    assert service.events().count("occupant/left") == 4
    assert service.events().count("room/destroyed") == 4
    assert len({asked.body for asked in service.of("POST", "/occupant/left")}) == 1


async def test_5xx_of_its_own_http_side(jitsi: SimulatedJitsi) -> None:
    jitsi.fault("http", target="/room-census", status=502, times=1)
    assert [await get(jitsi, "/room-census") for _ in range(2)] == [502, 200]
    assert await get(jitsi, "/about/health") == 200


async def test_no_script(jitsi: SimulatedJitsi) -> None:
    jitsi.fault("script", status=503, times=1)
    assert [await get(jitsi, "/external_api.js") for _ in range(2)] == [503, 200]


async def test_down(jitsi: SimulatedJitsi) -> None:
    jitsi.fault("down")
    assert [await get(jitsi, path) for path in ("/r1", "/room-census", "/external_api.js")] == [503, 503, 503]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await jitsi.connect()
    assert (await order(jitsi, "DELETE", "/faults"))[0] == 204
    await jitsi.join("r1", jitsi.token("r1"))


async def test_silent_join(jitsi: SimulatedJitsi) -> None:
    jitsi.fault("silent", room="r1", times=1)
    endpoint = await jitsi.connect()
    await endpoint.login(jitsi.token("r1"))
    await endpoint.ask("r1")
    await endpoint.send("join", room="r1")
    await until(lambda: jitsi.host.unanswered == 1)
    await endpoint.enter("r1")


@pytest.mark.parametrize("events", [True, False])
async def test_a_destroyed_room(jitsi: SimulatedJitsi, service: RecordingService, events: bool) -> None:
    endpoint = await jitsi.join("r1", jitsi.token("r1"))
    await jitsi.quiet()
    assert (await order(jitsi, "POST", "/rooms/r1/destroy", {"events": events, "reason": "x"}))[0] == 204
    assert (await endpoint.hear("destroyed"))["reason"] == "x"
    await jitsi.quiet()
    assert ("room/destroyed" in service.events()) is events
    assert bool(service.of("DELETE", "/conference/c-r1")) is events
    await jitsi.join("r1", jitsi.token("r1"))
    assert len(service.of("POST", "/conference")) == 2


@pytest.mark.parametrize("events", [True, False])
async def test_a_crash_cuts_everybody(jitsi: SimulatedJitsi, service: RecordingService, events: bool) -> None:
    endpoints = [await jitsi.join(room, jitsi.token(room)) for room in ("r1", "r2")]
    await jitsi.quiet()
    assert (await order(jitsi, "POST", "/crash", {"events": events}))[0] == 204
    for endpoint in endpoints:
        with pytest.raises(ConnectionError):
            await endpoint.hear("destroyed")
    await until(lambda: not jitsi.host.sessions)
    await jitsi.quiet()
    assert service.events().count("room/destroyed") == (2 if events else 0)


async def test_kick(jitsi: SimulatedJitsi) -> None:
    endpoint = await jitsi.join("r1", jitsi.token("r1"))
    assert (await order(jitsi, "POST", "/rooms/r1/kick", {"id": "nobody"}))[0] == 404
    assert (await order(jitsi, "POST", "/rooms/r1/kick", {"id": endpoint.id}))[0] == 204
    assert (await endpoint.hear("kicked"))["id"] == endpoint.id
    assert jitsi.host.rooms == {}


async def test_a_cut_line_stays_for_the_hibernation(jitsi: SimulatedJitsi, service: RecordingService) -> None:
    stays = await jitsi.join("r1", jitsi.token("r1"), "stays")
    cut = await jitsi.join("r1", jitsi.token("r1"), "cut")
    await jitsi.drop(cut)
    before = jitsi.host.clock.now().timestamp()
    await jitsi.advance(55)
    assert jitsi.occupants("r1") == ["cut", "stays"]
    await jitsi.advance(300)
    assert (await stays.hear("participant-left"))["id"] == cut.id
    await jitsi.quiet()
    [left] = service.of("POST", "/occupant/left")
    assert left.json["occupant"]["occupant_jid"] == cut.jid
    assert abs(left.json["occupant"]["left_at"] - before - 60) <= 1, "the moment it was noticed, not of the look"


async def test_without_hibernation_a_cut_line_leaves_at_once(service: RecordingService) -> None:
    async with SimulatedJitsi(service.url, hibernation=0) as jitsi:
        await jitsi.drop(await jitsi.join("r1", jitsi.token("r1")))
        assert jitsi.host.rooms == {}


async def test_the_clock_over_http(jitsi: SimulatedJitsi) -> None:
    await jitsi.drop(await jitsi.join("r1", jitsi.token("r1")))
    assert (await order(jitsi, "POST", "/clock", {"offset": 30}))[1]["offset"] == 30
    assert len(jitsi.host.rooms) == 1
    assert (await order(jitsi, "POST", "/clock", {"advance": 31}))[1]["offset"] == 61
    assert jitsi.host.rooms == {}
    assert (await order(jitsi, "GET", "/clock"))[1]["offset"] == 61


async def test_the_state_has_no_token_in_it(jitsi: SimulatedJitsi) -> None:
    token = jitsi.token("r1", user={"id": "u-1"})
    await jitsi.join("r1", token, "A")
    await jitsi.quiet()
    status, state = await order(jitsi, "GET", "/state")
    assert status == 200
    [room] = state["rooms"]
    assert [(one["name"], one["user_id"], one["hidden"]) for one in room["occupants"]] == [("A", "u-1", False)]
    assert [line["state"] for line in state["reservations"]] == ["granted"]
    kinds = [line["kind"] for line in state["callbacks"]["journal"]]
    assert sorted(kinds) == ["occupant/joined", "reservation", "room/created"]
    assert token not in str(state)
    assert "secret" not in str(state)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"kind": "explode"}), ("/faults", {}), ("/faults", []), ("/faults", {"kind": "lose", "x": 1}),
        ("/faults", {"kind": "lose", "times": 0}), ("/faults", {"kind": "lose", "times": "2"}),
        ("/faults", {"kind": "delay", "seconds": 1e9}), ("/faults", {"kind": "http", "status": 200}),
        ("/clock", {"offset": 1e12}), ("/clock", {"to": 1}), ("/clock", {"offset": "1"}), ("/clock", [1]),
        ("/crash", {"events": 1}),
    ],
)  # fmt: skip
async def test_orders_that_make_no_sense(jitsi: SimulatedJitsi, path: str, body: Any) -> None:
    status, answer = await order(jitsi, "POST", path, body)
    assert status == 400
    assert answer["message"]


async def test_another_sites_form_cannot_give_orders(jitsi: SimulatedJitsi) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{jitsi.url}/_simulator/crash", data='{"events": false}') as response,
    ):
        assert response.status == 400


async def test_three_hundred_join_and_leave(jitsi: SimulatedJitsi, service: RecordingService) -> None:
    token = jitsi.token("big")
    everybody = await asyncio.gather(*(jitsi.join("big", token, f"{number}") for number in range(300)))
    assert len(jitsi.occupants("big")) == 300
    await until(lambda: sum(message["t"] == "participant-joined" for message in everybody[0].heard) >= 1)
    await asyncio.gather(*(endpoint.leave() for endpoint in everybody))
    await jitsi.quiet()
    assert jitsi.host.rooms == {}
    assert service.events().count("occupant/joined") == service.events().count("occupant/left") == 300
    [destroyed] = service.of("POST", "/room/destroyed")
    assert len(destroyed.json["all_occupants"]) == 300
    assert len(service.of("POST", "/conference")) == 1
