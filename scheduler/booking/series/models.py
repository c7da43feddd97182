"""Tables of series: what repeats, and the dates of it that do not take place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Row, one_of, options

COUNTS = ("each", "once")


class Series(Row):
    """Conferences that were booked together: by a rule, or as a list of sessions (``rule`` NULL).

    ``counts``: whether each is a counted meeting or all are one; what counts once is a list, since a rule may be split
    and a counted meeting may not. ``local_start``: naive local time of the rule's first date; ``minutes``: how long
    each lasts; ``wish``: what each is booked as. ``uid``: the calendar entry of a rule; ``closed_at``: when that was
    cancelled as a whole, after which dates have entries of their own. ``expected``: how many came to earlier dates
    (ShowRate), where the seats of later ones are reserved by that; NULL: for everybody.
    """

    __tablename__ = "series"
    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    host_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    counts: Mapped[str]
    rule: Mapped[str | None]
    tz: Mapped[str]
    local_start: Mapped[str]
    minutes: Mapped[int]
    wish: Mapped[dict[str, Any]]
    uid: Mapped[str | None] = mapped_column(ForeignKey("calendar_item.uid"))
    closed_at: Mapped[datetime | None]
    expected: Mapped[dict[str, Any] | None] = mapped_column(sort_order=1)
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    version: Mapped[int] = mapped_column(default=1)
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    __table_args__ = options(
        one_of("counts", COUNTS),
        CheckConstraint("counts = 'each' OR rule IS NULL", name="once_is_a_list"),
        CheckConstraint("minutes > 0", name="minutes"),
        Index(None, "uid"),
        Index(None, "host_unit_id"),
        Index(None, "split_from_id"),
    )


class SeriesSkip(Row):
    """A date of a rule on which nothing was booked; it can be put back."""

    __tablename__ = "series_skip"
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"))
    original_starts: Mapped[datetime]
    by: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = options(UniqueConstraint("series_id", "original_starts"))
