"""Tables beside the wish: the templates of offices, and who knew that somebody would sit in two places at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Row, options


class BookingTemplate(Row):
    """A meeting that an office books again and again (mẫu), under a name of its own.

    ``name_key``: what makes the name unique in the office; ``clock``: minutes after midnight in the province;
    ``minutes``: how long it lasts; ``wish``: the rest of it, rooms and offices by id.
    """

    __tablename__ = "booking_template"
    key: Mapped[str] = mapped_column(unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str]
    name_key: Mapped[str]
    clock: Mapped[int]
    minutes: Mapped[int]
    wish: Mapped[dict[str, Any]]
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]
    __table_args__ = options(
        UniqueConstraint("unit_id", "name_key"),
        CheckConstraint("clock >= 0 AND clock < 1440 AND minutes > 0", name="times"),
    )


class KnownClash(Row):
    """Somebody confirmed that the person behind ``mail`` sits in this conference and in another one at once."""

    __tablename__ = "known_clash"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    mail: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = options(UniqueConstraint("conference_id", "other_id", "mail"), Index(None, "other_id"))
