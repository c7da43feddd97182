"""Keys of programs (API tokens) and links that work once. Units of work; the database holds SHA-256 only."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsvc import accounts, asker_queries, queries
from confsvc.access import SCOPES, Actor
from confsvc.models import ApiToken, OneTimeLink
from confsvc.sessions import actor_of, sha256
from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotAllowed, NotFound, Problem
from scheduler.local_time import local_day

PREFIX = "confsvc_"
LONGEST_TOKEN = timedelta(days=731)
MOST_TOKENS = 50
LINK_LIFE = {"first_admin": timedelta(days=7), "password": timedelta(days=3)}
USED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class TokenMade:
    """A new token: shown once, never again."""

    id: int
    token: str


@dataclass(frozen=True)
class TokenActor:
    """Who stands behind an API token; ``stale``: its time of last use should be written anew."""

    token_id: int
    actor: Actor
    stale: bool


def add_token(
    db: Session, account_id: int, name: str, scopes: Collection[str], *, expires: datetime, actor: Actor | None = None,
    by: str, now: datetime,
) -> TokenMade:  # fmt: skip
    """A key for a program, with no more than ``actor``'s own scopes. Raises Invalid, NotAllowed."""
    errors = []
    if not 1 <= len(name.strip()) <= 100:
        errors.append(FieldError("name", "required" if not name.strip() else "too_long", {"max": 100}))
    if not scopes or not set(scopes) <= set(SCOPES):
        errors.append(FieldError("scopes", "unknown_value"))
    if not now < expires <= now + LONGEST_TOKEN:
        errors.append(FieldError("expires", "not_within", {"days": LONGEST_TOKEN.days}))
    if errors:
        raise Invalid(errors)
    if actor is not None and actor.scopes is not None and not set(scopes) <= actor.scopes:
        raise NotAllowed("scope_missing")
    if len(queries.list_tokens(db, account_id)) >= MOST_TOKENS:
        raise NotAllowed("too_many_tokens", max=MOST_TOKENS)
    token = PREFIX + secrets.token_urlsafe(32)
    listed = sorted(set(scopes))
    values = {
        "account_id": account_id, "name": name.strip(), "sha256": sha256(token), "scopes": listed, "created": now,
        "expires": expires, "last_used": None, "revoked_at": None,
    }  # fmt: skip
    token_id = queries.add_row(db, ApiToken, values)
    after = {"name": name.strip(), "scopes": listed, "token": token_id}
    add_change(db, "account", account_id, "token.added", actor=by, now=now, after=after)
    return TokenMade(token_id, token)


def find_token_actor(db: Session, token: str, *, now: datetime) -> TokenActor | None:
    """Who stands behind an API token, narrowed to its scopes."""
    found = asker_queries.find_token(db, sha256(token), now)
    if found is None:
        return None
    row, account = found
    stale = row.last_used is None or now - row.last_used >= USED_EVERY
    return TokenActor(row.id, actor_of(db, account, now=now, scopes=frozenset(row.scopes)), stale)


def touch_token(db: Session, token_id: int, *, now: datetime) -> None:
    """Note that a token is in use; at most every USED_EVERY."""
    queries.set_token_used(db, token_id, now)


def revoke_token(db: Session, account_id: int, token_id: int, *, by: str, now: datetime) -> None:
    """Raises NotFound when the account has no such live token."""
    if not queries.set_token_revoked(db, account_id, token_id, now):
        raise NotFound("token_not_found")
    add_change(db, "account", account_id, "token.revoked", actor=by, now=now, before={"token": token_id})


def add_link(db: Session, purpose: str, *, now: datetime, account_id: int | None = None) -> str:
    """A link's token for ``first_admin`` or ``password``; an older one for the same is void from now on."""
    queries.set_links_void(db, purpose, account_id, now)
    token = secrets.token_urlsafe(32)
    values = {
        "purpose": purpose, "sha256": sha256(token), "account_id": account_id, "created": now,
        "expires": now + LINK_LIFE[purpose], "used_at": None,
    }  # fmt: skip
    queries.add_row(db, OneTimeLink, values)
    return token


def first_admin_link(db: Session, *, now: datetime) -> str | None:
    """The token of a new link that makes the first administrator; None when there is one already."""
    if queries.count_active_admins(db, local_day(now)):
        return None
    return add_link(db, "first_admin", now=now)


def check_link(db: Session, token: str, purpose: str, *, now: datetime) -> int | None:
    """The account a good link is for (None for first_admin). Raises NotFound otherwise."""
    link = queries.find_link(db, sha256(token), purpose, now)
    if link is None:
        raise NotFound("link_void")
    return link.account_id


def use_link(db: Session, token: str, purpose: str, *, now: datetime) -> int | None:
    """Use up a link and say which account it is for. Raises NotFound when it is not good (any more)."""
    link = queries.find_link(db, sha256(token), purpose, now)
    if link is None or not queries.set_link_used(db, link.id, now):
        raise NotFound("link_void")
    return link.account_id


def make_first_admin(
    db: Session, token: str, login: str, name: str, password_hash: str, *, language: str = "vi", now: datetime
) -> int:
    """Use the link and make the first administrator, who may do everything at first; the account id.

    Raises NotFound (link), Invalid (fields), Problem "admin_exists".
    """
    use_link(db, token, "first_admin", now=now)
    if queries.count_active_admins(db, local_day(now)):
        raise Problem("admin_exists")
    account_id = accounts.add_account(
        db, login, name, actor="cli", now=now, language=language, password_hash=password_hash
    )
    for function in ("admin", "operator", "booker", "auditor"):
        accounts.add_grant(db, account_id, function, actor="cli", now=now)
    return account_id
