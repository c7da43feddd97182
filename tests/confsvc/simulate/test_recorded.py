"""What the simulator sends is what the real Prosody was recorded sending: headers, types, fields, keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.confsvc.simulate.service import Asked, RecordingService, grant
from tests.fakes.jitsi import CALLBACK_SECRET, SimulatedJitsi

RECORDED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("recorded.json").read_text("utf-8"))
USER = {"id": "u-17", "name": "Nguyễn Văn A", "email": "a@bacgiang.test"}
ENDINGS = {
    "reservation": ("POST", "/conference"),
    "reservation-delete": ("DELETE", "/conference/c-phong-a"),
    "reservation-get": ("GET", "/conference/c-phong-a"),
    "room/created": ("POST", "/events/room/created"),
    "occupant/joined": ("POST", "/events/occupant/joined"),
    "occupant/left": ("POST", "/events/occupant/left"),
    "room/destroyed": ("POST", "/events/room/destroyed"),
}


def shape(value: Any) -> Any:
    """Keys and types, without the values."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


async def one_visit(service: RecordingService, jitsi: SimulatedJitsi, **token: Any) -> None:
    async def conflict(asked: Asked) -> web.Response:
        if asked.method == "POST" and asked.target.endswith("/conference"):
            return web.json_response({"conflict_id": "c-phong-a"}, status=409)
        if asked.method == "GET":
            return grant(service.of("POST", "/conference")[0])
        return web.json_response({})

    service.answer = conflict
    visitor = await jitsi.join("phong-a", jitsi.token("phong-a", user=USER, **token), "typed in the page")
    await visitor.leave()
    await jitsi.quiet()


@pytest.mark.parametrize("kind", ENDINGS)
async def test_every_call_looks_as_recorded(kind: str, service: RecordingService, jitsi: SimulatedJitsi) -> None:
    await one_visit(service, jitsi, moderator=True)
    [asked] = service.of(*ENDINGS[kind])
    recorded = RECORDED[kind]
    assert asked.names == recorded["headers"]
    assert dict(asked.headers).get("Content-Type") == recorded["content_type"]
    assert asked.header("User-Agent") == "Prosody (0.12.3; posix)"
    assert asked.header("Authorization") == f"Bearer {CALLBACK_SECRET}"
    if "/" in kind:
        # The recorded token had moderator as a truth value; ours says it in text and names the affiliation too.
        ours, theirs = shape(asked.json), shape(json.loads(recorded["body"]))
        for record in [ours.get("occupant"), *(ours.get("all_occupants") or [])]:
            if record is not None:
                assert record.pop("affiliation") == record.pop("moderator") == "str"
        for record in [theirs.get("occupant"), *(theirs.get("all_occupants") or [])]:
            if record is not None:
                assert record.pop("moderator") == "bool"
        assert ours == theirs
    elif kind == "reservation":
        assert set(asked.form) == {"name", "start_time", "mail_owner"}
        assert re.fullmatch(r"[0-9a-f-]{36}@meet\.simulated", asked.form["mail_owner"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", asked.form["start_time"])
        assert not re.search(r"%[0-9a-f]?[A-F]", asked.body), "Prosody writes escapes in lower case"
    else:
        assert asked.body == ""


async def test_the_name_typed_in_the_page_never_travels(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    await one_visit(service, jitsi)
    assert "typed in the page" not in "".join(asked.body for asked in service.asked)
    assert service.of("POST", "/occupant/joined")[0].json["occupant"]["name"] == "Nguyễn Văn A"


async def test_every_call_has_a_connection_of_its_own(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    await one_visit(service, jitsi)
    assert len({asked.connection for asked in service.asked}) == len(service.asked) == 7


async def test_field_order_differs_from_process_to_process(service: RecordingService) -> None:
    orders = set()
    for seed in range(8):
        async with SimulatedJitsi(service.url, seed=seed) as jitsi:
            visitor = await jitsi.join(f"r-{seed}", jitsi.token(f"r-{seed}"))
            await visitor.leave()
            await jitsi.quiet()
        orders.add(tuple(part.split("=")[0] for part in service.of("POST", "/conference")[-1].body.split("&")))
    assert len(orders) > 1


async def test_all_keys_of_the_user_travel_and_numbers_become_floats(service: RecordingService) -> None:
    async with SimulatedJitsi(service.url) as jitsi:
        claims = {
            "iss": "confsvc", "aud": "jitsi", "sub": "meet.simulated", "room": "r1",
            "context": {"user": {"id": 17, "unit_code": "H05", "email": None}},
        }  # fmt: skip
        assert jitsi.mint is not None
        visitor = await jitsi.join("r1", jitsi.mint.key.sign(claims))
        await visitor.leave()
        await jitsi.quiet()
    [joined] = service.of("POST", "/occupant/joined")
    assert '"id":17.0' in joined.body
    assert joined.json["occupant"]["unit_code"] == "H05"
    assert "email" not in joined.json["occupant"]


async def test_without_include_user_info_only_three_keys_travel(service: RecordingService) -> None:
    async with SimulatedJitsi(service.url, include_user_info=False) as jitsi:
        visitor = await jitsi.join("r1", jitsi.token("r1", user={**USER, "unit_code": "H05"}))
        await visitor.leave()
        await jitsi.quiet()
    occupant = service.of("POST", "/occupant/joined")[0].json["occupant"]
    assert set(occupant) == {"id", "name", "email", "occupant_jid", "joined_at"}


async def test_a_vietnamese_room_name_arrives_escaped_twice(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    name = "ph%c3%b2ng"
    visitor = await jitsi.join(name, jitsi.token(name))
    await visitor.leave()
    await jitsi.quiet()
    assert "name=ph%25c3%25b2ng" in service.of("POST", "/conference")[0].body


async def test_a_room_that_nobody_entered_has_an_object_for_a_list(
    service: RecordingService, jitsi: SimulatedJitsi
) -> None:
    visitor = await jitsi.connect()
    await visitor.login(jitsi.token("other"))
    await visitor.ask("r1")
    await jitsi.advance(16)
    await jitsi.quiet()
    [destroyed] = service.of("POST", "/room/destroyed")
    assert destroyed.json["all_occupants"] == {}
    assert len(service.of("DELETE", "/conference/c-r1")) == 1


async def test_last_events_carry_everybody_and_count_down(service: RecordingService, jitsi: SimulatedJitsi) -> None:
    for number in range(3):
        await jitsi.join("r1", jitsi.token("r1", user={"id": f"u-{number}"}))
    jitsi.host.destroy(jitsi.host.rooms["r1"], "The meeting has been terminated")
    await jitsi.quiet()
    left = [asked.json for asked in service.of("POST", "/occupant/left")]
    assert sorted(event["active_occupants_count"] for event in left) == [0, 1, 2]
    [destroyed] = service.of("POST", "/room/destroyed")
    everybody = destroyed.json["all_occupants"]
    assert {one["id"] for one in everybody} == {"u-0", "u-1", "u-2"}
    assert all(one["left_at"] == destroyed.json["destroyed_at"] for one in everybody)
