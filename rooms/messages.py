"""The messages between the service and an endpoint, version 1, and the codes a connection ends with.

(pure) Joining and leaving is desired state (`Want`, the agenda), not an order; what a device did comes as numbered
events that are acknowledged cumulatively.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

VERSION = 1
SUBPROTOCOL = "confsvc.v1"

CLOSE_BAD_TOKEN = 4401  # bad or expired: refresh once
CLOSE_REVOKED = 4403  # wipe and show the pairing code
CLOSE_SLOW = 4408  # the queue is full or a send is stuck: come back and resume
CLOSE_REPLACED = 4409  # a newer connection of the same endpoint
CLOSE_TOO_MANY = 4429  # too many messages
CLOSE_RESTART = 1012
CLOSE_TRY_LATER = 1013
CLOSE_CODES = (
    CLOSE_BAD_TOKEN, CLOSE_REVOKED, CLOSE_SLOW, CLOSE_REPLACED, CLOSE_TOO_MANY, CLOSE_RESTART, CLOSE_TRY_LATER,
)  # fmt: skip

STATES = (
    "unpaired", "pairing", "idle", "precheck", "countdown", "joining", "in_meeting", "reconnecting", "leaving", "error",
    "maintenance", "revoked",
)  # fmt: skip
EVENT_TYPES = (
    "joined", "left", "kicked", "error", "precheck", "device_changed", "crash", "offline", "online", "screen",
    "quality",
)  # fmt: skip
DEVICE_STATES = ("ok", "warn", "fail", "off", "unknown")
MOST_EVENTS = 200


@dataclass(frozen=True)
class Clock:
    """The device's clocks: ``wall`` as it believes, ``mono`` milliseconds that never jump."""

    wall: datetime
    mono: int


@dataclass(frozen=True)
class Unsent:
    """The numbers of the events that the device still holds, both inclusive."""

    first: int
    last: int


@dataclass(frozen=True)
class AgendaState:
    etag: str
    changed: bool


@dataclass(frozen=True)
class Flags:
    maintenance: bool = False


@dataclass(frozen=True)
class Event:
    """One thing that happened at the device; (endpoint, boot, ``seq``) is its key. ``type``: one of EVENT_TYPES, or a
    word of a newer device, which is kept. ``at`` is the device's own clock and may be years off."""

    seq: int
    at: datetime
    mono: int
    type: str
    conference: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hello:
    """First message of a device, with what it has and wants resumed. ``endpoint_id`` is the endpoint's public key."""

    t: ClassVar[str] = "hello"
    token: str = field(repr=False)
    endpoint_id: str
    boot: str
    app: str
    state: str
    clock: Clock
    conference: str | None = None
    agenda_etag: str | None = None
    cmd_seen: str | None = None
    ev: Unsent | None = None
    caps: tuple[str, ...] = ()
    v: int = VERSION


@dataclass(frozen=True)
class Welcome:
    """``ev_ack``: the last event stored of this boot; ``hb``: seconds between beats; ``spread``: seconds."""

    t: ClassVar[str] = "welcome"
    server_time: datetime
    agenda: AgendaState
    ev_ack: int
    hb: int = 25
    spread: int = 20
    cfg_rev: int = 0
    resume: bool = True
    cmds: tuple[Mapping[str, Any], ...] = ()
    flags: Flags = Flags()


@dataclass(frozen=True)
class AgendaHint:
    """The agenda changed: fetch it after a random time within ``spread`` seconds."""

    t: ClassVar[str] = "agenda"
    etag: str
    spread: int = 20


@dataclass(frozen=True)
class Want:
    """Where the device should be: in ``conference`` or, with None, in none. The highest ``rev`` wins."""

    t: ClassVar[str] = "want"
    nulls: ClassVar[frozenset[str]] = frozenset({"conference"})
    rev: int
    conference: str | None
    ticket: str | None = field(default=None, repr=False)
    deadline: datetime | None = None


@dataclass(frozen=True)
class Events:
    t: ClassVar[str] = "ev"
    boot: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Ack:
    """Every event of ``boot`` up to ``seq`` is stored."""

    t: ClassVar[str] = "ack"
    boot: str
    seq: int


@dataclass(frozen=True)
class BeatAck:
    t: ClassVar[str] = "ack"
    n: int
    server_time: datetime


@dataclass(frozen=True)
class Beat:
    """How the device is. Per cent: cpu, mem, loss; °C: temp; ms: rtt, clock_off; ``outbox``: events unsent."""

    t: ClassVar[str] = "beat"
    n: int
    state: str
    conference: str | None = None
    mic: str | None = None
    cam: str | None = None
    spk: str | None = None
    cpu: float | None = None
    mem: float | None = None
    temp: float | None = None
    rtt: float | None = None
    loss: float | None = None
    up_kbps: float | None = None
    down_kbps: float | None = None
    outbox: int | None = None
    clock_off: float | None = None
    disp: str | None = None


@dataclass(frozen=True)
class Bye:
    """The connection ends; ``code`` is one of CLOSE_CODES, ``retry_after`` seconds."""

    t: ClassVar[str] = "bye"
    code: int
    reason: str = ""
    retry_after: int | None = None


FromEndpoint = Hello | Events | Beat
FromService = Welcome | AgendaHint | Want | Ack | BeatAck | Bye
