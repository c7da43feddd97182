"""Statements behind the pages of accounts: what everybody may do on a day, and when everybody was here last."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from confsvc.models import Account, LoginSession, RoleGrant
from rooms.queries import dated


class Held(NamedTuple):
    """A function in force, for one unit or for all (None)."""

    account_id: int
    function: str
    unit_id: int | None


def list_held(db: Session, day: date) -> dict[int, list[Held]]:
    """The functions in force on a day, by account."""
    query = (
        select(RoleGrant.account_id, RoleGrant.function, RoleGrant.unit_id)
        .where(dated(RoleGrant, day))
        .order_by(RoleGrant.id)
    )
    found: dict[int, list[Held]] = {}
    for row in db.execute(query):
        found.setdefault(row[0], []).append(Held._make(row))
    return found


def list_last_seen(db: Session) -> dict[int, datetime]:
    """When each account was last active in a browser."""
    query = select(LoginSession.account_id, func.max(LoginSession.last_seen)).group_by(LoginSession.account_id)
    return {row[0]: row[1] for row in db.execute(query)}


def list_open_grants(db: Session, account_id: int, day: date) -> list[RoleGrant]:
    """Grants of an account that have not ended before a day, in the order in which they were given."""
    query = select(RoleGrant).where(
        RoleGrant.account_id == account_id, or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= day)
    )
    return list(db.scalars(query.order_by(RoleGrant.id)))


def list_choices(db: Session) -> list[tuple[int, str]]:
    """Accounts that may be substituted for, by name."""
    query = select(Account.id, Account.name).where(Account.disabled_at.is_(None)).order_by(Account.login)
    return [(row[0], row[1]) for row in db.execute(query)]
