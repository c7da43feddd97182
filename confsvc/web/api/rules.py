"""The house's rules for programs: every row that holds on a day, and what holds for one kind and one office."""

from __future__ import annotations

from datetime import date

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.api.fields import Day, Line40, Model, Shown, UnitCode
from confsvc.web.api.layer import operation
from rooms.errors import FieldError, Invalid
from rooms.queries import find_unit_row
from scheduler.kinds import find_kind
from scheduler.local_time import local_day
from scheduler.name_queries import list_unit_codes
from scheduler.rule_queries import list_parents, list_rules
from scheduler.rule_whats import WHATS
from scheduler.rulebook import RuleBook, RuleRow


class RulesQuery(Model):
    """``as_of``: the day, today without it. ``kind``, ``unit``: for whom ``values`` are said; without them for all."""

    as_of: Day | None = None
    kind: Line40 | None = Field(default=None, min_length=1)
    unit: UnitCode | None = None


class RuleOut(Shown):
    """One dated row; ``kind`` or ``unit`` null: for all. ``valid_to`` null: until further notice."""

    id: int
    what: str
    kind: str | None
    unit: str | None
    value: str
    reason: str
    valid_from: date
    valid_to: date | None


class ValueOut(Shown):
    """What holds. ``value`` as a row has it: "none" is no limit, several choices stand with commas. ``by``: whose rule
    it is (unit, parent, kind, house, default); ``rule``: the row, null for a default. ``measure``: what is counted."""

    what: str
    value: str
    measure: str
    by: str
    rule: int | None


class RulesOut(Shown):
    as_of: date
    rules: list[RuleOut]
    values: list[ValueOut]


@operation("The house's rules as of a day", answer=RulesOut)
async def rules(request: web.Request, *, query: RulesQuery) -> RulesOut:
    day = query.as_of or local_day(keys.now(request))
    return await request.app[keys.DATABASE].read(_rules, query, day, keys.rules(request).book)


def _rules(db: Session, query: RulesQuery, day: date, base: RuleBook) -> RulesOut:
    unit = find_unit_row(db, query.unit) if query.unit else None
    errors = [FieldError("unit", "no_such_unit")] if query.unit and unit is None else []
    if query.kind and find_kind(query.kind) is None:
        errors.append(FieldError("kind", "unknown_value"))
    if errors:
        raise Invalid(errors)
    book = base.with_rows(list_rules(db), list_parents(db))
    codes = list_unit_codes(db, {row.unit_id for row in book.rows if row.unit_id is not None})
    unit_id = unit.id if unit else None
    values = []
    for name, what in WHATS.items():
        found = book.found(name, kind=query.kind, unit_id=unit_id, day=day)
        values.append(
            ValueOut(
                what=name, value=what.text(found.value), measure=what.measure, by=found.by,
                rule=found.row.id if found.row else None,
            )
        )  # fmt: skip
    return RulesOut(as_of=day, rules=[_row(row, codes) for row in book.rows if row.holds(day)], values=values)


def _row(row: RuleRow, codes: dict[int, str]) -> RuleOut:
    return RuleOut(
        id=row.id, what=row.what, kind=row.kind, unit=codes.get(row.unit_id) if row.unit_id else None, value=row.value,
        reason=row.reason, valid_from=row.valid_from, valid_to=row.valid_to,
    )  # fmt: skip
