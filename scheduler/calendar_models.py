"""Tables of the working calendar: days that are not what their weekday says, and dated office hours."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Base, Row, add_rule, no_overlap_ddl, options


class CalendarDay(Base):
    """A holiday, or a day of rest that is worked; the day itself is the key. ``source``: who says so."""

    __tablename__ = "calendar_day"
    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name_vi: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")


class OfficeHoursRow(Row):
    """Opening hours from one day to another (inclusive). ``scope`` says whose; so far there is one calendar."""

    __tablename__ = "office_hours"
    scope: Mapped[str] = mapped_column(default="province")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    morning_opens: Mapped[time]
    morning_closes: Mapped[time]
    afternoon_opens: Mapped[time]
    afternoon_closes: Mapped[time]
    source: Mapped[str] = mapped_column(default="")
    __table_args__ = options(
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="valid"),
        CheckConstraint(
            "morning_opens < morning_closes AND morning_closes <= afternoon_opens "
            "AND afternoon_opens < afternoon_closes",
            name="hours",
        ),
    )


add_rule(
    OfficeHoursRow.__table__,
    no_overlap_ddl("office_hours_no_overlap", "office_hours", "scope", "valid_from", "valid_to", dates=True),
)
