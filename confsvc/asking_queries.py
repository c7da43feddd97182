"""Statements on whom a question goes to: accounts with a function and an address."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.models import Account, RoleGrant
from rooms.queries import dated


def list_reachable(db: Session, functions: Collection[str], day: date) -> list[Account]:
    """Accounts that can sign in, have an address and were given one of the functions for that day, also as somebody's
    substitute."""
    given = select(RoleGrant.account_id).where(RoleGrant.function.in_(functions), dated(RoleGrant, day))
    query = select(Account).where(Account.disabled_at.is_(None), Account.mail.is_not(None), Account.id.in_(given))
    return list(db.scalars(query.order_by(Account.id)))
