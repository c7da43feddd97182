"""The reservation gate: what clients are told for each kind of answer, and how long it sticks."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from tests.confsvc.simulate.service import Asked, RecordingService, grant, willing
from tests.fakes.jitsi import Endpoint, NotLetIn, SimulatedJitsi, until

INVALID = "Invalid response from reservation server"
REJECTED = "Rejected by reservation server"


async def refusal(jitsi: SimulatedJitsi, room: str = "r1") -> tuple[str, str]:
    with pytest.raises(NotLetIn) as caught:
        await jitsi.join(room, jitsi.token(room))
    assert caught.value.stage == "conference"
    return caught.value.code, caught.value.text


def always(status: int, body: str, **headers: str) -> Any:
    async def answer(_: Asked) -> web.Response:
        return web.Response(status=status, text=body, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (403, '{"message": "Phòng này chưa đến giờ họp"}', ("403", "Phòng này chưa đến giờ họp")),
        (403, "403: Forbidden", ("403", REJECTED)),
        (404, "{}", ("404", REJECTED)),
        (404, "[1]", ("404", REJECTED)),
        (307, "", ("307", REJECTED)),
        (200, "not json", ("500", INVALID)),
        (200, "{}", ("500", INVALID)),
        (409, "{}", ("409", INVALID)),
        (409, '{"conflict_id": null}', ("409", INVALID)),
    ],
)
async def test_refusals(
    service: RecordingService, jitsi: SimulatedJitsi, status: int, body: str, told: tuple[str, str]
) -> None:
    service.answer = always(status, body, Location="/elsewhere")
    assert await refusal(jitsi) == told
    assert len(service.asked) == 1, "neither repeated nor redirected"


@pytest.mark.parametrize(
    "change",
    [
        {"id": ...}, {"name": ...}, {"mail_owner": ...}, {"duration": ...}, {"start_time": ...}, {"name": "another"},
        {"duration": "long"}, {"duration": None}, {"start_time": "tomorrow"}, {"max_occupants": None},
        {"max_occupants": 0}, {"max_occupants": 2.5}, {"password": None}, {"duration": 1e300},
    ],
)  # fmt: skip
async def test_an_answer_with_a_mistake_is_a_500(
    service: RecordingService, jitsi: SimulatedJitsi, change: dict[str, Any]
) -> None:
    async def answer(asked: Asked) -> web.Response:
        return grant(asked, **change)

    service.answer = answer
    assert await refusal(jitsi) == ("500", INVALID)


@pytest.mark.parametrize(
    "change",
    [
        {"duration": "3600"}, {"max_occupants": 1}, {"password": ""}, {"name": "R1"}, {"unknown": None},
        {"start_time": "2026-11-24T08:00:00.5+07:00", "duration": 1e7}, {"start_time": "2026-11-24T08:00:00",
         "duration": 1e7},
    ],
)  # fmt: skip
async def test_answers_that_are_good_enough(
    service: RecordingService, jitsi: SimulatedJitsi, change: dict[str, Any]
) -> None:
    async def answer(asked: Asked) -> web.Response:
        return grant(asked, **change) if asked.method == "POST" and "form" in asked.header("Content-Type") else (
            web.json_response({})
        )  # fmt: skip

    service.answer = answer
    await jitsi.join("r1", jitsi.token("r1"))
    assert len(jitsi.occupants("r1")) == 1


async def test_a_time_that_is_over_is_419(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    async def answer(asked: Asked) -> web.Response:
        return grant(asked, start_time="2020-01-01T00:00:00Z")

    service.answer = answer
    assert await refusal(jitsi) == ("419", "Reservation expired")


@pytest.mark.parametrize(
    ("identity", "written"),
    [
        (364758328, "364758328.0"), (123456789012345678, "1.2345678901235e+17"), ("c-[x]%c3", "c-[x]%c3"),
        (1.5, "1.5"),
    ],
)  # fmt: skip
async def test_an_id_goes_raw_into_the_delete(
    service: RecordingService, jitsi: SimulatedJitsi, identity: Any, written: str
) -> None:
    async def answer(asked: Asked) -> web.Response:
        return grant(asked, id=identity) if asked.target.endswith("/conference") else web.json_response({})

    service.answer = answer
    await (await jitsi.join("r1", jitsi.token("r1"))).leave()
    await jitsi.quiet()
    [deleted] = [asked for asked in service.asked if asked.method == "DELETE"]
    assert deleted.target == f"/jitsi/conference/{written}"


async def test_an_id_with_a_space_never_arrives(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    async def answer(asked: Asked) -> web.Response:
        return grant(asked, id="a b/c?d") if asked.target.endswith("/conference") else web.json_response({})

    service.answer = answer
    await (await jitsi.join("r1", jitsi.token("r1"))).leave()
    await jitsi.quiet()
    assert not [asked for asked in service.asked if asked.method == "DELETE"]
    assert jitsi.host.caller.journal[-1]["outcome"] == 400 or "DELETE" in {
        entry["method"] for entry in jitsi.host.caller.journal if entry["outcome"] == 400
    }


async def test_5xx_is_asked_four_times_with_the_same_time(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    service.answering(500, 502, 503, 500, message="db down")
    assert await refusal(jitsi) == ("500", "db down")
    assert len(service.asked) == 4
    assert len({asked.body for asked in service.asked}) == 1


async def test_5xx_and_then_good(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    service.answering(503, 503)
    await jitsi.join("r1", jitsi.token("r1"))
    assert len(service.of("POST", "/conference")) == 3


async def test_nobody_listening_is_code_0() -> None:
    async with RecordingService() as gone:
        url = gone.url
    async with SimulatedJitsi(url) as jitsi:
        assert await refusal(jitsi) == ("0", REJECTED)
        assert jitsi.host.caller.sent == 4


async def test_no_answer_in_time_is_not_repeated(service: RecordingService) -> None:
    service.never()
    async with SimulatedJitsi(service.url, reservation_timeout=0.05) as jitsi:
        assert await refusal(jitsi) == ("500", "Reservation lookup timed out")
    assert len(service.asked) == 1


async def test_a_conflict_that_is_not_there(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    async def answer(asked: Asked) -> web.Response:
        if asked.method == "POST":
            return web.json_response({"conflict_id": "x"}, status=409)
        return web.json_response({"message": "no such booking"}, status=404)

    service.answer = answer
    assert await refusal(jitsi) == ("404", "no such booking")


async def test_many_ask_at_once_and_one_post_answers_all(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    open_now = asyncio.Event()

    async def answer(asked: Asked) -> web.Response:
        if asked.target.endswith("/conference"):
            await open_now.wait()
        return await willing(asked)

    service.answer = answer
    joins = [asyncio.create_task(jitsi.join("r1", jitsi.token("r1"), f"{n}")) for n in range(5)]
    await until(lambda: [record.waiting for record in jitsi.host.gate.records.values()] == [5])
    open_now.set()
    await asyncio.gather(*joins)
    assert len(service.of("POST", "/conference")) == 1
    await jitsi.quiet()
    assert service.events().count("room/created") == 1
    await jitsi.join("r1", jitsi.token("r1"), "late")
    assert len(service.of("POST", "/conference")) == 1, "an existing room is not asked for"


async def test_who_asked_may_be_gone_and_the_room_opens_all_the_same(
    service: RecordingService, jitsi: SimulatedJitsi
) -> None:
    open_now = asyncio.Event()

    async def answer(asked: Asked) -> web.Response:
        await open_now.wait()
        return await willing(asked)

    service.answer = answer
    endpoint = await jitsi.connect()
    await endpoint.login(jitsi.token("r1"))
    await endpoint.send("conference", room="r1")
    await until(lambda: len(service.asked) == 1)
    await jitsi.drop(endpoint)
    open_now.set()
    await until(lambda: "r1" in jitsi.host.rooms)
    await jitsi.advance(16)
    await jitsi.quiet()
    assert sorted(service.events()) == ["room/created", "room/destroyed"]
    assert len(service.of("DELETE", "/conference/c-r1")) == 1


async def test_a_refusal_sticks_until_a_tick_after_thirty_seconds(service: RecordingService) -> None:
    clock = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    async with SimulatedJitsi(service.url, now=lambda: clock) as jitsi:
        await jitsi.advance(20)
        service.answering(403, message="chưa đến giờ")
        assert await refusal(jitsi) == ("403", "chưa đến giờ")
        await jitsi.advance(39)
        assert await refusal(jitsi) == ("403", "chưa đến giờ")
        assert len(service.asked) == 1
        await jitsi.advance(1)
        await jitsi.join("r1", jitsi.token("r1"))


async def test_just_before_a_tick_a_refusal_lives_to_the_next(service: RecordingService) -> None:
    clock = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    async with SimulatedJitsi(service.url, now=lambda: clock) as jitsi:
        await jitsi.advance(31)
        service.answering(403)
        await refusal(jitsi)
        await jitsi.advance(88)
        await refusal(jitsi)
        assert len(service.asked) == 1
        await jitsi.advance(1)
        await jitsi.join("r1", jitsi.token("r1"))


async def waiting(jitsi: SimulatedJitsi, service: RecordingService, status: int, body: str) -> Endpoint:
    service.answer = always(status, body)
    endpoint = await jitsi.connect()
    await endpoint.login(jitsi.token("r1"))
    await endpoint.send("conference", room="r1")
    await until(lambda: jitsi.host.gate.records["r1"].state != "pending" if "r1" in jitsi.host.gate.records else False)
    await endpoint.send("ping")
    await endpoint.hear("pong")
    assert endpoint.heard == []
    return endpoint


@pytest.mark.parametrize(("status", "body"), [(403, "null"), (403, "17"), (500, "null"), (200, "3"), (409, "null")])
async def test_a_bare_value_leaves_the_room_dead_until_a_restart(
    service: RecordingService, jitsi: SimulatedJitsi, status: int, body: str
) -> None:
    await waiting(jitsi, service, status, body)
    await jitsi.advance(86400)
    assert jitsi.host.gate.records["r1"].state == "pending for ever"
    jitsi.host.crash()
    service.answer = willing
    await jitsi.join("r1", jitsi.token("r1"))


async def test_a_message_that_is_no_string_hangs_until_it_is_evicted(
    service: RecordingService, jitsi: SimulatedJitsi
) -> None:
    await waiting(jitsi, service, 403, json.dumps({"message": None}))
    await jitsi.advance(90)
    service.answer = willing
    await jitsi.join("r1", jitsi.token("r1"))


async def test_the_limit_and_the_password_of_the_answer_hold(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    async def answer(asked: Asked) -> web.Response:
        if asked.target.endswith("/conference"):
            return grant(asked, max_occupants=2, password="s3cret")
        return web.json_response({})

    service.answer = answer
    with pytest.raises(NotLetIn, match="not-authorized"):
        await jitsi.join("r1", jitsi.token("r1"))
    for name in ("a", "b"):
        await jitsi.join("r1", jitsi.token("r1"), name, password="s3cret")
    with pytest.raises(NotLetIn, match="service-unavailable"):
        await jitsi.join("r1", jitsi.token("r1"), "c", password="s3cret")
    assert jitsi.occupants("r1") == ["a", "b"]


async def test_the_end_of_the_time_ends_the_room_on_the_tick_and_it_is_asked_again(service: RecordingService) -> None:
    start = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

    async def answer(asked: Asked) -> web.Response:
        short = asked.target.endswith("/conference")
        return grant(asked, duration=90) if short else web.json_response({})

    service.answer = answer
    async with SimulatedJitsi(service.url, now=lambda: start) as jitsi:
        endpoint = await jitsi.join("r1", jitsi.token("r1"))
        await jitsi.advance(119)
        assert len(jitsi.occupants("r1")) == 1
        await jitsi.advance(3600)
        told = await endpoint.hear("destroyed")
        assert told["reason"] == "Scheduled conference duration exceeded."
        await jitsi.quiet()
        [left] = service.of("POST", "/occupant/left")
        assert left.json["occupant"]["left_at"] == int((start + timedelta(seconds=120)).timestamp())
        assert len(service.of("DELETE", "/conference/c-r1")) == 1
        await jitsi.join("r1", jitsi.token("r1"))
        assert len(service.of("POST", "/conference")) == 2


@pytest.mark.parametrize(("first", "requests"), [(500, 4), (404, 1)])
async def test_a_delete_is_repeated_after_5xx_only(
    service: RecordingService, jitsi: SimulatedJitsi, first: int, requests: int
) -> None:
    endpoint = await jitsi.join("r1", jitsi.token("r1"))

    async def answer(asked: Asked) -> web.Response:
        return web.json_response({"message": "x"}, status=first if asked.method == "DELETE" else 200)

    service.answer = answer
    await endpoint.leave()
    await jitsi.quiet()
    assert len(service.of("DELETE", "/conference/c-r1")) == requests
