"""Tables of the record and the measure: who attended, what counts, against which goal."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.models import LEVELS
from rooms.schema import Row, one_of, options

EVIDENCE = ("auto", "confirmed", "declared")


class Presence(Row):
    """One device in a conference from when to when. Derived from facts and rebuilt at will."""

    __tablename__ = "presence"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    device: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    joined: Mapped[datetime]
    left: Mapped[datetime]
    source: Mapped[str]
    __table_args__ = options(Index(None, "conference_id"))


class Attendance(Row):
    """How one delegation attended: mode, minutes, and on whose evidence."""

    __tablename__ = "attendance"
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id", ondelete="CASCADE"), unique=True)
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    mode: Mapped[str]
    extent: Mapped[str]
    first: Mapped[datetime | None]
    last: Mapped[datetime | None]
    seconds: Mapped[int] = mapped_column(default=0)
    evidence: Mapped[str]
    by: Mapped[str]
    __table_args__ = options(
        one_of("mode", ("online", "in_person", "phone", "absent")),
        one_of("extent", ("full", "part", "none")),
        one_of("evidence", EVIDENCE),
        Index(None, "conference_id"),
    )


class Tally(Row):
    """One counted meeting's line in the measure; its leader is the conference that ``counted_with`` names."""

    __tablename__ = "tally"
    leader_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"), unique=True)
    year: Mapped[int]
    local_date: Mapped[date]
    host_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    host_group: Mapped[str]
    kind_class: Mapped[str]
    in_scope: Mapped[bool]
    scope_reason: Mapped[str | None]
    status: Mapped[str]
    v: Mapped[int]
    p: Mapped[int]
    online: Mapped[bool]
    lawful: Mapped[bool] = mapped_column(default=True)
    evidence: Mapped[str | None]
    __table_args__ = options(Index(None, "year", "in_scope"), Index(None, "host_unit_id"))


class TallyDistrict(Row):
    """The form in which one district attended one counted meeting."""

    __tablename__ = "tally_district"
    tally_id: Mapped[int] = mapped_column(ForeignKey("tally.id", ondelete="CASCADE"))
    counterpart_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    online: Mapped[bool]
    __table_args__ = options(UniqueConstraint("tally_id", "counterpart_unit_id"))


class KpiScope(Row):
    """Which level of unit is the counterpart that makes a meeting count, from one day to another (inclusive)."""

    __tablename__ = "kpi_scope"
    counterpart_level: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    __table_args__ = options(one_of("counterpart_level", LEVELS))


class Goal(Row):
    """The share of a year's counted meetings to be held online, as an exact fraction, and the paper that says so."""

    __tablename__ = "goal"
    year: Mapped[int] = mapped_column(unique=True)
    numerator: Mapped[int]
    denominator: Mapped[int]
    basis: Mapped[str] = mapped_column(default="")
    __table_args__ = options(CheckConstraint("0 < numerator AND numerator <= denominator", name="fraction"))
