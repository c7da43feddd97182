"""Tables of the service itself: accounts and what they may do, sessions, tokens, and answers given once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Row, one_of, options

FUNCTIONS = (
    "booker",
    "approver",
    "operator",
    "site_contact",
    "endpoint",
    "leader",
    "reporter",
    "admin",
    "auditor",
)
"""The nine functions of the house. ``endpoint`` is held by machines through their tokens, never by an account."""


class Account(Row):
    """Somebody who can sign in. ``unit_id`` is the office the person works for, functions are separate rows."""

    __tablename__ = "account"
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    mail: Mapped[str | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    language: Mapped[str] = mapped_column(default="vi")
    password_hash: Mapped[str | None]
    created: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    __table_args__ = options(one_of("language", ("vi", "en")))


class RoleGrant(Row):
    """A function held by an account, for one unit or for all (NULL), from one day to another (inclusive).

    ``substitute_for``: the account whose function is exercised in its absence.
    """

    __tablename__ = "role_grant"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    function: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    substitute_for: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    __table_args__ = options(one_of("function", [f for f in FUNCTIONS if f != "endpoint"]), Index(None, "account_id"))


class LoginSession(Row):
    """One signed-in browser; the cookie's SHA-256. Revocable one by one."""

    __tablename__ = "login_session"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sha256: Mapped[str] = mapped_column(unique=True)
    csrf: Mapped[str]
    created: Mapped[datetime]
    last_seen: Mapped[datetime]
    expires: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str]
    agent: Mapped[str]
    __table_args__ = options(Index(None, "account_id"))


class LoginAttempt(Row):
    """One failed try to sign in, for the throttle; old rows are swept."""

    __tablename__ = "login_attempt"
    login: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = options(Index(None, "login", "at"), Index(None, "address", "at"))


class OneTimeLink(Row):
    """A link that works once: making the first administrator, or setting a password."""

    __tablename__ = "one_time_link"
    purpose: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created: Mapped[datetime]
    expires: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = options(one_of("purpose", ("first_admin", "password")))


class ApiToken(Row):
    """A program's key, as SHA-256: an account's rights narrowed to ``scopes``."""

    __tablename__ = "api_token"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    created: Mapped[datetime]
    expires: Mapped[datetime]
    last_used: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = options(Index(None, "account_id"))


class Idempotency(Row):
    """The answer once given to a key, so that a repeated request books nothing twice."""

    __tablename__ = "idempotency"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str]
    request_hash: Mapped[str]
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    __table_args__ = options(UniqueConstraint("account_id", "key"), Index(None, "at"))


class Unsent(Row):
    """What somebody is typing into a form and has not sent, so that it can be gone on with: the person's own, no
    conference yet, and forgotten after some days. ``fields``: pairs of name and value as the form would send them."""

    __tablename__ = "unsent"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    form: Mapped[str]
    fields: Mapped[list[Any]]
    at: Mapped[datetime]
    __table_args__ = options(UniqueConstraint("account_id", "form"), Index(None, "at"))
