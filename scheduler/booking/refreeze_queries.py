"""Whose delegations do not say what their unit is on the day of the sitting, and the rows that are put right."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, exists, null, or_, select, update
from sqlalchemy.orm import Session, aliased

from rooms.models import Unit, UnitName, UnitSuccession
from rooms.queries import dated
from scheduler.local_time import instant, local_day
from scheduler.models import Conference, Delegation, KpiScope, Series

AHEAD = ("draft", "postponed", "pending", "planned", "provisioned")
_Parent = aliased(Unit)


def list_turning_days(db: Session, after: date) -> list[date]:
    """Days after ``after`` from which a unit has another name, is there no more, or another level is counted."""
    starts = (select(table.valid_from).where(table.valid_from > after) for table in (Unit, UnitName, KpiScope))
    found = {day for query in starts for day in db.scalars(query)}
    ends = (select(table.valid_to).where(table.valid_to >= after) for table in (Unit, UnitName, KpiScope))
    found |= {day + timedelta(days=1) for query in ends for day in db.scalars(query) if day is not None}
    return sorted(found)


def list_misnamed(db: Session, *, now: datetime) -> list[int]:
    """Conferences ahead with a delegation whose name, level or counterpart is not that of the sitting's day.

    Between two turning days the directory is the same on every day, so each such span is asked for once.
    """
    today = local_day(now)
    days = [today, *list_turning_days(db, today)]
    until: list[datetime | None] = [*(instant(day) for day in days[1:]), None]
    found: list[int] = []
    for day, since, before in zip(days, [now, *(instant(day) for day in days[1:])], until, strict=True):
        found += _list_misnamed(db, day, since, before)
    return found


def _list_misnamed(db: Session, day: date, since: datetime, before: datetime | None) -> list[int]:
    query = (
        select(Conference.id)
        .join(Delegation, Delegation.conference_id == Conference.id)
        .outerjoin(Unit, and_(Unit.id == Delegation.unit_id, dated(Unit, day)))
        .outerjoin(UnitName, and_(UnitName.unit_id == Unit.id, dated(UnitName, day)))
        .outerjoin(_Parent, _Parent.id == Unit.parent_id)
        .where(Conference.state.in_(AHEAD), Conference.starts >= since, _is_other(day))
        .distinct()
    )
    if before is not None:
        query = query.where(Conference.starts < before)
    return list(db.scalars(query.order_by(Conference.id)))


def _is_other(day: date) -> ColumnElement[bool]:
    counted = select(KpiScope.counterpart_level).where(dated(KpiScope, day)).limit(1).scalar_subquery()
    counterpart = case(
        (Unit.level == counted, Unit.id), (_Parent.level == counted, Unit.parent_id), else_=null()
    )  # as UnitPart.counterpart_id
    heir = exists().where(UnitSuccession.from_id == Delegation.unit_id, UnitSuccession.on_date <= day)
    there = and_(
        UnitName.id.is_not(None),
        or_(
            UnitName.name != Delegation.unit_name, UnitName.short != Delegation.unit_short,
            Unit.level != Delegation.level, counterpart.is_distinct_from(Delegation.counterpart_unit_id),
        ),
    )  # fmt: skip
    return or_(there, and_(Unit.id.is_(None), heir))


def set_frozen(db: Session, changed: Mapping[int, Mapping[str, Any]], gone: Collection[int]) -> None:
    """Write what delegations say, by id, and take out those that are another's now."""
    if gone:
        db.execute(delete(Delegation).where(Delegation.id.in_(gone)).execution_options(synchronize_session=False))
    for delegation_id, values in changed.items():
        row = update(Delegation).where(Delegation.id == delegation_id).values(**values)
        db.execute(row.execution_options(synchronize_session=False))
    db.expire_all()


def set_version_raised(db: Session, conference_id: int, **values: Any) -> None:
    row = update(Conference).where(Conference.id == conference_id)
    db.execute(row.values(version=Conference.version + 1, **values))


def find_shared_series(db: Session, conference_id: int) -> Series | None:
    """The series whose entry a conference is a date of, which nobody else changes until the end; None without one."""
    date = select(Conference.series_id).where(Conference.id == conference_id, Conference.recurrence_id.is_not(None))
    query = select(Series).where(Series.id.in_(date)).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))
