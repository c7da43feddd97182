"""Changing the house's rules: a value from a day on, the end of one, the withdrawal of one that is still to come.

A row that was in force is never rewritten: what is new begins on its day and the old one ends the day before. Each act
leaves a ``change`` row. When it is about what counts, the lines of the measure on those days are made anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.kinds import find_kind
from scheduler.local_time import local_day
from scheduler.record.record import retally
from scheduler.rule_queries import (
    add_rule,
    delete_rule,
    find_rule,
    has_unit,
    list_rules_at,
    list_tallied_leaders,
    set_rule,
)
from scheduler.rule_whats import WHATS, Value, WrongValue
from scheduler.rulebook import RuleRow

EARLIEST, LATEST = date(2000, 1, 1), date(2200, 12, 31)
LONGEST_REASON = 300
TOPIC = "rules"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RuleWish:
    """A value to hold from ``valid_from`` to ``valid_to`` (inclusive; None: until further notice). ``reason``: the
    paper that says so, or why."""

    what: str
    kind: str | None
    unit_id: int | None
    value: str
    reason: str
    valid_from: date
    valid_to: date | None = None


def plan_rule(db: Session, wish: RuleWish) -> RuleRow | None:
    """Look at a wish without doing it: the row that would end or be replaced. Raises Invalid as ``put_rule`` would."""
    errors = list(_errors(db, wish))
    if errors:
        raise Invalid(errors)
    present = list_rules_at(db, wish.what, wish.kind, wish.unit_id)
    last = wish.valid_to or date.max
    if any(row.valid_from > wish.valid_from and row.valid_from <= last for row in present):
        raise Invalid([FieldError("valid_to", "later_exists")])
    return next((row for row in present if row.holds(wish.valid_from)), None)


def put_rule(db: Session, wish: RuleWish, *, actor: str, now: datetime) -> int:
    """Make a value hold from its day on; what held at that place before ends the day before, and goes on after
    ``valid_to``. The id of the row. Raises Invalid."""
    prior = plan_rule(db, wish)
    wish = replace(wish, value=WHATS[wish.what].text(value_of(wish)), reason=wish.reason.strip())
    columns = {"value": wish.value, "reason": wish.reason, "valid_from": wish.valid_from, "valid_to": wish.valid_to}
    if prior is not None and prior.valid_from < wish.valid_from:
        set_rule(db, prior.id, {"valid_to": wish.valid_from - ONE_DAY})
    if prior is not None and prior.valid_from == wish.valid_from:
        set_rule(db, prior.id, columns)
        rule_id, act = prior.id, "changed"
    else:
        rule_id, act = add_rule(db, _place(wish) | columns), "changed" if prior else "added"
    if prior is not None and wish.valid_to is not None and (prior.valid_to is None or prior.valid_to > wish.valid_to):
        rest = {"valid_from": wish.valid_to + ONE_DAY, "valid_to": prior.valid_to}
        add_rule(db, _place(wish) | {"value": prior.value, "reason": prior.reason} | rest)
    before = _terms(prior) if prior else None
    after = _place(wish) | {name: _text(value) for name, value in columns.items()}
    add_change(db, "rule", rule_id, act, actor=actor, now=now, before=before, after=after, reason=wish.reason or None)
    _follow(db, wish.what, wish.kind, wish.valid_from, wish.valid_to)
    return rule_id


def end_rule(db: Session, rule_id: int, last_day: date, reason: str, *, actor: str, now: datetime) -> None:
    """Let a rule hold no longer than ``last_day``. Raises NotFound, Invalid."""
    row = _found(db, rule_id)
    errors = []
    if last_day < row.valid_from:
        errors.append(FieldError("valid_to", "before", {"other": row.valid_from.isoformat()}))
    elif row.valid_to is not None and row.valid_to <= last_day:
        errors.append(FieldError("valid_to", "same" if row.valid_to == last_day else "already_ended"))
    if len(reason.strip()) > LONGEST_REASON:
        errors.append(FieldError("reason", "too_long", {"max": LONGEST_REASON}))
    if errors:
        raise Invalid(errors)
    set_rule(db, rule_id, {"valid_to": last_day})
    after = _shown(replace(row, valid_to=last_day))
    add_change(
        db, "rule", rule_id, "ended", actor=actor, now=now, before={"valid_to": _text(row.valid_to)}, after=after,
        reason=reason.strip() or None,
    )  # fmt: skip
    _follow(db, row.what, row.kind, last_day + ONE_DAY, row.valid_to)


def withdraw_rule(db: Session, rule_id: int, *, actor: str, now: datetime) -> None:
    """Take back a rule that is not in force yet; what holds until the day before goes on in its place. Raises NotFound,
    Invalid when it is or was in force."""
    row = _found(db, rule_id)
    if row.valid_from <= local_day(now):
        raise Invalid([FieldError("valid_from", "in_force")])
    delete_rule(db, rule_id)
    for prior in list_rules_at(db, row.what, row.kind, row.unit_id):
        if prior.valid_to == row.valid_from - ONE_DAY:
            set_rule(db, prior.id, {"valid_to": row.valid_to})
    add_change(db, "rule", rule_id, "withdrawn", actor=actor, now=now, before=_shown(row))
    poke(db, TOPIC)


def value_of(wish: RuleWish) -> Value:
    """What the text means. Raises WrongValue."""
    return WHATS[wish.what].parse(wish.value)


def _errors(db: Session, wish: RuleWish) -> Iterator[FieldError]:
    what = WHATS.get(wish.what)
    if what is None:
        yield FieldError("what", "unknown_value")
        return
    try:
        value_of(wish)
    except WrongValue as wrong:
        yield FieldError("value", wrong.code, wrong.data)
    if wish.kind is None and what.of_kind == "must":
        yield FieldError("kind", "required")
    elif wish.kind is not None and (what.of_kind == "no" or find_kind(wish.kind) is None):
        yield FieldError("kind", "not_wanted" if what.of_kind == "no" else "unknown_value")
    if wish.unit_id is not None and not what.of_unit:
        yield FieldError("unit", "not_wanted")
    elif wish.unit_id is not None and not has_unit(db, wish.unit_id):
        yield FieldError("unit", "no_such_unit")
    if len(wish.reason.strip()) > LONGEST_REASON:
        yield FieldError("reason", "too_long", {"max": LONGEST_REASON})
    if not EARLIEST <= wish.valid_from <= LATEST:
        yield FieldError("valid_from", "not_a_date")
    if wish.valid_to is not None and not wish.valid_from <= wish.valid_to <= LATEST:
        yield FieldError("valid_to", "before", {"other": wish.valid_from.isoformat()})


def _found(db: Session, rule_id: int) -> RuleRow:
    row = find_rule(db, rule_id)
    if row is None:
        raise NotFound(kind="rule", id=rule_id)
    return row


def _follow(db: Session, what: str, kind: str | None, since: date, until: date | None) -> None:
    """Say that the rules changed; measure anew what they count."""
    poke(db, TOPIC)
    if what == "counts" and kind is not None:
        for leader_id in list_tallied_leaders(db, kind, since, until):
            retally(db, leader_id)


def _place(wish: RuleWish) -> dict[str, Any]:
    return {"what": wish.what, "kind": wish.kind, "unit_id": wish.unit_id}


def _shown(row: RuleRow) -> dict[str, Any]:
    names = ("what", "kind", "unit_id", "value", "reason", "valid_from", "valid_to")
    return {name: _text(getattr(row, name)) for name in names}


def _terms(row: RuleRow) -> dict[str, Any]:
    """What a new value changes; what it is about stands in the new one, so that the log names it each time."""
    return {name: _text(getattr(row, name)) for name in ("value", "reason", "valid_from", "valid_to")}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
