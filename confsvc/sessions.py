"""Signing in: the throttle, sessions of browsers, and who stands behind a cookie. Units of work.

A cookie holds a random token, the database its SHA-256. Sessions slide: used within twelve hours they go on, for thirty
days at most; a write happens at most every five minutes.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsvc import asker_queries, queries
from confsvc.access import Actor
from confsvc.models import Account, LoginAttempt, LoginSession
from confsvc.unsent import sweep_unsent
from rooms.changes import add_change
from rooms.errors import Problem
from scheduler.local_time import local_day

IDLE, LONGEST = timedelta(hours=12), timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)
WINDOW = timedelta(minutes=15)
MOST_BY_BOTH, MOST_BY_LOGIN, MOST_BY_ADDRESS = 5, 30, 100
"""Failed tries within WINDOW: of one login from one address, of one login, of one address (a whole office's)."""


class TooManyAttempts(Problem):
    """Too many failed tries: wait."""

    code = "too_many_attempts"


@dataclass(frozen=True)
class Signed:
    """A session as the web layer needs it."""

    session_id: int
    csrf: str
    actor: Actor
    stale: bool  # its time of last use should be written anew


def sha256(text: str) -> str:
    """Of a secret as a header brought it: bytes that are no UTF-8 are an unknown secret like others."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def sayable(text: str) -> str:
    """A header's text as it can be stored and shown: bytes that are no UTF-8 become question marks."""
    return text.encode(errors="replace").decode()


def begin_attempt(db: Session, login: str, address: str, *, now: datetime) -> tuple[int, str | None] | None:
    """Note a try to sign in before the password is looked at; account id and hash, or None for no such account.

    Raises TooManyAttempts. The try is forgotten when it succeeds.
    """
    since = now - WINDOW
    queries.lock_attempts(db, login, address)  # or tries at one instant would all be counted before any is noted
    if (
        queries.count_attempts(db, since, login=login, address=address) >= MOST_BY_BOTH
        or queries.count_attempts(db, since, login=login) >= MOST_BY_LOGIN
        or queries.count_attempts(db, since, address=address) >= MOST_BY_ADDRESS
    ):
        raise TooManyAttempts(minutes=int(WINDOW.total_seconds() // 60))
    queries.add_row(db, LoginAttempt, {"login": login[:200], "address": address, "at": now})
    account = queries.find_account_by_login(db, login)
    return None if account is None or account.disabled_at else (account.id, account.password_hash)


def start_session(db: Session, account_id: int, *, address: str, agent: str, now: datetime) -> str:
    """A new session of an account whose password was right (or link was good); the token for its cookie."""
    account = queries.find_account(db, account_id)
    if account is None or account.disabled_at:
        raise Problem("sign_in_wrong")
    token = secrets.token_urlsafe(32)
    values = {
        "account_id": account_id, "sha256": sha256(token), "csrf": secrets.token_urlsafe(24), "created": now,
        "last_seen": now, "expires": now + IDLE, "revoked_at": None, "address": address, "agent": sayable(agent[:300]),
    }  # fmt: skip
    queries.add_row(db, LoginSession, values)
    queries.delete_attempts(db, login=account.login, address=address)
    add_change(
        db, "account", account_id, "session.started", actor=f"account:{account_id}", now=now, after={"address": address}
    )
    return token


def find_signed(db: Session, token: str, *, now: datetime) -> Signed | None:
    """Who stands behind a cookie, with the functions in force today."""
    found = asker_queries.find_session(db, sha256(token), now)
    if found is None:
        return None
    session, account = found
    stale = now - session.last_seen >= SEEN_EVERY
    return Signed(session.id, session.csrf, actor_of(db, account, now=now), stale)


def touch_session(db: Session, session_id: int, *, now: datetime) -> None:
    """A session was used: it goes on, but never beyond LONGEST from its start."""
    session = db.get(LoginSession, session_id)
    if session is not None:
        queries.set_session_seen(db, session_id, now, min(now + IDLE, session.created + LONGEST))


def end_session(db: Session, account_id: int, session_id: int, *, actor: str, now: datetime) -> bool:
    """Revoke one session of this account; False when it has none such."""
    ended = queries.set_sessions_revoked(db, account_id, now, only=session_id) == 1
    if ended:
        add_change(db, "account", account_id, "session.ended", actor=actor, now=now)
    return ended


def actor_of(
    db: Session, account: Account | asker_queries.Holder, *, now: datetime, scopes: frozenset[str] | None = None
) -> Actor:
    """The account with the functions in force today."""
    grants = asker_queries.list_grants(db, account.id, local_day(now))
    return Actor(account.id, account.login, account.name, account.unit_id, account.language, grants, scopes)


def sweep(db: Session, *, now: datetime) -> None:
    """Forget what no rule looks at any more: old tries, answers given to keys more than a day ago, forms that somebody
    typed into and never sent."""
    sweep_unsent(db, now=now)
    queries.delete_attempts(db, before=now - WINDOW)
    queries.delete_idempotency(db, before=now - timedelta(days=1))
