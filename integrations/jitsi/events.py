"""What Prosody's event_sync component tells: rooms that begin and end, people who come and go.

Calls come repeated, late and in any order, without an id. So every event carries a natural ``key`` (a repeat has the
same one), all times are taken from the payload, and the occupants of a *destroyed* are presences with the same key as
in their own *joined* and *left*: whatever arrives first, the result is the same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MAX_BODY = 2_000_000
MAX_OCCUPANTS = 5_000
MAX_TEXT = 1_000
MAX_USER_KEYS = 40
_OWN = frozenset({"occupant_jid", "joined_at", "left_at", "total_dominant_speaker_time"})
#: Path below the API prefix for each event's name.
PATHS = {
    "muc-room-created": "/events/room/created",
    "muc-room-destroyed": "/events/room/destroyed",
    "muc-occupant-joined": "/events/occupant/joined",
    "muc-occupant-left": "/events/occupant/left",
}


class JunkEvent(ValueError):
    """Not an event as event_sync sends it. Answer below 500: a repeat would be junk again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where: ``room_jid`` and ``room_name`` of the main room, also for a breakout room, which has an own id too.

    ``room_name`` keeps a tenant's brackets; ``jitsi_name`` has none.
    """

    room_jid: str
    room_name: str
    breakout_id: str | None = None

    @property
    def jitsi_name(self) -> str:
        return self.room_name.rpartition("]")[2] if self.room_name.startswith("[") else self.room_name

    @property
    def key(self) -> str:
        return f"{self.room_jid}/{self.breakout_id}" if self.breakout_id else self.room_jid


@dataclass(frozen=True, slots=True)
class Presence:
    """One connection's stay. ``user``: what its token said (id, name, email, moderator and our own keys), else empty.

    A connection that leaves and comes back keeps its JID, so the join time is part of the key.
    """

    place: Place
    occupant_jid: str
    joined_at: datetime
    left_at: datetime | None = None
    user: Mapping[str, str | bool | int | float] = field(default_factory=dict)
    speaker_ms: int | None = None

    @property
    def user_id(self) -> str | None:
        """``context.user.id`` of the ticket; None for a guest."""
        value = self.user.get("id")
        return value if isinstance(value, str) else None

    @property
    def key(self) -> str:
        return f"{self.place.key}|{self.occupant_jid}|{int(self.joined_at.timestamp())}"


@dataclass(frozen=True, slots=True)
class RoomCreated:
    """An XMPP room began. It is not yet a meeting: count from occupants."""

    place: Place
    at: datetime

    @property
    def key(self) -> str:
        return f"created|{self.place.key}|{int(self.at.timestamp())}"


@dataclass(frozen=True, slots=True)
class OccupantJoined:
    """``count``: how many were in after it."""

    place: Place
    presence: Presence
    count: int

    @property
    def at(self) -> datetime:
        return self.presence.joined_at

    @property
    def key(self) -> str:
        return f"joined|{self.presence.key}"


@dataclass(frozen=True, slots=True)
class OccupantLeft:
    """``presence.left_at`` is when Prosody noticed: up to 60 s late when the line was cut."""

    place: Place
    presence: Presence
    count: int

    @property
    def at(self) -> datetime:
        return self.presence.left_at or self.presence.joined_at

    @property
    def key(self) -> str:
        return f"left|{self.presence.key}"


@dataclass(frozen=True, slots=True)
class RoomDestroyed:
    """An XMPP room ended; people may come back and make it anew. ``presences`` is the authoritative summary."""

    place: Place
    created_at: datetime
    at: datetime
    presences: tuple[Presence, ...]

    @property
    def key(self) -> str:
        return f"destroyed|{self.place.key}|{int(self.created_at.timestamp())}"


RoomEvent = RoomCreated | OccupantJoined | OccupantLeft | RoomDestroyed


def read_event(body: bytes) -> RoomEvent:
    """One event_sync body; unknown fields are ignored; raises JunkEvent."""
    if len(body) > MAX_BODY:
        raise JunkEvent(f"the body is longer than {MAX_BODY} bytes")
    try:
        data = json.loads(body, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as exc:
        raise JunkEvent("the body is not JSON") from exc
    if not isinstance(data, dict):
        raise JunkEvent("the body is not a JSON object")
    name = data.get("event_name")
    place = _place(data)
    if name == "muc-room-created":
        return RoomCreated(place, _time(data, "created_at"))
    if name == "muc-room-destroyed":
        return RoomDestroyed(place, _time(data, "created_at"), _time(data, "destroyed_at"), _occupants(data, place))
    if name not in ("muc-occupant-joined", "muc-occupant-left"):
        raise JunkEvent("event_name is not one of event_sync's four")
    presence = _presence(data.get("occupant"), place)
    count = data.get("active_occupants_count", 0)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= 100_000:
        raise JunkEvent("active_occupants_count is not a small number")
    if name == "muc-occupant-joined":
        return OccupantJoined(place, presence, count)
    if presence.left_at is None:
        raise JunkEvent("left_at is missing")
    return OccupantLeft(place, presence, count)


def _place(data: Mapping[str, Any]) -> Place:
    breakout = data.get("is_breakout", False)
    if not isinstance(breakout, bool):
        raise JunkEvent("is_breakout is not true or false")
    return Place(
        _text(data, "room_jid"), _text(data, "room_name"), _text(data, "breakout_room_id") if breakout else None
    )


def _occupants(data: Mapping[str, Any], place: Place) -> tuple[Presence, ...]:
    found = data.get("all_occupants", [])
    if found == {}:  # Lua cannot tell an empty list from an empty object
        return ()
    if not isinstance(found, list) or len(found) > MAX_OCCUPANTS:
        raise JunkEvent(f"all_occupants is not a list of at most {MAX_OCCUPANTS}")
    return tuple(_presence(item, place) for item in found)


def _presence(data: Any, place: Place) -> Presence:
    if not isinstance(data, dict):
        raise JunkEvent("occupant is missing")
    user = {
        _storable(key): _storable(value) if isinstance(value, str) else value
        for key, value in data.items()
        if key not in _OWN and isinstance(value, str | bool | int | float)
    }
    if len(user) > MAX_USER_KEYS or any(len(key) > 100 or len(str(value)) > MAX_TEXT for key, value in user.items()):
        raise JunkEvent("occupant says more about its user than fits")
    speaker = data.get("total_dominant_speaker_time")
    return Presence(
        place,
        _text(data, "occupant_jid"),
        _time(data, "joined_at"),
        _time(data, "left_at") if data.get("left_at") is not None else None,
        user,
        int(speaker) if isinstance(speaker, int | float) and 0 <= speaker < 1e12 else None,
    )


def _storable(text: str) -> str:
    """Without what neither database stores: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _finite(digits: str) -> float:
    """1e400 reads as infinity, which JSON cannot say again and PostgreSQL does not store."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value or len(value) > MAX_TEXT or not value.isprintable():
        raise JunkEvent(f"{name} is not a text of 1 to {MAX_TEXT} characters")
    return value


def _time(data: Mapping[str, Any], name: str) -> datetime:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 946_684_800 <= value < 4_102_444_800:
        raise JunkEvent(f"{name} is not seconds between 2000 and 2100")
    return datetime.fromtimestamp(int(value), UTC)
