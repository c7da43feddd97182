"""How Prosody's reservation module reads our answers, with its mistakes (measured; handbook reservation.md)."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from confsvc.simulate.lua import number

REJECTED = "Rejected by reservation server"
INVALID = "Invalid response from reservation server"
TIMED_OUT = "Reservation lookup timed out"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d*)?(Z|[+-]\d\d:?\d\d|)")


class LuaError(Exception):
    """The callback dies: the reservation stays pending and nobody who asks is ever answered."""


@dataclass(frozen=True)
class Granted:
    """A success answer as kept: ``id`` is whatever JSON value came, ``starts`` and ``expires`` are aware UTC."""

    id: Any
    starts: datetime
    expires: datetime
    max_occupants: int | None
    password: str | None


def parse_success(body: bytes, node: str) -> Granted | None:
    """The granted reservation, None where Prosody says "Invalid response", LuaError where it breaks."""
    data = _decoded(body)
    if data is _NOT_JSON or isinstance(data, list | str):
        return None
    if not isinstance(data, dict):
        raise LuaError("the answer is a bare value")
    if "name" not in data:
        return None
    if not isinstance(data["name"], str):
        raise LuaError("name is no string")
    if data["name"].lower() != node or not {"id", "mail_owner"} <= data.keys():
        return None
    duration = number(data.get("duration"))
    starts = _time(data.get("start_time"))
    if duration is None or starts is None:
        return None
    limit, password = number(data.get("max_occupants", math.inf)), data.get("password", "")
    if limit is None or limit < 1 or (limit != math.inf and limit % 1) or not isinstance(password, str):
        return None
    try:
        expires = starts + timedelta(seconds=duration)
    except (OverflowError, ValueError):
        return None
    return Granted(data["id"], starts, expires, None if limit == math.inf else int(limit), password or None)


def parse_conflict(body: bytes) -> Any:
    """The ``conflict_id`` of a 409, None where there is none; LuaError as above."""
    data = _decoded(body)
    if data is None or isinstance(data, bool | int | float):
        raise LuaError("the answer is a bare value")
    return data.get("conflict_id") if isinstance(data, dict) else None


def parse_refusal(body: bytes) -> str | None:
    """The text for the client; None where sending it raises (a message that is no string); LuaError as above."""
    data = _decoded(body)
    if data is _NOT_JSON or isinstance(data, list | str):
        return REJECTED
    if not isinstance(data, dict):
        raise LuaError("the answer is a bare value")
    if "message" not in data:
        return REJECTED
    return data["message"] if isinstance(data["message"], str) else None


_NOT_JSON = object()


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return _NOT_JSON


def _time(value: object) -> datetime | None:
    """XEP-0082 as Prosody reads it: the fraction is dropped, no zone means UTC; not a string breaks the callback."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise LuaError("start_time is no string")
    found = _TIME.fullmatch(value)
    if found is None:
        return None
    try:
        parsed = datetime.fromisoformat(found[1] + (found[2] or "Z"))
    except ValueError:
        return None
    return parsed.astimezone(UTC)
