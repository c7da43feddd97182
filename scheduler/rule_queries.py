"""The statements on the house's rules, and on what they count: how much a host has booked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from rooms.models import Unit
from scheduler.models import Conference, Tally
from scheduler.rule_models import Rule, place_of
from scheduler.rulebook import RuleRow

_COLUMNS = (Rule.id, Rule.what, Rule.kind, Rule.unit_id, Rule.value, Rule.reason, Rule.valid_from, Rule.valid_to)
_NOT_COUNTED = ("draft", "cancelled", "postponed")


def list_rules(db: Session, whats: Collection[str] | None = None) -> list[RuleRow]:
    """Every row, also past and future ones; with ``whats`` those about these things. Oldest first."""
    query = select(*_COLUMNS).order_by(Rule.place, Rule.valid_from)
    if whats is not None:
        query = query.where(Rule.what.in_(whats))
    return [RuleRow(*row) for row in db.execute(query)]


def list_rules_at(db: Session, what: str, kind: str | None, unit_id: int | None) -> list[RuleRow]:
    """The rows of one place, oldest first."""
    query = select(*_COLUMNS).where(Rule.place == place_of(what, kind, unit_id)).order_by(Rule.valid_from)
    return [RuleRow(*row) for row in db.execute(query)]


def find_rule(db: Session, rule_id: int) -> RuleRow | None:
    row = db.execute(select(*_COLUMNS).where(Rule.id == rule_id)).first()
    return RuleRow(*row) if row else None


def has_unit(db: Session, unit_id: int) -> bool:
    return db.scalar(select(Unit.id).where(Unit.id == unit_id)) is not None


def list_parents(db: Session) -> dict[int, int]:
    """The superior office of every unit below one that has rules of its own."""
    query = select(Unit.id, Unit.parent_id).where(Unit.parent_id.in_(select(Rule.unit_id)))
    return {unit_id: parent_id for unit_id, parent_id in db.execute(query) if parent_id is not None}


def add_rule(db: Session, values: dict[str, Any]) -> int:
    """A new row; ``values`` as the columns without id and place. IntegrityError on an overlap."""
    place = place_of(values["what"], values["kind"], values["unit_id"])
    return db.scalars(insert(Rule).values(**values, place=place).returning(Rule.id)).one()


def set_rule(db: Session, rule_id: int, values: dict[str, Any]) -> None:
    """New value, reason or days of a row."""
    db.execute(update(Rule).where(Rule.id == rule_id).values(**values))


def delete_rule(db: Session, rule_id: int) -> None:
    db.execute(delete(Rule).where(Rule.id == rule_id))


def list_host_sittings(
    db: Session, host_unit_id: int, since: datetime, until: datetime, *, except_id: int = 0
) -> list[tuple[str, datetime, datetime]]:
    """Kind, start and end of what an office has booked with us and that begins in the span: all but drafts and what
    was called off."""
    query = select(Conference.kind, Conference.starts, Conference.ends).where(
        Conference.host_unit_id == host_unit_id, Conference.starts >= since, Conference.starts < until,
        Conference.origin == "booked", Conference.state.not_in(_NOT_COUNTED), Conference.id != except_id,
    )  # fmt: skip
    return [(kind, starts, ends) for kind, starts, ends in db.execute(query)]


def find_booked_time(db: Session, conference_id: int) -> tuple[str, datetime, datetime] | None:
    """Kind, start and end of a conference that is booked; None for a draft."""
    query = select(Conference.kind, Conference.starts, Conference.ends)
    row = db.execute(query.where(Conference.id == conference_id, Conference.state != "draft")).first()
    return (row[0], row[1], row[2]) if row else None


def list_tallied_leaders(db: Session, kind: str, since: date, until: date | None) -> list[int]:
    """The leading conferences of a kind that have a line in the measure on these days."""
    query = select(Tally.leader_id).join(Conference, Conference.id == Tally.leader_id)
    query = query.where(Conference.kind == kind, Tally.local_date >= since)
    if until is not None:
        query = query.where(Tally.local_date <= until)
    return list(db.scalars(query.order_by(Tally.leader_id)))
