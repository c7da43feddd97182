"""Endpoint messages: there and back without loss, and nothing outside the bounds gets in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms import messages as m
from rooms.protocol import ProtocolError, encode, from_endpoint, from_service

BOOT = "0193f0a4-6f5e-7cc1-9d0e-0123456789ab"
AT = "2026-11-24T01:00:00.250Z"
HELLO: dict[str, Any] = {
    "t": "hello",
    "v": 1,
    "token": "secret-token",
    "endpoint_id": "ep1",
    "boot": BOOT,
    "app": "1.4.2",
    "state": "idle",
    "agenda_etag": '"abc"',
    "cmd_seen": None,
    "ev": {"first": 31, "last": 36},
    "caps": ["volume", "screenshot"],
    "clock": {"wall": AT, "mono": 8211},
}
EVENT: dict[str, Any] = {"seq": 31, "at": AT, "mono": 9000, "type": "joined", "conference": "c1"}
EVENTS: dict[str, Any] = {"t": "ev", "boot": BOOT, "events": [EVENT]}
BEAT: dict[str, Any] = {"t": "beat", "n": 3, "state": "in_meeting", "conference": "c1", "cam": "ok", "rtt": 12.5}

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
keys = texts.filter(bool)
instants = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
wholes = st.integers(0, 2**53 - 1)
boots = st.uuids().map(str)
percents = st.none() | st.floats(0, 100)
small = st.dictionaries(texts, texts | st.integers(-100, 100) | st.booleans(), max_size=4)

hellos = st.builds(
    m.Hello,
    token=keys,
    endpoint_id=keys,
    boot=boots,
    app=st.text("0123456789.", max_size=32),
    state=st.sampled_from(m.STATES),
    clock=st.builds(m.Clock, instants, wholes),
    conference=st.none() | texts,
    agenda_etag=st.none() | texts,
    cmd_seen=st.none() | texts,
    ev=st.none() | st.builds(lambda a, n: m.Unsent(a, a + n), st.integers(1, 10**9), st.integers(0, 2000)),
    caps=st.lists(st.text("abc_", max_size=32), max_size=32).map(tuple),
    v=st.just(1),
)
events = st.builds(
    m.Event,
    seq=st.integers(1, 2**53 - 1),
    at=instants,
    mono=wholes,
    type=st.sampled_from(m.EVENT_TYPES),
    conference=st.none() | texts,
    data=small,
)
beats = st.builds(
    m.Beat,
    n=wholes,
    state=st.sampled_from(m.STATES),
    conference=st.none() | texts,
    mic=st.none() | st.sampled_from(m.DEVICE_STATES),
    cam=st.none() | st.sampled_from(m.DEVICE_STATES),
    spk=st.none(),
    cpu=percents,
    mem=percents,
    temp=st.none() | st.floats(-60, 200),
    rtt=st.none() | st.floats(0, 600_000),
    loss=percents,
    up_kbps=st.none(),
    down_kbps=st.none() | st.floats(0, 10_000_000),
    outbox=st.none() | st.integers(0, 1_000_000),
    clock_off=st.none() | st.floats(-(2**41), 2**41),
    disp=st.none(),
)
from_endpoints = hellos | st.builds(m.Events, boots, st.lists(events, min_size=1, max_size=4).map(tuple)) | beats
from_services = st.one_of(
    st.builds(
        m.Welcome,
        server_time=instants,
        agenda=st.builds(m.AgendaState, texts, st.booleans()),
        ev_ack=wholes,
        hb=st.integers(1, 600),
        spread=st.integers(0, 3600),
        cfg_rev=wholes,
        resume=st.booleans(),
        cmds=st.lists(small, max_size=3).map(tuple),
        flags=st.builds(m.Flags, st.booleans()),
    ),
    st.builds(m.AgendaHint, texts, st.integers(0, 3600)),
    st.builds(
        m.Want, rev=wholes, conference=st.none() | texts, ticket=st.none() | texts, deadline=st.none() | instants
    ),
    st.builds(m.Ack, boots, wholes),
    st.builds(m.BeatAck, wholes, instants),
    st.builds(m.Bye, st.sampled_from(m.CLOSE_CODES), texts, st.none() | st.integers(0, 86_400)),
)


@given(from_endpoints)
def test_what_an_endpoint_sends_comes_back_the_same(message: m.FromEndpoint) -> None:
    assert from_endpoint(encode(message)) == message
    assert from_endpoint(encode(message).encode()) == message


@given(from_services)
def test_what_the_service_sends_comes_back_the_same(message: m.FromService) -> None:
    assert from_service(encode(message)) == message


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_noise_is_refused_and_nothing_worse(noise: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        from_endpoint(noise)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([HELLO, EVENTS, BEAT]), st.data())
def test_any_value_in_any_field_gives_a_message_or_a_named_refusal(base: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(base)))
    raw = json.dumps({**base, name: data.draw(json_values)})
    try:
        message = from_endpoint(raw)
    except ProtocolError as error:
        assert error.field.split(".")[0] in (name, "message")
    else:
        assert message is None or from_endpoint(encode(message)) == message


def test_a_hello_as_a_device_writes_it() -> None:
    hello = from_endpoint(json.dumps(HELLO))
    assert isinstance(hello, m.Hello)
    assert hello.ev == m.Unsent(31, 36)
    assert hello.clock == m.Clock(datetime(2026, 11, 24, 1, 0, 0, 250_000, tzinfo=UTC), 8211)
    assert "secret-token" not in repr(hello)


def test_want_says_null_and_leaves_out_the_rest() -> None:
    assert json.loads(encode(m.Want(rev=17, conference=None))) == {"t": "want", "rev": 17, "conference": None}
    with pytest.raises(ProtocolError, match="conference: missing"):
        from_service('{"t":"want","rev":17}')


def test_a_device_whose_clock_says_1970_is_still_heard() -> None:
    early = {**EVENT, "at": "1970-01-01T00:00:09Z"}
    message = from_endpoint(json.dumps({**EVENTS, "events": [early]}))
    assert isinstance(message, m.Events)
    assert message.events[0].at.year == 1970


@pytest.mark.parametrize("kind", ["cmd_res", "from_next_year", "welcome"])
def test_a_type_that_is_unknown_or_not_the_devices_to_send_is_passed_over(kind: str) -> None:
    assert from_endpoint(json.dumps({"t": kind, "id": 5})) is None


def test_unknown_fields_and_new_event_words_are_passed_over() -> None:
    message = from_endpoint(json.dumps({**EVENTS, "new": 1, "events": [{**EVENT, "type": "lid_closed", "x": []}]}))
    assert isinstance(message, m.Events)
    assert message.events[0].type == "lid_closed"


def nested(levels: int) -> Any:
    return {"x": nested(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"v": 2}, "v"),
        ({"v": True}, "v"),
        ({"token": ""}, "token"),
        ({"token": "x" * 513}, "token"),
        ({"token": 7}, "token"),
        ({"boot": "not-a-uuid"}, "boot"),
        ({"state": "asleep"}, "state"),
        ({"conference": "c" * 65}, "conference"),
        ({"conference": "a\x00b"}, "message"),
        ({"ev": {"first": 9, "last": 8}}, "ev.last"),
        ({"ev": {"first": 1.0, "last": 8}}, "ev.first"),
        ({"ev": [1, 2]}, "ev"),
        ({"caps": ["x"] * 33}, "caps"),
        ({"caps": [1]}, "caps.0"),
        ({"clock": {"wall": "2026-11-24T01:00:00", "mono": 1}}, "clock.wall"),
        ({"clock": {"wall": "2026-11-24", "mono": 1}}, "clock.wall"),
        ({"clock": {"wall": "0001-01-01T00:00:00+14:00", "mono": 1}}, "clock.wall"),
        ({"clock": {"wall": AT, "mono": -1}}, "clock.mono"),
        ({"clock": {"wall": AT, "mono": 2**53}}, "clock.mono"),
        ({"clock": {"wall": AT}}, "clock.mono"),
        ({"extra": nested(7)}, "message"),
    ],
)
def test_a_wrong_hello_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        from_endpoint(json.dumps({**HELLO, **change}))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("events", "field"),
    [
        ([], "events"),
        ([{"seq": 1}] * 201, "events"),
        ([EVENT, {**EVENT, "seq": 0}], "events.1.seq"),
        ([EVENT, 5], "events.1"),
        ([{**EVENT, "type": "Joined!"}], "events.0.type"),
        ([{**EVENT, "data": {str(i): i for i in range(33)}}], "events.0.data"),
    ],
)
def test_wrong_events_are_refused_by_place(events: list[Any], field: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        from_endpoint(json.dumps({**EVENTS, "events": events}))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("[" * 30_000, "not_json"),
        ('{"a":' * 6_000 + "1" + "}" * 6_000, "too_large"),
        ('{"t":"beat","n":' + "9" * 5_000 + "}", "not_json"),
        ('{"t":"beat","n":1,"state":"idle","cpu":NaN}', "not_json"),
        ('{"t":"beat","n":1,"state":"idle","cpu":1e999}', "out_of_range"),
        ('{"t":"beat","x":[' + "9" * 4_000 + "]}", "out_of_range"),
        ('{"t":"beat","x":"\\ud800"}', "bad_text"),
        ('"' + "ă" * 20_000 + '"', "too_large"),
        (b'{"t":"\xff"}', "not_json"),
        ("[]", "not_an_object"),
        ("", "not_json"),
    ],
)
def test_hostile_text_is_refused_before_it_is_used(raw: str | bytes, code: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        from_endpoint(raw)
    assert (caught.value.field, caught.value.code) == ("message", code)


def test_the_largest_batch_of_plain_events_fits() -> None:
    batch = m.Events(
        BOOT, tuple(m.Event(i, datetime(2026, 11, 24, tzinfo=UTC), i, "joined", "c" * 22) for i in range(1, 201))
    )
    assert from_endpoint(encode(batch)) == batch
