"""Endpoint messages to and from JSON text, strictly and within bounds.

(pure) A type that this version does not know, or that the other side may not send, is passed over and not refused;
a known one with a wrong field is refused, naming the field. The shapes are in messages.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from rooms.messages import (
    DEVICE_STATES,
    MOST_EVENTS,
    STATES,
    VERSION,
    Ack,
    AgendaHint,
    AgendaState,
    Beat,
    BeatAck,
    Bye,
    Clock,
    Event,
    Events,
    Flags,
    FromEndpoint,
    FromService,
    Hello,
    Unsent,
    Want,
    Welcome,
)
from rooms.wire import Fields, ProtocolError, load

M = TypeVar("M")

_WORD = re.compile(r"[a-z][a-z_]{0,31}")
_KEY, _ETAG, _TOKEN, _TICKET = 64, 128, 512, 8192  # longest texts
_MOST_CMDS, _MOST_CAPS, _MOST_DATA_KEYS = 50, 32, 32
_FAR_MS = 2**41  # a clock that is seventy years off is still reported


def from_endpoint(raw: str | bytes) -> FromEndpoint | None:
    """What a device sent; None for a type not known here. ProtocolError for everything that cannot be used."""
    return _parse(raw, _ENDPOINT_SENDS)


def from_service(raw: str | bytes) -> FromService | None:
    """What the service sent, as an endpoint without a browser reads it; None and errors as in `from_endpoint`."""
    return _parse(raw, _SERVICE_SENDS)


def encode(message: FromEndpoint | FromService) -> str:
    """JSON text. Fields that are None are left out, except where null has a meaning (``want.conference``)."""
    return json.dumps({"t": message.t, **_object(message)}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _parse(raw: str | bytes, readers: Mapping[str, Callable[[Fields], M]]) -> M | None:
    fields_ = Fields(load(raw))
    reader = readers.get(fields_.text("t", 32))
    return None if reader is None else reader(fields_)


def _hello(f: Fields) -> Hello:
    if f.whole("v") != VERSION:
        raise f.wrong("v", "unknown_version")
    return Hello(
        token=f.text("token", _TOKEN, 1),
        endpoint_id=f.text("endpoint_id", _KEY, 1),
        boot=f.uuid("boot"),
        app=f.text("app", 32),
        state=f.choice("state", STATES),
        clock=_clock(f.child("clock")),
        conference=f.maybe_text("conference", _KEY),
        agenda_etag=f.maybe_text("agenda_etag", _ETAG),
        cmd_seen=f.maybe_text("cmd_seen", _KEY),
        ev=f.maybe("ev", _unsent),
        caps=f.texts("caps", _MOST_CAPS, 32),
    )


def _clock(f: Fields) -> Clock:
    return Clock(f.instant("wall"), f.whole("mono"))


def _unsent(f: Fields) -> Unsent:
    first = f.whole("first", 1)
    return Unsent(first, f.whole("last", first))


def _events(f: Fields) -> Events:
    return Events(f.uuid("boot"), tuple(_event(each) for each in f.children("events", MOST_EVENTS, 1)))


def _event(f: Fields) -> Event:
    return Event(
        seq=f.whole("seq", 1),
        at=f.instant("at"),
        mono=f.whole("mono"),
        type=f.matching("type", _WORD),
        conference=f.maybe_text("conference", _KEY),
        data=f.json("data", _MOST_DATA_KEYS),
    )


def _beat(f: Fields) -> Beat:
    return Beat(
        n=f.whole("n"),
        state=f.choice("state", STATES),
        conference=f.maybe_text("conference", _KEY),
        mic=f.maybe_choice("mic", DEVICE_STATES),
        cam=f.maybe_choice("cam", DEVICE_STATES),
        spk=f.maybe_choice("spk", DEVICE_STATES),
        cpu=f.maybe_number("cpu", 0, 100),
        mem=f.maybe_number("mem", 0, 100),
        temp=f.maybe_number("temp", -60, 200),
        rtt=f.maybe_number("rtt", 0, 600_000),
        loss=f.maybe_number("loss", 0, 100),
        up_kbps=f.maybe_number("up_kbps", 0, 10_000_000),
        down_kbps=f.maybe_number("down_kbps", 0, 10_000_000),
        outbox=f.maybe_whole("outbox", 0, 1_000_000),
        clock_off=f.maybe_number("clock_off", -_FAR_MS, _FAR_MS),
        disp=f.maybe_choice("disp", DEVICE_STATES),
    )


def _welcome(f: Fields) -> Welcome:
    agenda = f.child("agenda")
    return Welcome(
        server_time=f.instant("server_time"),
        agenda=AgendaState(agenda.text("etag", _ETAG), agenda.flag("changed")),
        ev_ack=f.whole("ev_ack"),
        hb=f.whole("hb", 1, 600),
        spread=f.whole("spread", 0, 3600),
        cfg_rev=f.whole("cfg_rev"),
        resume=f.flag("resume"),
        cmds=f.objects("cmds", _MOST_CMDS, _MOST_DATA_KEYS),
        flags=f.maybe("flags", lambda flags: Flags(flags.flag("maintenance", default=False))) or Flags(),
    )


def _agenda(f: Fields) -> AgendaHint:
    return AgendaHint(f.text("etag", _ETAG), f.whole("spread", 0, 3600))


def _want(f: Fields) -> Want:
    return Want(
        rev=f.whole("rev"),
        conference=f.text_or_null("conference", _KEY),
        ticket=f.maybe_text("ticket", _TICKET),
        deadline=f.maybe_instant("deadline"),
    )


def _ack(f: Fields) -> Ack | BeatAck:
    if f.has("n"):
        return BeatAck(f.whole("n"), f.instant("server_time"))
    return Ack(f.uuid("boot"), f.whole("seq"))


def _bye(f: Fields) -> Bye:
    return Bye(f.whole("code", 1000, 4999), f.maybe_text("reason", 256) or "", f.maybe_whole("retry_after", 0, 86_400))


_ENDPOINT_SENDS: dict[str, Callable[[Fields], FromEndpoint]] = {"hello": _hello, "ev": _events, "beat": _beat}
_SERVICE_SENDS: dict[str, Callable[[Fields], FromService]] = {
    "welcome": _welcome,
    "agenda": _agenda,
    "want": _want,
    "ack": _ack,
    "bye": _bye,
}


def _object(message: Any) -> dict[str, Any]:
    nulls = getattr(message, "nulls", ())
    values = {field.name: getattr(message, field.name) for field in fields(message)}
    return {name: _plain(value) for name, value in values.items() if value is not None or name in nulls}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _object(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


__all__ = ["ProtocolError", "encode", "from_endpoint", "from_service"]
