"""Prosody's part in the talk with us: what it asks, how it reads our answers, what it tells.

Behaviour is that of the recorded Prosody, its traps included. Written apart from the simulated Jitsi, so that our own
answers are judged twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.jitsi.events import OccupantJoined, OccupantLeft, Presence, RoomCreated, RoomDestroyed, RoomEvent
from integrations.jitsi.reservation import FIELDS, RoomQuestion, read_time, write_time


@dataclass(frozen=True, slots=True)
class Granted:
    """What Prosody keeps of a success. ``expires``: when its 60 s tick will destroy the room."""

    reservation_id: str
    starts: datetime
    expires: datetime
    max_occupants: int | None
    lobby: bool | None
    password: str | None


class AnswerRefused(Exception):
    """Our answer means no, or cannot be read. ``code`` and ``text`` are what the person in the browser sees."""

    def __init__(self, code: int, text: str, *, hangs: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.hangs = hangs


def question_body(question: RoomQuestion, order: Sequence[str] = FIELDS) -> bytes:
    """The form as Prosody writes it: lower-case hex escapes, fields in the given order."""
    values = {"name": question.name, "start_time": write_time(question.asked_at), "mail_owner": question.mail_owner}
    return "&".join(f"{field}={_escaped(values[field])}" for field in order).encode("ascii")


def read_answer(status: int, body: bytes, name: str, now: datetime) -> Granted:
    """Prosody's reading of our final answer (retries and the 409 round are the caller's); raises AnswerRefused.

    ``hangs``: a body that breaks the real Prosody inside, so that nobody is answered any more.
    """
    data = _loads(body)
    if status not in (200, 201):
        _refuse(status, data)
    try:
        if not isinstance(data, dict) or data["name"].lower() != name or not isinstance(data["mail_owner"], str):
            raise ValueError("name or mail_owner")
        starts = read_time(data["start_time"])
        expires = starts + timedelta(seconds=float(data["duration"]))
        most = data.get("max_occupants", 1)
        if most is None or isinstance(most, bool) or int(most) < 1:
            raise ValueError("max_occupants")
        if not isinstance(data.get("password", ""), str) or not isinstance(data.get("lobby", False), bool):
            raise ValueError("password or lobby")
        granted = Granted(
            _lua_id(data["id"]), starts, expires, data.get("max_occupants"), data.get("lobby"), data.get("password")
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as exc:
        raise AnswerRefused(500, "Invalid response from reservation server") from exc
    if expires <= now:
        raise AnswerRefused(419, "Reservation expired")
    return granted


def _refuse(status: int, data: Any) -> None:
    if status == 409:
        raise AnswerRefused(409, "Invalid response from reservation server")
    if data is None or isinstance(data, int | float):
        raise AnswerRefused(status, "", hangs=True)
    if not isinstance(data, Mapping) or "message" not in data:
        raise AnswerRefused(status, "Rejected by reservation server")
    if not isinstance(data["message"], str):
        raise AnswerRefused(status, "", hangs=True)
    raise AnswerRefused(status, data["message"])


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return ""  # clearly not JSON, which is harmless, unlike null


def _lua_id(value: Any) -> str:
    """An id as Lua puts it into a URL: 364758328 becomes 364758328.0."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("id")
    return value if isinstance(value, str) else f"{float(value):.14g}" + (".0" if abs(value) < 1e14 else "")


def _escaped(text: str) -> str:
    safe = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    return "".join(chr(byte) if byte in safe else f"%{byte:02x}" for byte in text.encode())


def event_body(event: RoomEvent) -> dict[str, Any]:
    """The body that event_sync sends for an event."""
    place = event.place
    body: dict[str, Any] = {
        "is_breakout": place.breakout_id is not None,
        "room_jid": place.room_jid,
        "room_name": place.room_name,
    }
    if place.breakout_id is not None:
        body["breakout_room_id"] = place.breakout_id
    match event:
        case RoomCreated():
            return body | {"event_name": "muc-room-created", "created_at": _seconds(event.at)}
        case RoomDestroyed():
            occupants = [_occupant_body(presence) for presence in event.presences]
            return body | {
                "event_name": "muc-room-destroyed",
                "created_at": _seconds(event.created_at),
                "destroyed_at": _seconds(event.at),
                "all_occupants": occupants or {},
            }
        case OccupantJoined():
            name = "muc-occupant-joined"
        case OccupantLeft():
            name = "muc-occupant-left"
    return body | {
        "event_name": name,
        "active_occupants_count": event.count,
        "occupant": _occupant_body(event.presence),
    }


def _occupant_body(presence: Presence) -> dict[str, Any]:
    body: dict[str, Any] = dict(presence.user)
    body |= {"occupant_jid": presence.occupant_jid, "joined_at": _seconds(presence.joined_at)}
    if presence.left_at is not None:
        body["left_at"] = _seconds(presence.left_at)
    if presence.speaker_ms is not None:
        body["total_dominant_speaker_time"] = presence.speaker_ms
    return body


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
