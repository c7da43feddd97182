"""Endpoints' tokens: opaque, 256 bits, only their SHA-256 is kept.

A refresh token (90 days) buys a new pair; an access token (1 hour) opens the agenda and the channel. The answer to a
refresh may be lost on a bad line, so the old token stays good until a newer one is used. One that is used after that
is held by two devices: the endpoint is put out of service.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.models import Endpoint
from rooms.once import poke
from rooms.pairing_queries import (
    add_tokens,
    delete_expired_tokens,
    find_access,
    find_token,
    lock_endpoint,
    set_endpoint,
    set_superseded_before,
    set_token_used,
)

REFRESH_LIFE = timedelta(days=90)
ACCESS_LIFE = timedelta(hours=1)
_LONGEST = 200


@dataclass(frozen=True)
class Tokens:
    """What a device receives; the secrets exist nowhere else."""

    endpoint_id: str  # the endpoint's public key
    refresh: str = field(repr=False)
    refresh_expires: datetime
    access: str = field(repr=False)
    access_expires: datetime


@dataclass(frozen=True)
class Refused:
    """Why a token buys nothing: bad_token (unknown, expired: pair again or refresh), revoked (wipe), cloned (wipe)."""

    code: str


@dataclass(frozen=True)
class Holder:
    """The endpoint behind a good access token."""

    endpoint_id: int
    key: str
    room_id: int
    want_rev: int
    token_id: int
    fresh: bool  # the token was never used before


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()  # as a header brought it


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def issue_tokens(db: Session, endpoint: Endpoint, *, now: datetime) -> Tokens:
    """A new pair for an endpoint."""
    tokens = Tokens(endpoint.key, new_secret(), now + REFRESH_LIFE, new_secret(), now + ACCESS_LIFE)
    add_tokens(
        db,
        [
            {"endpoint_id": endpoint.id, "kind": kind, "sha256": digest(secret), "issued": now, "expires": expires}
            for kind, secret, expires in (
                ("refresh", tokens.refresh, tokens.refresh_expires),
                ("access", tokens.access, tokens.access_expires),
            )
        ],
    )
    return tokens


def refresh_tokens(db: Session, secret: str, *, now: datetime) -> Tokens | Refused:
    """A new pair for a refresh token. A refusal is an answer, not an exception: what it found out must be committed."""
    if len(secret) > _LONGEST:
        return Refused("bad_token")
    found = find_token(db, digest(secret), "refresh")
    if found is None:
        return Refused("bad_token")
    lock_endpoint(db, found.endpoint.id)
    found = find_token(db, digest(secret), "refresh")
    if found is None or found.token.expires <= now:
        return Refused("bad_token")
    if found.endpoint.revoked_at is not None:
        return Refused("revoked")
    if found.token.superseded_at is not None:
        put_out_of_service(db, found.endpoint, "quarantined", actor=f"endpoint:{found.endpoint.id}", now=now,
                           reason="a superseded token was used: two devices hold it")  # fmt: skip
        return Refused("cloned")
    set_token_used(db, found.token.id, now)
    set_superseded_before(db, found.endpoint.id, found.token.id, now)
    delete_expired_tokens(db, found.endpoint.id, now - REFRESH_LIFE)
    return issue_tokens(db, found.endpoint, now=now)


def check_access(db: Session, secret: str, *, now: datetime) -> Holder | Refused:
    """Who holds an access token."""
    found = find_access(db, digest(secret)) if len(secret) <= _LONGEST else None
    if found is None:
        return Refused("bad_token")
    if found.revoked_at is not None:
        return Refused("revoked")
    if found.expires <= now:
        return Refused("bad_token")
    fresh = found.used_at is None
    return Holder(found.endpoint_id, found.key, found.room_id, found.want_rev, found.token_id, fresh)


def put_out_of_service(
    db: Session, endpoint: Endpoint, act: str, *, actor: str, now: datetime, reason: str | None
) -> None:
    """Revoke an endpoint: its tokens buy nothing any more and its connection is closed after the commit."""
    set_endpoint(db, endpoint.id, {"revoked_at": now})
    after = {"revoked_at": now.isoformat(), "room_id": endpoint.room_id}
    add_change(db, "endpoint", endpoint.id, act, actor=actor, now=now, after=after, reason=reason)
    poke(db, f"revoked:{endpoint.id}", "endpoints")


def mark_used(db: Session, holder: Holder, *, now: datetime) -> None:
    """The device shows its token for the first time, so it has received its pair: a pairing code gives it no other."""
    set_token_used(db, holder.token_id, now)
