"""A new device shows a code; an operator says which room it stands in (the shape of RFC 8628).

The code is no secret: it only helps somebody who may pair to name the device that shows it. The device's own secret
(256 bits, kept as SHA-256) fetches the tokens once the operator has confirmed.
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.changes import add_change
from rooms.equipment import new_key
from rooms.errors import NotFound, Problem
from rooms.models import Endpoint, Pairing
from rooms.once import poke
from rooms.pairing_queries import (
    add_pairing,
    count_waiting,
    delete_pairings_before,
    delete_unused_tokens,
    find_live_endpoint,
    find_pairing,
    find_waiting,
    has_used_token,
    list_waiting,
    lock_room,
    set_endpoint,
    set_oldest_waiting_expired,
)
from rooms.place_queries import find_endpoint, find_room
from rooms.tokens import Refused, Tokens, digest, issue_tokens, new_secret, put_out_of_service

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
CODE_LIFE = timedelta(minutes=15)
INTERVAL = timedelta(seconds=5)
MOST_WAITING, MOST_PER_ADDRESS = 1_000, 100
WRONG_CODES, WRONG_WINDOW = 5, timedelta(minutes=1)


@dataclass(frozen=True)
class Started:
    """What the device gets: its secret, and the code for its screen ("BCDF-GHJK"). Seconds for the other two."""

    device_code: str = field(repr=False)
    user_code: str
    interval: int
    expires_in: int


class WrongCodes:
    """At most five wrong codes a minute from one operator, counted in this process."""

    def __init__(self) -> None:
        self._misses: dict[str, deque[datetime]] = {}

    def check(self, actor: str, now: datetime) -> None:
        """Raises Problem("too_many_tries", after=seconds)."""
        misses = self._misses.get(actor, deque())
        while misses and misses[0] <= now - WRONG_WINDOW:
            misses.popleft()
        if len(misses) >= WRONG_CODES:
            raise Problem("too_many_tries", after=int((misses[0] + WRONG_WINDOW - now).total_seconds()) + 1)

    def miss(self, actor: str, now: datetime) -> None:
        self._misses.setdefault(actor, deque(maxlen=WRONG_CODES)).append(now)


def start(db: Session, *, model: str, app_version: str, address: str, now: datetime) -> Started:
    """A device asks for a code. Where far too many are shown already, the oldest of this address falls out, or of the
    address that shows most: its device asks anew, and nobody can keep the others from being paired."""
    delete_pairings_before(db, now - timedelta(days=1))
    waiting = count_waiting(db, now)
    address = address[:64]
    if waiting.get(address, 0) >= MOST_PER_ADDRESS:
        set_oldest_waiting_expired(db, address, now)
    elif sum(waiting.values()) >= MOST_WAITING:
        set_oldest_waiting_expired(db, max(waiting, key=waiting.__getitem__), now)
    device_code = new_secret()
    user_code = "".join(secrets.choice(ALPHABET) for _ in range(8))
    add_pairing(
        db,
        {
            "device_sha256": digest(device_code), "user_code": user_code, "state": "waiting", "model": model[:120],
            "app_version": app_version[:32], "address": address, "started": now, "expires": now + CODE_LIFE,
        },
    )  # fmt: skip
    poke(db, "pairings")
    shown = f"{user_code[:4]}-{user_code[4:]}"
    return Started(device_code, shown, int(INTERVAL.total_seconds()), int(CODE_LIFE.total_seconds()))


def poll(db: Session, device_code: str, *, now: datetime) -> Tokens | Refused:
    """The device asks whether it was confirmed.

    Refused: authorization_pending, slow_down, access_denied, expired_token.

    Answers the tokens again if the first answer was lost, as long as the code lives and none of them was used.
    """
    pairing = find_pairing(db, digest(device_code)) if len(device_code) <= 200 else None
    if pairing is None or pairing.expires <= now:
        return Refused("expired_token")
    if pairing.state == "denied":
        return Refused("access_denied")
    if pairing.state == "waiting":
        early = pairing.last_poll is not None and now - pairing.last_poll < INTERVAL
        pairing.last_poll = now
        db.flush()
        return Refused("slow_down" if early else "authorization_pending")
    endpoint = db.get_one(Endpoint, pairing.endpoint_id, populate_existing=True)
    if endpoint.revoked_at is not None:
        return Refused("access_denied")
    if has_used_token(db, endpoint.id):
        return Refused("expired_token")
    delete_unused_tokens(db, endpoint.id)
    pairing.state = "delivered"
    db.flush()
    return issue_tokens(db, endpoint, now=now)


def normal_code(typed: str) -> str:
    """A code as an operator types it: case, spaces and dashes do not matter."""
    return "".join(c for c in typed.upper() if c.isalnum())[:16]


def confirm(
    db: Session, user_code: str, room_key: str, *, limit: WrongCodes, actor: str, now: datetime, slot: int = 1
) -> str:
    """An operator says that the device showing ``user_code`` stands in a room. Returns the endpoint's key.

    A device that was paired in that slot is revoked in the same transaction. Raises NotFound (kind room or pairing),
    Problem("too_many_tries").
    """
    limit.check(actor, now)
    pairing = find_waiting(db, normal_code(user_code), now)
    if pairing is None:
        limit.miss(actor, now)
        raise NotFound(kind="pairing")
    room = find_room(db, room_key)
    if room is None or room.retired_at is not None:
        raise NotFound(kind="room", key=room_key)
    lock_room(db, room.id)  # two operators may pair two devices for it at once: the later one replaces the earlier
    endpoint_id, key = _place(db, room.id, slot, pairing, actor=actor, now=now)
    pairing.state, pairing.endpoint_id, pairing.decided_by = "confirmed", endpoint_id, actor
    db.flush()
    after = {"room": room.name, "model": pairing.model, "address": pairing.address}
    add_change(db, "endpoint", endpoint_id, "paired", actor=actor, now=now, after=after)
    poke(db, "pairings", "endpoints")
    return key


def _place(db: Session, room_id: int, slot: int, pairing: Pairing, *, actor: str, now: datetime) -> tuple[int, str]:
    """The endpoint row for a newly paired device: the slot's empty one, or a new one in place of a revoked one."""
    values = {"paired_at": now, "paired_by": actor, "model": pairing.model, "app_version": pairing.app_version}
    present = find_live_endpoint(db, room_id, slot)
    if present is not None and present.paired_at is None:
        set_endpoint(db, present.id, {**values, "kind": "kiosk"})
        return present.id, present.key
    if present is not None:
        put_out_of_service(db, present, "replaced", actor=actor, now=now, reason=None)
    (endpoint_id,) = next_ids(db, Endpoint)
    key = new_key()
    insert_bundle(db, [(Endpoint, [{"id": endpoint_id, "key": key, "room_id": room_id, "slot": slot, **values}])])
    return endpoint_id, key


def deny(db: Session, user_code: str, *, limit: WrongCodes, actor: str, now: datetime) -> None:
    """An operator says that the device showing ``user_code`` is not to be paired. Raises as ``confirm``."""
    limit.check(actor, now)
    pairing = find_waiting(db, normal_code(user_code), now)
    if pairing is None:
        limit.miss(actor, now)
        raise NotFound(kind="pairing")
    pairing.state, pairing.decided_by = "denied", actor
    db.flush()
    after = {"model": pairing.model, "address": pairing.address}
    add_change(db, "pairing", pairing.id, "denied", actor=actor, now=now, after=after)
    poke(db, "pairings")


def waiting_devices(db: Session, *, now: datetime) -> list[Pairing]:
    """The devices that show a code now, oldest first."""
    return list_waiting(db, now)


def revoke(db: Session, endpoint_key: str, *, actor: str, now: datetime, reason: str | None = None) -> None:
    """Put a paired device out of service; its room can be paired anew. Raises NotFound."""
    endpoint = find_endpoint(db, endpoint_key)
    if endpoint is None or endpoint.revoked_at is not None or endpoint.paired_at is None:
        raise NotFound(kind="endpoint", key=endpoint_key)
    put_out_of_service(db, endpoint, "revoked", actor=actor, now=now, reason=reason)
