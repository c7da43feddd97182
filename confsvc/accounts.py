"""Accounts and the functions they hold: add, disable, grant, withdraw. Units of work; every change leaves a row."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsvc import queries
from confsvc.access import FUNCTION_PERMISSIONS
from confsvc.models import Account, RoleGrant
from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotAllowed, NotFound
from rooms.fields import is_mail
from scheduler.local_time import local_day

LANGUAGES = ("vi", "en")
GRANTABLE = tuple(function for function in FUNCTION_PERMISSIONS if function != "endpoint")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,59}")


def fold_login(login: str) -> str:
    """Logins as stored and compared: NFKC, lower case, no spaces around."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def add_account(
    db: Session, login: str, name: str, *, actor: str, now: datetime, mail: str | None = None,
    unit_id: int | None = None, language: str = "vi", password_hash: str | None = None,
) -> int:  # fmt: skip
    """A new account, without any function; its id. Raises Invalid (all wrong fields, a login that is taken)."""
    login, mail = fold_login(login), (mail or "").strip().lower() or None
    errors = list(_field_errors(login, name, mail, language))
    if not errors and queries.find_account_by_login(db, login):
        errors = [FieldError("login", "taken")]
    if errors:
        raise Invalid(errors)
    values: dict[str, Any] = {
        "login": login, "name": name.strip(), "mail": mail, "unit_id": unit_id, "language": language,
        "password_hash": password_hash, "created": now, "disabled_at": None,
    }  # fmt: skip
    account_id = queries.add_row(db, Account, values)
    after = {"login": login, "name": name.strip(), "mail": mail, "unit_id": unit_id}
    add_change(db, "account", account_id, "account.added", actor=actor, now=now, after=after)
    return account_id


def _field_errors(login: str, name: str, mail: str | None, language: str) -> list[FieldError]:
    errors = []
    if not _LOGIN.fullmatch(login):
        errors.append(FieldError("login", "login_signs"))
    if not name.strip():
        errors.append(FieldError("name", "required"))
    elif len(name) > 200:
        errors.append(FieldError("name", "too_long", {"max": 200}))
    if mail and not is_mail(mail):
        errors.append(FieldError("mail", "not_a_mail_address"))
    if language not in LANGUAGES:
        errors.append(FieldError("language", "unknown_value"))
    return errors


def set_language(db: Session, account_id: int, language: str) -> None:
    """The language of pages and letters for this account."""
    if language not in LANGUAGES:
        raise Invalid([FieldError("language", "unknown_value")])
    queries.set_account(db, account_id, {"language": language})


def set_password(
    db: Session, account_id: int, password_hash: str, *, actor: str, now: datetime, keep_session: int | None = None
) -> None:
    """Set the password (already hashed); every session but ``keep_session`` ends, and open password links are void."""
    _existing(db, account_id)
    queries.set_account(db, account_id, {"password_hash": password_hash})
    queries.set_sessions_revoked(db, account_id, now, but=keep_session)
    queries.set_links_void(db, "password", account_id, now)
    add_change(db, "account", account_id, "account.password_set", actor=actor, now=now)


def disable_account(db: Session, account_id: int, *, actor: str, now: datetime, reason: str | None = None) -> None:
    """Nobody signs in with it any more; its sessions, tokens and links end. Raises NotAllowed for the last admin."""
    queries.lock_admins(db)
    account = _existing(db, account_id)
    if account.disabled_at:
        return
    queries.set_account(db, account_id, {"disabled_at": now})
    _keep_an_admin(db, account_id, local_day(now))
    queries.set_sessions_revoked(db, account_id, now)
    queries.set_tokens_revoked(db, account_id, now)
    queries.set_links_void(db, "password", account_id, now)
    add_change(db, "account", account_id, "account.disabled", actor=actor, now=now, reason=reason)


def enable_account(db: Session, account_id: int, *, actor: str, now: datetime) -> None:
    """The account may sign in again, with the password it had."""
    if _existing(db, account_id).disabled_at:
        queries.set_account(db, account_id, {"disabled_at": None})
        add_change(db, "account", account_id, "account.enabled", actor=actor, now=now)


def add_grant(
    db: Session, account_id: int, function: str, *, actor: str, now: datetime, unit_id: int | None = None,
    valid_from: date | None = None, valid_to: date | None = None, substitute_for: int | None = None,
) -> int:  # fmt: skip
    """Give an account a function for one unit or for all (None); the grant's id. Raises Invalid, NotFound."""
    _existing(db, account_id)
    first = valid_from or local_day(now)
    errors = []
    if function not in GRANTABLE:
        errors.append(FieldError("function", "unknown_value"))
    if valid_to is not None and valid_to < first:
        errors.append(FieldError("valid_to", "before_start"))
    if substitute_for == account_id:
        errors.append(FieldError("substitute_for", "oneself"))
    elif substitute_for is not None and queries.find_account(db, substitute_for) is None:
        errors.append(FieldError("substitute_for", "unknown_value"))
    if errors:
        raise Invalid(errors)
    values = {
        "account_id": account_id, "function": function, "unit_id": unit_id, "valid_from": first, "valid_to": valid_to,
        "substitute_for": substitute_for,
    }  # fmt: skip
    grant_id = queries.add_row(db, RoleGrant, values)
    after = {
        **values, "valid_from": first.isoformat(), "valid_to": valid_to.isoformat() if valid_to else None,
    }  # fmt: skip
    add_change(db, "account", account_id, "grant.added", actor=actor, now=now, after=after)
    return grant_id


def end_grant(db: Session, grant_id: int, *, last: date, actor: str, now: datetime) -> None:
    """A grant's last day. One that has not begun ends before its first day. Raises NotAllowed for the last admin."""
    queries.lock_admins(db)
    grant = queries.find_role_grant(db, grant_id)
    if grant is None:
        raise NotFound("grant_not_found")
    before = {"valid_to": grant.valid_to.isoformat() if grant.valid_to else None, "function": grant.function}
    queries.set_grant_end(db, grant_id, last)
    _keep_an_admin(db, grant.account_id, local_day(now), last + timedelta(days=1))
    after = {"valid_to": last.isoformat(), "function": grant.function}
    add_change(db, "account", grant.account_id, "grant.ended", actor=actor, now=now, before=before, after=after)


def _existing(db: Session, account_id: int) -> Account:
    account = queries.find_account(db, account_id)
    if account is None:
        raise NotFound("account_not_found")
    return account


def _keep_an_admin(db: Session, account_id: int, *days: date) -> None:
    """Raises NotAllowed when nobody administers the service on the latest of ``days``; call it under the lock."""
    was_admin = any(grant.function == "admin" for grant in queries.list_role_grants(db, account_id))
    if was_admin and queries.count_active_admins(db, max(days)) == 0:
        raise NotAllowed("last_admin")
