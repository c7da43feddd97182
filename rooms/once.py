"""Rows that are written once per unique key, whoever comes first; and topics that change with a unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_once(db: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert those of ``rows`` whose unique keys nobody holds yet; how many they were.

    Other violations (a missing parent, a CHECK) still raise IntegrityError.
    """
    if not rows:
        return 0
    postgres = db.connection().dialect.name == "postgresql"
    insert = (postgresql if postgres else sqlite).insert(model).on_conflict_do_nothing()
    statement = insert.returning(*model.__table__.primary_key)
    return sum(db.execute(statement.values(**row)).first() is not None for row in rows)


def poke(db: Session, *topics: str) -> None:
    """Say that what these topics show has changed; they are delivered after the commit."""
    db.info.setdefault("pokes", set()).update(topics)
