"""event_sync's calls: every recorded one, keys that survive repetition and disorder, and junk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.jitsi import events
from integrations.jitsi.events import (
    JunkEvent,
    OccupantJoined,
    OccupantLeft,
    Place,
    Presence,
    RoomCreated,
    RoomDestroyed,
    read_event,
)
from tests.fakes.captures import recorded
from tests.fakes.prosody import event_body

CALLS = [(case, call) for case, call in recorded() if "/esync/" in call["target"]]
AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(("case", "call"), CALLS)
def test_recorded_events_read_and_write_back(case: str, call: dict[str, Any]) -> None:
    event = read_event(call["body"].encode())
    written = event_body(event)
    assert written == json.loads(call["body"])
    assert call["target"] == "/esync" + events.PATHS[written["event_name"]]
    assert event.at.tzinfo is UTC
    assert abs(event.at.timestamp() - call["t"]) < 90


def test_the_recordings_hold_all_four_kinds() -> None:
    assert len(CALLS) == 84
    assert {type(read_event(call["body"].encode())) for _, call in CALLS} == {
        RoomCreated,
        RoomDestroyed,
        OccupantJoined,
        OccupantLeft,
    }


def test_a_repeat_has_the_same_key_and_nothing_else_has() -> None:
    bodies = [call["body"] for case, call in CALLS if case == "ev_retry"]
    keys = [read_event(body.encode()).key for body in bodies]
    assert (len(bodies), len(set(keys)), len(set(bodies))) == (6, 4, 4)
    everything = {call["body"] for _, call in CALLS}
    assert len({read_event(body.encode()).key for body in everything}) == len(everything)


def test_the_summary_speaks_of_the_same_presences_as_the_single_events() -> None:
    for case in {case for case, _ in CALLS}:
        found = [read_event(call["body"].encode()) for name, call in CALLS if name == case]
        left = {event.presence.key: event.presence for event in found if isinstance(event, OccupantLeft)}
        summary = {
            presence.key: presence
            for event in found
            if isinstance(event, RoomDestroyed)
            for presence in event.presences
        }
        if summary:
            assert summary == left
        joined = {event.presence.key for event in found if isinstance(event, OccupantJoined)}
        assert set(left) <= joined


def test_a_cut_line_shows_as_left_a_minute_later() -> None:
    found = [read_event(call["body"].encode()) for case, call in CALLS if case == "ev_abrupt_smacks"]
    stays = sorted(
        (event.presence.left_at - event.presence.joined_at).total_seconds()
        for event in found
        if isinstance(event, OccupantLeft) and event.presence.left_at
    )
    assert stays == [61.0, 81.0]


def test_users_tenants_and_guests() -> None:
    event = next(
        read_event(call["body"].encode()) for case, call in CALLS if case == "res_tenant" and "joined" in call["target"]
    )
    assert isinstance(event, OccupantJoined)
    assert event.place.room_name == "[bacgiang]ok-tenant-78049"
    assert event.place.jitsi_name == "ok-tenant-78049"
    assert event.presence.user_id == "u-17"
    assert event.presence.user["name"] == "Nguyễn Văn A"
    guest = read_event(
        json.dumps(
            {
                "event_name": "muc-occupant-joined",
                "room_jid": "a@b",
                "room_name": "a",
                "occupant": {"occupant_jid": "g@h/1", "joined_at": 1795377034, "new": {"x": 1}},
            }
        ).encode()
    )
    assert isinstance(guest, OccupantJoined)
    assert (guest.presence.user_id, guest.presence.user, guest.count) == (None, {}, 0)


def test_nobody_came() -> None:
    place = Place("a@conference.b", "a")
    body = event_body(RoomDestroyed(place, AT, AT, ()))
    assert body["all_occupants"] == {}
    for empty in ({}, []):
        event = read_event(json.dumps(body | {"all_occupants": empty}).encode())
        assert isinstance(event, RoomDestroyed)
        assert event.presences == ()


def test_the_same_connection_in_a_breakout_room_or_again_is_another_presence() -> None:
    main, side = Place("a@b", "a"), Place("a@b", "a", "group-1")
    again = AT.replace(minute=30)
    keys = {Presence(main, "j", AT).key, Presence(side, "j", AT).key, Presence(main, "j", again).key}
    assert len(keys) == 3
    event = OccupantJoined(side, Presence(side, "j", AT), 1)
    body = event_body(event)
    assert (body["is_breakout"], body["breakout_room_id"]) == (True, "group-1")
    assert read_event(json.dumps(body).encode()) == event


GOOD = {
    "event_name": "muc-occupant-left",
    "room_jid": "a@b",
    "room_name": "a",
    "active_occupants_count": 1,
    "occupant": {"occupant_jid": "x@y/z", "joined_at": 1795377034, "left_at": 1795377035},
}


@pytest.mark.parametrize(
    "change",
    [
        {"event_name": "muc-other"},
        {"event_name": None},
        {"event_name": []},
        {"room_jid": None},
        {"room_jid": ""},
        {"room_name": 5},
        {"room_jid": "x" * 1001},
        {"room_jid": "a\nb"},
        {"occupant": None},
        {"occupant": []},
        {"occupant": {"occupant_jid": "x", "joined_at": "soon", "left_at": 1795377035}},
        {"occupant": {"occupant_jid": "x", "joined_at": 1795377034}},
        {"occupant": {"joined_at": 1795377034}},
        {"occupant": {"occupant_jid": "x", "joined_at": 1e300, "left_at": 1}},
        {"occupant": {"occupant_jid": "x", "joined_at": True, "left_at": 1795377035}},
        {"occupant": GOOD["occupant"] | {"name": "x" * 1001}},  # type: ignore[operator]
        {"occupant": GOOD["occupant"] | {f"k{n}": "x" for n in range(41)}},  # type: ignore[operator]
        {"active_occupants_count": -1},
        {"active_occupants_count": "1"},
        {"is_breakout": "yes"},
        {"is_breakout": True},
        {"event_name": "muc-room-destroyed", "created_at": 1795377034, "destroyed_at": 1795377034, "all_occupants": 5},
        {
            "event_name": "muc-room-destroyed",
            "created_at": 1795377034,
            "destroyed_at": 1795377034,
            "all_occupants": [{}],
        },
        {
            "event_name": "muc-room-destroyed",
            "created_at": 1795377034,
            "destroyed_at": 1795377034,
            "all_occupants": [GOOD["occupant"]] * 5001,
        },
    ],
)
def test_junk(change: dict[str, Any]) -> None:
    assert isinstance(read_event(json.dumps(GOOD).encode()), OccupantLeft)
    with pytest.raises(JunkEvent):
        read_event(json.dumps(GOOD | change).encode())


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"\xff", b"[" * 100_000, b" " * 2_000_001, b'{"a": NaN}'])
def test_junk_bytes(body: bytes) -> None:
    with pytest.raises(JunkEvent):
        read_event(body)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity"])
def test_a_number_that_cannot_be_said_again_is_junk(number: str) -> None:
    body = next(call["body"] for _, call in CALLS if '"occupant":{' in call["body"].replace(" ", ""))
    assert read_event(body.encode())
    odd_body = body.replace('"occupant"', f'"of_no_use": {number}, "occupant"', 1)
    with pytest.raises(JunkEvent):
        read_event(odd_body.encode())


odd = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1.5,
        1e300,
        1795377034,
        "",
        "x",
        "a\x00\ud800",
        [],
        {},
        [1],
        {"id": "\x00"},
        [GOOD["occupant"]],
        {**GOOD["occupant"], "x": [1]},
    ]
)  # type: ignore[dict-item]


@given(
    st.dictionaries(st.sampled_from([*GOOD, "all_occupants", "created_at", "destroyed_at", "is_breakout"]), odd),
    st.dictionaries(st.sampled_from(["occupant_jid", "joined_at", "left_at", "id", "\x00"]), odd),
    st.sampled_from(sorted(events.PATHS)),
)
def test_nothing_raises_anything_else(change: dict[str, Any], occupant: dict[str, Any], name: str) -> None:
    body = {**GOOD, "occupant": {**GOOD["occupant"], **occupant}, **change, "event_name": name}  # type: ignore[dict-item]
    try:
        event = read_event(json.dumps(body).encode())
    except JunkEvent as junk:
        assert str(junk)
    else:
        again = json.dumps(event_body(event), ensure_ascii=False).encode()
        assert b"\\u0000" not in again
        assert read_event(again) == event
