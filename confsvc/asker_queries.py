"""Who stands behind a cookie or a token, and with which functions: asked at every request, so prepared."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased

from confsvc.access import Grant
from confsvc.models import Account, ApiToken, LoginSession, RoleGrant
from rooms.prepared import Prepared
from rooms.queries import dated


class Holder(NamedTuple):
    """The account behind a session or a token."""

    id: int
    login: str
    name: str
    unit_id: int | None
    language: str


class LiveSession(NamedTuple):
    id: int
    csrf: str
    last_seen: datetime


class LiveToken(NamedTuple):
    id: int
    scopes: list[str]
    last_used: datetime | None


def _in_force() -> Select[str, int | None, int | None]:
    held, original = aliased(RoleGrant), aliased(Account)
    day: Any = bindparam("day")
    still_held = exists().where(
        held.account_id == RoleGrant.substitute_for,
        held.function == RoleGrant.function,
        held.substitute_for.is_(None),  # a substitute has no substitute
        or_(held.unit_id.is_(None), held.unit_id == RoleGrant.unit_id),
        dated(held, day),
        original.id == held.account_id,
        original.disabled_at.is_(None),
    )
    return (
        select(RoleGrant.function, RoleGrant.unit_id, RoleGrant.substitute_for)
        .where(RoleGrant.account_id == bindparam("account"), dated(RoleGrant, day))
        .where(or_(RoleGrant.substitute_for.is_(None), still_held))
        .order_by(RoleGrant.id)
    )


_GRANTS_IN_FORCE = Prepared(_in_force())
_ACCOUNT = (Account.id, Account.login, Account.name, Account.unit_id, Account.language)
_LIVE_SESSION = Prepared(
    select(*_ACCOUNT, LoginSession.id, LoginSession.csrf, LoginSession.last_seen)
    .join(Account, Account.id == LoginSession.account_id)
    .where(LoginSession.sha256 == bindparam("sha256"), LoginSession.revoked_at.is_(None))
    .where(LoginSession.expires > bindparam("now"), Account.disabled_at.is_(None))
)
_LIVE_TOKEN = Prepared(
    select(*_ACCOUNT, ApiToken.id, ApiToken.scopes, ApiToken.last_used)
    .join(Account, Account.id == ApiToken.account_id)
    .where(ApiToken.sha256 == bindparam("sha256"), ApiToken.revoked_at.is_(None))
    .where(ApiToken.expires > bindparam("now"), Account.disabled_at.is_(None))
)


def list_grants(db: Session, account_id: int, day: date) -> tuple[Grant, ...]:
    """The functions in force on ``day``; a substitute's only while the person substituted for holds it too."""
    return tuple(Grant(*row) for row in _GRANTS_IN_FORCE.rows(db, account=account_id, day=day))


def find_session(db: Session, sha256: str, now: datetime) -> tuple[LiveSession, Holder] | None:
    """A live session with its live account."""
    rows = _LIVE_SESSION.rows(db, sha256=sha256, now=now)
    return (LiveSession(*rows[0][5:]), Holder(*rows[0][:5])) if rows else None


def find_token(db: Session, sha256: str, now: datetime) -> tuple[LiveToken, Holder] | None:
    """A live API token with its live account."""
    rows = _LIVE_TOKEN.rows(db, sha256=sha256, now=now)
    return (LiveToken(*rows[0][5:]), Holder(*rows[0][:5])) if rows else None
