"""Changing the working calendar: by people day by day, from a file, and the packaged table under what people decided.

A day that somebody added, changed or removed belongs to people from then on: a newer packaged table leaves it alone.
Whoever keeps the calendar in memory is poked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.calendar_file import LONGEST_NAME, LONGEST_SOURCE
from scheduler.calendar_queries import (
    DAY_SUBJECT,
    PROVINCE,
    add_days,
    add_hours,
    delete_day,
    delete_hours,
    find_day,
    find_hours,
    find_overlapping,
    list_days,
    list_decided_days,
    set_day,
    set_hours,
)
from scheduler.work_calendar import OfficeHours, SpecialDay

TOPIC = "rules"
EARLIEST, LATEST = 2000, 2200


@dataclass(frozen=True)
class Report:
    """What came of a file, in days."""

    added: tuple[date, ...] = ()
    changed: tuple[date, ...] = ()
    removed: tuple[date, ...] = ()
    unchanged: tuple[date, ...] = ()
    kept: tuple[date, ...] = ()
    """Differs from the packaged table, because people decided so."""


def put_day(db: Session, day: SpecialDay, *, actor: str, now: datetime) -> bool:
    """Add a special day or change it; False when it was so already. Raises Invalid."""
    if errors := list(_day_errors(day)):
        raise Invalid(errors)
    before = find_day(db, day.day)
    if before == day:
        return False
    if before is None:
        add_days(db, [day])
    else:
        set_day(db, day)
    add_change(
        db, DAY_SUBJECT, day.day.toordinal(), "changed" if before else "added", actor=actor, now=now,
        before=_shown(before) if before else None, after=_shown(day),
    )  # fmt: skip
    poke(db, TOPIC)
    return True


def remove_day(db: Session, day: date, *, actor: str, now: datetime) -> None:
    """Make a day what its weekday says. Raises NotFound."""
    before = find_day(db, day)
    if before is None:
        raise NotFound(kind=DAY_SUBJECT, key=day.isoformat())
    delete_day(db, day)
    add_change(db, DAY_SUBJECT, day.toordinal(), "removed", actor=actor, now=now, before=_shown(before))
    poke(db, TOPIC)


def import_days(db: Session, days: Sequence[SpecialDay], *, actor: str, now: datetime, dry_run: bool = False) -> Report:
    """Add and change the days of a file; what it does not name stays. The same file twice changes nothing."""
    present = {day.day: day for day in list_days(db)}
    if not dry_run:
        for day in days:
            put_day(db, day, actor=actor, now=now)
    return Report(
        added=tuple(day.day for day in days if day.day not in present),
        changed=tuple(day.day for day in days if day.day in present and present[day.day] != day),
        unchanged=tuple(day.day for day in days if present.get(day.day) == day),
    )


def load_packaged(
    db: Session, days: Sequence[SpecialDay], *, actor: str, now: datetime, dry_run: bool = False
) -> Report:
    """Make the calendar what the packaged table says, except for days that people decided; one ``change`` row for all.

    Days of an older packaged table that the new one no longer knows (a guess that came out otherwise) go.
    """
    decided = list_decided_days(db)
    present = {day.day: day for day in list_days(db)}
    wanted = {day.day: day for day in days}
    free = {day: special for day, special in wanted.items() if day not in decided}
    report = Report(
        added=tuple(day for day in free if day not in present),
        changed=tuple(day for day, special in free.items() if day in present and present[day] != special),
        removed=tuple(day for day in present if day not in wanted and day not in decided),
        unchanged=tuple(day for day, special in wanted.items() if present.get(day) == special),
        kept=tuple(day for day, special in wanted.items() if day in decided and present.get(day) != special),
    )
    if not dry_run and (report.added or report.changed or report.removed):
        _write(db, report, present, free, actor=actor, now=now)
    return report


def _write(
    db: Session, report: Report, present: Mapping[date, SpecialDay], free: Mapping[date, SpecialDay], *, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    add_days(db, [free[day] for day in report.added])
    for day in report.changed:
        set_day(db, free[day])
    for day in report.removed:
        delete_day(db, day)
    before = {"days": [_line(present[day]) for day in (*report.changed, *report.removed)]}
    after = {"added": len(report.added), "days": [_line(free[day]) for day in report.changed]}
    add_change(
        db, "calendar", 0, "loaded", actor=actor, now=now, before=before if before["days"] else None, after=after
    )
    poke(db, TOPIC)


def put_hours(
    db: Session, hours: OfficeHours, source: str, *, hours_id: int | None = None, actor: str, now: datetime
) -> int:
    """Add dated office hours, or change those with ``hours_id``; their id. Raises NotFound, Invalid."""
    present = find_hours(db, hours_id) if hours_id is not None else None
    if hours_id is not None and present is None:
        raise NotFound(kind="office_hours", key=hours_id)
    if errors := list(_hours_errors(db, hours, source, hours_id or 0)):
        raise Invalid(errors)
    values = _hours_values(hours, source)
    if present is None:
        hours_id = add_hours(db, {"scope": PROVINCE, **values})
        add_change(db, "office_hours", hours_id, "added", actor=actor, now=now, after=_plain(values))
    else:
        before = {name: getattr(present, name) for name in values}
        if before == values:
            return present.id
        hours_id = present.id
        set_hours(db, hours_id, values)
        add_change(
            db, "office_hours", hours_id, "changed", actor=actor, now=now, before=_plain(before), after=_plain(values)
        )
    poke(db, TOPIC)
    return hours_id


def remove_hours(db: Session, hours_id: int, *, actor: str, now: datetime) -> None:
    """Raises NotFound."""
    row = find_hours(db, hours_id)
    if row is None:
        raise NotFound(kind="office_hours", key=hours_id)
    before = _plain({name: getattr(row, name) for name in _HOURS})
    delete_hours(db, hours_id)
    add_change(db, "office_hours", hours_id, "removed", actor=actor, now=now, before=before)
    poke(db, TOPIC)


_HOURS = (
    "valid_from", "valid_to", "morning_opens", "morning_closes", "afternoon_opens", "afternoon_closes", "source",
)  # fmt: skip


def _hours_values(hours: OfficeHours, source: str) -> dict[str, Any]:
    return dict(
        zip(_HOURS, (hours.valid_from, hours.valid_to, *hours.morning, *hours.afternoon, source.strip()), strict=True)
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps it."""
    return {
        name: f"{value:%H:%M}" if isinstance(value, time) else value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


def _shown(day: SpecialDay) -> dict[str, Any]:
    return {name: value for name, value in vars(day).items() if name != "day"}


def _line(day: SpecialDay) -> str:
    return f"{day.day} {'+' if day.working else '-'} {day.name_vi}"


def _day_errors(day: SpecialDay) -> Iterator[FieldError]:
    if not EARLIEST <= day.day.year <= LATEST:
        yield FieldError("day", "out_of_range", {"low": EARLIEST, "high": LATEST})
    if not day.name_vi.strip():
        yield FieldError("name_vi", "required")
    for name, most in (("name_vi", LONGEST_NAME), ("name_en", LONGEST_NAME), ("source", LONGEST_SOURCE)):
        if len(getattr(day, name)) > most:
            yield FieldError(name, "too_long", {"max": most})
    if not day.source.strip():
        yield FieldError("source", "required")


def _hours_errors(db: Session, hours: OfficeHours, source: str, hours_id: int) -> Iterator[FieldError]:
    if not EARLIEST <= hours.valid_from.year <= LATEST:
        yield FieldError("valid_from", "out_of_range", {"low": EARLIEST, "high": LATEST})
    if hours.valid_to is not None and hours.valid_to < hours.valid_from:
        yield FieldError("valid_to", "before")
    elif (other := find_overlapping(db, hours.valid_from, hours.valid_to, hours_id)) is not None:
        until = other.valid_to.strftime("%d/%m/%Y") if other.valid_to else "…"
        yield FieldError("valid_from", "hours_overlap", {"first": f"{other.valid_from:%d/%m/%Y}", "last": until})
    clocks = (*hours.morning, *hours.afternoon)
    names = ("morning_opens", "morning_closes", "afternoon_opens", "afternoon_closes")
    for number in (1, 2, 3):
        if clocks[number] < clocks[number - 1] or (number != 2 and clocks[number] == clocks[number - 1]):
            yield FieldError(names[number], "before")
    if not source.strip():
        yield FieldError("source", "required")
    elif len(source) > LONGEST_SOURCE:
        yield FieldError("source", "too_long", {"max": LONGEST_SOURCE})
