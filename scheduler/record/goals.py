"""The goals and the scope that the plan of 2010 set, as rows: nothing in the measure is a constant."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid
from scheduler.record.goal_queries import add_goals, add_scopes, close_scopes, find_goal, list_goals, list_scopes

BASIS = "KH 2668/KH-UBND"
KEPT = "KH 2668/KH-UBND (duy trì)"
GOAL_YEARS = range(2012, 2016)
DISTRICTS_SINCE = date(1997, 1, 1)
COMMUNES_SINCE = date(2025, 7, 1)  # the day districts were abolished (domain.md 2.3)


def add_default_goals(db: Session, *, actor: str, now: datetime, current_year: int | None = None) -> None:
    """70 % for 2012, kept to 2015, and with ``current_year`` for that year too; existing rows are left alone.

    Nothing is interpolated: a year without a row has no goal. The counterpart level is the district, open-ended as the
    default directory is; ``add_commune_scope`` belongs to the reforms that abolish the districts.
    """
    known = {goal.year for goal in list_goals(db)}
    years = [year for year in (*GOAL_YEARS, current_year) if year is not None and year not in known]
    rows = [
        {"year": year, "numerator": 7, "denominator": 10, "basis": BASIS if year == GOAL_YEARS[0] else KEPT}
        for year in dict.fromkeys(years)
    ]
    add_goals(db, rows)
    if rows:
        add_change(db, "goal", rows[0]["year"], "added", actor=actor, now=now, after={"goals": rows})
    if not list_scopes(db):
        add_scopes(db, [{"counterpart_level": "district", "valid_from": DISTRICTS_SINCE, "valid_to": None}])


def add_commune_scope(db: Session, *, actor: str, now: datetime) -> bool:
    """From the day without districts on, communes are the counterpart; False when that was so already.

    To be applied with the dated reforms and not before: in a directory that still has districts nothing would count.
    """
    scopes = list_scopes(db)
    if any(scope.valid_from >= COMMUNES_SINCE for scope in scopes):
        return False
    close_scopes(db, COMMUNES_SINCE - timedelta(days=1))
    add_scopes(db, [{"counterpart_level": "commune", "valid_from": COMMUNES_SINCE, "valid_to": None}])
    after = {"counterpart_level": "commune", "valid_from": COMMUNES_SINCE.isoformat()}
    add_change(db, "kpi_scope", COMMUNES_SINCE.year, "added", actor=actor, now=now, after=after)
    return True


def set_goal(
    db: Session, year: int, numerator: int, denominator: int, basis: str, *, actor: str, now: datetime
) -> None:
    """The goal of a year as an exact fraction. Raises Invalid."""
    errors = []
    if not 2000 <= year <= 2200:
        errors.append(FieldError("year", "out_of_range", {"low": 2000, "high": 2200}))
    if not 0 < numerator <= denominator <= 10_000:
        errors.append(FieldError("numerator", "not_a_share"))
    if not basis.strip() or len(basis) > 200:
        errors.append(FieldError("basis", "too_long" if basis.strip() else "required"))
    if errors:
        raise Invalid(errors)
    row = {"year": year, "numerator": numerator, "denominator": denominator, "basis": basis.strip()}
    present = find_goal(db, year)
    if present is None:
        add_goals(db, [row])
        add_change(db, "goal", year, "added", actor=actor, now=now, after=row)
        return
    before = {name: getattr(present, name) for name in row}
    if before != row:
        present.numerator, present.denominator, present.basis = numerator, denominator, basis.strip()
        db.flush()
        add_change(db, "goal", year, "changed", actor=actor, now=now, before=before, after=row)
