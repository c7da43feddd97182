"""The statements on the working calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from rooms.models import Change
from scheduler.calendar_models import CalendarDay, OfficeHoursRow
from scheduler.work_calendar import OfficeHours, SpecialDay, WorkCalendar

DAY_SUBJECT = "calendar_day"
PROVINCE = "province"
_DAY = (CalendarDay.day, CalendarDay.working, CalendarDay.name_vi, CalendarDay.name_en, CalendarDay.source)


def find_calendar(db: Session) -> WorkCalendar:
    """The whole calendar, as the running service keeps it."""
    days = {day.day: day for day in list_days(db)}
    return WorkCalendar(days, tuple(hours_of(row) for row in list_hours(db)))


def hours_of(row: OfficeHoursRow) -> OfficeHours:
    return OfficeHours(
        row.valid_from, row.valid_to, (row.morning_opens, row.morning_closes),
        (row.afternoon_opens, row.afternoon_closes),
    )  # fmt: skip


def list_days(db: Session, first: date = date.min, last: date = date.max) -> list[SpecialDay]:
    """Special days from ``first`` to ``last``, in order."""
    query = select(*_DAY).where(CalendarDay.day.between(first, last)).order_by(CalendarDay.day)
    return [SpecialDay(*row) for row in db.execute(query)]


def find_day(db: Session, day: date) -> SpecialDay | None:
    row = db.execute(select(*_DAY).where(CalendarDay.day == day)).first()
    return SpecialDay(*row) if row else None


def add_days(db: Session, days: Sequence[SpecialDay]) -> None:
    """Days that another process has just added stay as that one wrote them."""
    if not days:
        return
    insert = (postgresql if db.get_bind().dialect.name == "postgresql" else sqlite).insert(CalendarDay)
    db.execute(insert.on_conflict_do_nothing(), [vars(day) for day in days])


def set_day(db: Session, day: SpecialDay) -> None:
    values = {name: value for name, value in vars(day).items() if name != "day"}
    db.execute(update(CalendarDay).where(CalendarDay.day == day.day).values(values))


def delete_day(db: Session, day: date) -> None:
    db.execute(delete(CalendarDay).where(CalendarDay.day == day))


def list_decided_days(db: Session) -> set[date]:
    """Days that people added, changed or removed: those are no longer the packaged table's."""
    query = select(Change.subject_id).where(Change.subject_kind == DAY_SUBJECT).distinct()
    return {date.fromordinal(number) for number in db.scalars(query)}


def list_hours(db: Session) -> list[OfficeHoursRow]:
    """Office hours, the earliest first."""
    query = select(OfficeHoursRow).where(OfficeHoursRow.scope == PROVINCE).order_by(OfficeHoursRow.valid_from)
    return list(db.scalars(query))


def find_hours(db: Session, hours_id: int) -> OfficeHoursRow | None:
    return db.get(OfficeHoursRow, hours_id)


def find_overlapping(db: Session, valid_from: date, valid_to: date | None, except_id: int) -> OfficeHoursRow | None:
    """Another row of office hours that holds on some day between two (inclusive; None: open)."""
    query = select(OfficeHoursRow).where(
        OfficeHoursRow.scope == PROVINCE, OfficeHoursRow.id != except_id,
        (OfficeHoursRow.valid_to.is_(None)) | (OfficeHoursRow.valid_to >= valid_from),
    )  # fmt: skip
    if valid_to is not None:
        query = query.where(OfficeHoursRow.valid_from <= valid_to)
    return db.scalar(query.order_by(OfficeHoursRow.valid_from).limit(1))


def add_hours(db: Session, values: dict[str, Any]) -> int:
    row = OfficeHoursRow(**values)
    db.add(row)
    db.flush()
    return row.id


def set_hours(db: Session, hours_id: int, values: dict[str, Any]) -> None:
    db.execute(update(OfficeHoursRow).where(OfficeHoursRow.id == hours_id).values(values))


def delete_hours(db: Session, hours_id: int) -> None:
    db.execute(delete(OfficeHoursRow).where(OfficeHoursRow.id == hours_id))
