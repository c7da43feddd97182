"""Prosody's reservation calls: reading its question, wording our answer.

Prosody is the HTTP client here. Four traps are closed by construction: the id is a URL-safe string, optional keys are
left out and never null, an error body is always ``{"message": "<string>"}`` (anything else can silence a room until
Prosody restarts), and ``mail_owner`` is a random connection, not a user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

MAX_BODY = 4096
MAX_NAME = 1024
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_TENANT = re.compile(r"\[([^\[\]]+)\](.+)\Z", re.DOTALL)
FIELDS = ("name", "start_time", "mail_owner")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?\Z")


class JunkCall(ValueError):
    """A call that is not what Prosody sends; its text is clear enough for a log and harmless in an answer."""


@dataclass(frozen=True, slots=True)
class RoomQuestion:
    """May this room open? ``name``: as sent, to be echoed. ``jitsi_name``: without the tenant's brackets.

    ``asked_at``: Prosody's clock at the first attempt (retries repeat it), not the booked start.
    """

    name: str
    tenant: str | None
    jitsi_name: str
    asked_at: datetime
    mail_owner: str


def read_question(body: bytes) -> RoomQuestion:
    """The form body of POST /conference, fields in any order; raises JunkCall."""
    if len(body) > MAX_BODY:
        raise JunkCall(f"the body is longer than {MAX_BODY} bytes")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20
        )
    except ValueError as exc:
        raise JunkCall("the body is not a form") from exc
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise JunkCall("a field came twice")
    for field in FIELDS:
        if not fields.get(field):
            raise JunkCall(f"the field {field} is missing")
        if len(fields[field]) > MAX_NAME or not fields[field].isprintable():
            raise JunkCall(f"the field {field} is too long or not printable")
    name = fields["name"]
    tenant, node = (found[1], found[2]) if (found := _TENANT.match(name)) else (None, name)
    return RoomQuestion(name, tenant, node, read_time(fields["start_time"]), fields["mail_owner"])


def success_body(
    *,
    reservation_id: str,
    name: str,
    mail_owner: str,
    starts: datetime,
    duration: timedelta,
    max_occupants: int | None = None,
    lobby: bool | None = None,
    password: str | None = None,
) -> dict[str, Any]:
    """Body of a 200: ``starts`` as booked, ``duration`` to the latest end (Prosody cuts there and never asks again).

    ``name`` and ``mail_owner`` are echoed from the question. ValueError for an id that breaks Prosody's URLs.
    """
    if not _ID.match(reservation_id):
        raise ValueError(f"a reservation id is 1 to 128 of A-Z a-z 0-9 _ -, not {reservation_id!r}")
    if duration <= timedelta(0):
        raise ValueError("a reservation lasts longer than nothing")
    if max_occupants is not None and max_occupants < 1:
        raise ValueError("max_occupants is at least 1")
    body: dict[str, Any] = {
        "id": reservation_id,
        "name": name,
        "mail_owner": mail_owner,
        "start_time": write_time(starts),
        "duration": int(duration.total_seconds()),
    }
    optional = {"max_occupants": max_occupants, "lobby": lobby, "password": password or None}
    return body | {key: value for key, value in optional.items() if value is not None}


def error_body(message: str) -> dict[str, str]:
    """Body of every 4xx and 5xx on these routes; the text reaches the person in front of the screen."""
    return {"message": str(message)}


def conflict_body(reservation_id: str) -> dict[str, str]:
    """Body of a 409: Prosody then asks GET /conference/<id> and takes only a 200."""
    if not _ID.match(reservation_id):
        raise ValueError(f"not a reservation id: {reservation_id!r}")
    return {"conflict_id": reservation_id}


def write_time(at: datetime) -> str:
    """Prosody's own form, ``2026-11-22T20:07:29.000Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def read_time(text: str) -> datetime:
    """Prosody's reading: fraction dropped, offset understood, no zone means UTC; raises JunkCall."""
    found = _TIME.match(text)
    if not found:
        raise JunkCall("start_time is not a time")
    try:
        return datetime.fromisoformat(found[1] + (found[2] or "Z").replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise JunkCall("start_time is not a time") from exc
