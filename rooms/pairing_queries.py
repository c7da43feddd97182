"""Every statement on pairing codes and endpoint tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from rooms.models import Endpoint, EndpointToken, Pairing, Room
from rooms.prepared import Prepared


def add_pairing(db: Session, values: dict[str, Any]) -> None:
    db.execute(insert(Pairing).values(**values))


def find_pairing(db: Session, device_sha256: str) -> Pairing | None:
    return db.scalar(select(Pairing).where(Pairing.device_sha256 == device_sha256).with_for_update())


def find_waiting(db: Session, user_code: str, now: datetime) -> Pairing | None:
    """The device that shows this code and still waits."""
    query = select(Pairing).where(Pairing.user_code == user_code, Pairing.state == "waiting", Pairing.expires > now)
    return db.scalar(query.with_for_update())


def list_waiting(db: Session, now: datetime) -> list[Pairing]:
    """Devices that show a code now, oldest first."""
    query = select(Pairing).where(Pairing.state == "waiting", Pairing.expires > now)
    return list(db.scalars(query.order_by(Pairing.started, Pairing.id)))


def count_waiting(db: Session, now: datetime) -> dict[str, int]:
    """How many codes are shown now, by the address they were asked from."""
    query = select(Pairing.address, func.count()).where(Pairing.state == "waiting", Pairing.expires > now)
    return {row[0]: row[1] for row in db.execute(query.group_by(Pairing.address))}


def set_oldest_waiting_expired(db: Session, address: str, now: datetime) -> None:
    """The oldest code asked for from an address is good no longer."""
    waiting = select(Pairing.id).where(Pairing.state == "waiting", Pairing.expires > now, Pairing.address == address)
    oldest = waiting.order_by(Pairing.started, Pairing.id).limit(1).scalar_subquery()
    db.execute(update(Pairing).where(Pairing.id == oldest).values(expires=now))


def delete_pairings_before(db: Session, at: datetime) -> None:
    """Forget codes that expired before ``at``."""
    db.execute(delete(Pairing).where(Pairing.expires < at))


def find_live_endpoint(db: Session, room_id: int, slot: int) -> Endpoint | None:
    query = select(Endpoint).where(Endpoint.room_id == room_id, Endpoint.slot == slot, Endpoint.revoked_at.is_(None))
    return db.scalar(query.with_for_update())


def set_endpoint(db: Session, endpoint_id: int, values: dict[str, Any]) -> None:
    db.execute(update(Endpoint).where(Endpoint.id == endpoint_id).values(**values))


def add_tokens(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    db.execute(insert(EndpointToken), list(rows))


class Held(NamedTuple):
    """A token and the endpoint that holds it."""

    token: EndpointToken
    endpoint: Endpoint


def find_token(db: Session, sha256: str, kind: str) -> Held | None:
    query = select(EndpointToken, Endpoint).join(Endpoint, Endpoint.id == EndpointToken.endpoint_id)
    query = query.where(EndpointToken.sha256 == sha256, EndpointToken.kind == kind)
    row = db.execute(query.execution_options(populate_existing=True)).one_or_none()
    return Held(row[0], row[1]) if row else None


class Access(NamedTuple):
    """What an access token says: whose it is, and until when."""

    endpoint_id: int
    key: str
    room_id: int
    want_rev: int
    revoked_at: datetime | None
    token_id: int
    expires: datetime
    used_at: datetime | None


_ACCESS = Prepared(
    select(
        Endpoint.id, Endpoint.key, Endpoint.room_id, Endpoint.want_rev, Endpoint.revoked_at, EndpointToken.id,
        EndpointToken.expires, EndpointToken.used_at,
    )
    .join(EndpointToken, EndpointToken.endpoint_id == Endpoint.id)
    .where(EndpointToken.sha256 == bindparam("sha256"), EndpointToken.kind == literal("access"))
)  # fmt: skip


def find_access(db: Session, sha256: str) -> Access | None:
    rows = _ACCESS.rows(db, sha256=sha256)
    return Access._make(rows[0]) if rows else None


def lock_room(db: Session, room_id: int) -> None:
    """One at a time: which endpoints a room has, read in later statements, stays true until the end."""
    db.execute(select(Room.id).where(Room.id == room_id).with_for_update(key_share=True))


def lock_endpoint(db: Session, endpoint_id: int) -> None:
    """One at a time: what is read of its tokens in later statements stays true until the end."""
    db.execute(select(Endpoint.id).where(Endpoint.id == endpoint_id).with_for_update())


def set_token_used(db: Session, token_id: int, now: datetime) -> None:
    db.execute(update(EndpointToken).where(EndpointToken.id == token_id).values(used_at=now))


def set_superseded_before(db: Session, endpoint_id: int, token_id: int, now: datetime) -> None:
    """Every older refresh token of the endpoint may not be used any more."""
    db.execute(
        update(EndpointToken)
        .where(
            EndpointToken.endpoint_id == endpoint_id,
            EndpointToken.kind == "refresh",
            EndpointToken.id < token_id,
            EndpointToken.superseded_at.is_(None),
        )
        .values(superseded_at=now)
    )


def delete_expired_tokens(db: Session, endpoint_id: int, now: datetime) -> None:
    db.execute(delete(EndpointToken).where(EndpointToken.endpoint_id == endpoint_id, EndpointToken.expires < now))


def delete_unused_tokens(db: Session, endpoint_id: int) -> None:
    """Tokens of an answer that the device never received."""
    db.execute(delete(EndpointToken).where(EndpointToken.endpoint_id == endpoint_id, EndpointToken.used_at.is_(None)))


def has_used_token(db: Session, endpoint_id: int) -> bool:
    query = select(EndpointToken.id).where(EndpointToken.endpoint_id == endpoint_id, EndpointToken.used_at.is_not(None))
    return db.scalar(query.limit(1)) is not None
