"""Statements on letters that wait: which of them a newer one takes the place of, and when they were to go out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal_column, select, update
from sqlalchemy.orm import Session

from scheduler.models import Effect

LETTER = "letter"


def list_waiting(
    db: Session, chains: Collection[str], before_edition: int, *, now: datetime, part: str | None = None
) -> dict[str, datetime]:
    """By chain, when what `supersede` would set aside was to go out first: what takes its place keeps that time. One
    that was tried already had its time."""
    query = select(Effect.chain, Effect.due, Effect.attempts).where(*overtaken(chains, before_edition, part))
    found: dict[str, datetime] = {}
    for chain, due, attempts in db.execute(query):
        found[chain] = min(found.get(chain, due), now if attempts else due)
    return found


def set_hastened(db: Session, chains: Collection[str], *, now: datetime) -> None:
    """What waits in these chains for further changes goes out now: something follows that must not wait behind it."""
    row = update(Effect).where(
        Effect.chain.in_(list(chains)), Effect.state == literal_column("'owed'"), Effect.attempts == 0, Effect.due > now
    )
    db.execute(row.values(due=now).execution_options(synchronize_session=False))


def set_hastened_of(db: Session, conference_id: int, *, now: datetime) -> int:
    """All letters of a conference that wait for further changes go out now; how many."""
    row = update(Effect).where(
        Effect.conference_id == conference_id, Effect.kind == LETTER, Effect.state == literal_column("'owed'"),
        Effect.attempts == 0, Effect.due > now,
    )  # fmt: skip
    done: Any = db.execute(row.values(due=now).execution_options(synchronize_session=False))
    return int(done.rowcount)


def overtaken(chains: Collection[str], before_edition: int, part: str | None) -> list[ColumnElement[bool]]:
    """Letters of these chains that are owed for an older edition (one date: of that date), surely not delivered."""
    of_part = [] if part is None else [Effect.payload["part"].as_string() == part]
    return [
        Effect.chain.in_(list(chains)), Effect.kind == LETTER, Effect.state == literal_column("'owed'"),
        Effect.maybe.is_(False), Effect.payload["edition"].as_integer() < before_edition, *of_part,
    ]  # fmt: skip
