"""Every SQL statement on accounts and what belongs to them: grants, sessions, links, tokens, tries, answers given."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, insert, select, update
from sqlalchemy.orm import Session

from confsvc.models import Account, ApiToken, Idempotency, LoginAttempt, LoginSession, OneTimeLink, RoleGrant
from rooms.queries import dated


def find_account(db: Session, account_id: int) -> Account | None:
    return db.get(Account, account_id)


def find_account_by_login(db: Session, login: str) -> Account | None:
    """Logins are stored folded (``accounts.fold_login``)."""
    return db.scalar(select(Account).where(Account.login == login))


def list_accounts(db: Session) -> list[Account]:
    return list(db.scalars(select(Account).order_by(Account.login)))


_ADMINS, _ATTEMPTS = 1, 2
"""Classes of advisory locks with two numbers; those of booking have one, so the two never meet."""


def lock_admins(db: Session) -> None:
    """Whoever may take an administrator away, one at a time until the transaction ends."""
    _lock(db, _ADMINS, ["admin"])


def lock_attempts(db: Session, login: str, address: str) -> None:
    """Tries of one login or from one address, one at a time until the transaction ends."""
    _lock(db, _ATTEMPTS, [f"login {login}", f"address {address}"])


def _lock(db: Session, kind: int, names: Iterable[str]) -> None:
    """In the order of their numbers, so that no two wait for each other; on SQLite there is one writer anyway."""
    if db.connection().dialect.name != "postgresql":
        return
    for number in sorted({zlib.crc32(name.encode()) - 2**31 for name in names}):
        db.execute(select(func.pg_advisory_xact_lock(kind, number)))


def count_active_admins(db: Session, day: date) -> int:
    """Accounts that can sign in and hold the administrator's function on a day, not only in somebody's place."""
    query = (
        select(func.count(Account.id.distinct()))
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(RoleGrant.function == "admin", RoleGrant.unit_id.is_(None), dated(RoleGrant, day))
        .where(RoleGrant.substitute_for.is_(None))
        .where(Account.disabled_at.is_(None), Account.password_hash.is_not(None))
    )
    return db.scalar(query) or 0


def add_row(db: Session, model: Any, values: dict[str, Any]) -> int:
    """Insert one row of a table of this package; its id."""
    return cast(int, db.execute(insert(model).values(**values).returning(model.id)).scalar_one())


def set_account(db: Session, account_id: int, values: dict[str, Any]) -> None:
    db.execute(update(Account).where(Account.id == account_id).values(**values))


def list_role_grants(db: Session, account_id: int) -> list[RoleGrant]:
    """Every grant of an account, past and future ones too."""
    return list(db.scalars(select(RoleGrant).where(RoleGrant.account_id == account_id).order_by(RoleGrant.id)))


def find_role_grant(db: Session, grant_id: int) -> RoleGrant | None:
    return db.get(RoleGrant, grant_id)


def set_grant_end(db: Session, grant_id: int, last: date) -> None:
    db.execute(update(RoleGrant).where(RoleGrant.id == grant_id).values(valid_to=last))


def list_sessions(db: Session, account_id: int, now: datetime) -> list[LoginSession]:
    """Live sessions, the latest used first."""
    query = select(LoginSession).where(
        LoginSession.account_id == account_id, LoginSession.revoked_at.is_(None), LoginSession.expires > now
    )
    return list(db.scalars(query.order_by(LoginSession.last_seen.desc(), LoginSession.id.desc())))


def set_session_seen(db: Session, session_id: int, now: datetime, expires: datetime) -> None:
    db.execute(update(LoginSession).where(LoginSession.id == session_id).values(last_seen=now, expires=expires))


def set_sessions_revoked(
    db: Session, account_id: int, now: datetime, *, only: int | None = None, but: int | None = None
) -> int:
    """Revoke one session of the account, all but one, or all; how many."""
    query = update(LoginSession).where(LoginSession.account_id == account_id, LoginSession.revoked_at.is_(None))
    if only is not None:
        query = query.where(LoginSession.id == only)
    if but is not None:
        query = query.where(LoginSession.id != but)
    return cast(CursorResult[Any], db.execute(query.values(revoked_at=now))).rowcount


def count_attempts(db: Session, since: datetime, *, login: str | None = None, address: str | None = None) -> int:
    """Failed or unfinished tries to sign in since then, by login, by address, or by both."""
    query = select(func.count(LoginAttempt.id)).where(LoginAttempt.at > since)
    if login is not None:
        query = query.where(LoginAttempt.login == login)
    if address is not None:
        query = query.where(LoginAttempt.address == address)
    return db.scalar(query) or 0


def delete_attempts(
    db: Session, *, login: str | None = None, address: str = "", before: datetime | None = None
) -> None:
    """Forget the tries of one login from one address, or all that are older than ``before``."""
    query = delete(LoginAttempt)
    if login is not None:
        query = query.where(LoginAttempt.login == login, LoginAttempt.address == address)
    if before is not None:
        query = query.where(LoginAttempt.at < before)
    db.execute(query)


def find_link(db: Session, sha256: str, purpose: str, now: datetime) -> OneTimeLink | None:
    """An unused link that has not run out."""
    query = select(OneTimeLink).where(OneTimeLink.sha256 == sha256, OneTimeLink.purpose == purpose)
    return db.scalar(query.where(OneTimeLink.used_at.is_(None), OneTimeLink.expires > now))


def set_link_used(db: Session, link_id: int, now: datetime) -> bool:
    """Use up a link; False when somebody was quicker."""
    query = update(OneTimeLink).where(OneTimeLink.id == link_id, OneTimeLink.used_at.is_(None)).values(used_at=now)
    return cast(CursorResult[Any], db.execute(query)).rowcount == 1


def set_links_void(db: Session, purpose: str, account_id: int | None, now: datetime) -> None:
    """Use up every open link of a purpose (and account), when a new one is made or none is needed any more."""
    query = update(OneTimeLink).where(OneTimeLink.purpose == purpose, OneTimeLink.used_at.is_(None))
    if account_id is not None:
        query = query.where(OneTimeLink.account_id == account_id)
    db.execute(query.values(used_at=now))


def list_tokens(db: Session, account_id: int) -> Sequence[ApiToken]:
    """Every token not revoked, also run-out ones."""
    query = select(ApiToken).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
    return list(db.scalars(query.order_by(ApiToken.id)))


def set_token_revoked(db: Session, account_id: int, token_id: int, now: datetime) -> bool:
    query = update(ApiToken).where(ApiToken.account_id == account_id, ApiToken.id == token_id)
    changed = db.execute(query.where(ApiToken.revoked_at.is_(None)).values(revoked_at=now))
    return cast(CursorResult[Any], changed).rowcount == 1


def set_tokens_revoked(db: Session, account_id: int, now: datetime) -> None:
    db.execute(
        update(ApiToken).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now)
    )


def set_token_used(db: Session, token_id: int, now: datetime) -> None:
    db.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used=now))


def find_idempotency(db: Session, account_id: int, key: str) -> Idempotency | None:
    return db.scalar(select(Idempotency).where(Idempotency.account_id == account_id, Idempotency.key == key))


def set_idempotency_answer(db: Session, row_id: int, status: int, answer: dict[str, Any]) -> None:
    db.execute(update(Idempotency).where(Idempotency.id == row_id).values(status=status, answer=answer))


def delete_idempotency(db: Session, before: datetime) -> None:
    db.execute(delete(Idempotency).where(Idempotency.at < before))


def find_account_unit(db: Session, account_id: int) -> int | None:
    """The office that the account's owner works for."""
    return db.scalar(select(Account.unit_id).where(Account.id == account_id))


def list_account_names(db: Session, ids: Collection[int]) -> dict[int, str]:
    """Names of accounts, also of disabled ones."""
    return {row.id: row.name for row in db.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))}
