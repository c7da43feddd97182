"""Tables of giving way: who was displaced by whom and what came of it, and meetings that were postponed together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Base, Row, one_of, options

OUTCOMES = ("accepted", "refused", "unanswered", "changed", "cancelled", "no_alternative", "ended", "sites_out")
"""What came of a displacement. "changed": its host gave it another time or other rooms; the last three were decided
with the displacement itself."""
BATCH_ACTS = ("postpone", "put_back")
ITEM_STATES = ("waiting", "done", "skipped")


class Displacement(Row):
    """One conference gave way to another. ``room_ids``: the rooms that it lost; ``alternative_starts``: the time that
    is held for it until ``answer_until``."""

    __tablename__ = "displacement"
    displaced_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    by_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    by: Mapped[str]
    room_ids: Mapped[list[Any]]
    alternative_starts: Mapped[datetime | None]
    alternative_ends: Mapped[datetime | None]
    answer_until: Mapped[datetime | None]
    decided: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    outcome: Mapped[str | None]
    __table_args__ = options(
        one_of("outcome", OUTCOMES),
        CheckConstraint("(decided IS NULL) = (outcome IS NULL)", name="decided"),
        CheckConstraint("displaced_id <> by_id", name="other"),
        Index(
            "uq_displacement_open", "displaced_id", unique=True, postgresql_where=text("decided IS NULL"),
            sqlite_where=text("decided IS NULL"),
        ),
        Index(None, "displaced_id"),
        Index(None, "by_id"),
    )  # fmt: skip


class Batch(Row):
    """Many conferences postponed together, or brought back: ``of_id`` is the batch whose meetings come back."""

    __tablename__ = "batch"
    key: Mapped[str] = mapped_column(unique=True)
    act: Mapped[str]
    chosen: Mapped[dict[str, Any]]  # the filter, as it was asked
    notice: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    of_id: Mapped[int | None] = mapped_column(ForeignKey("batch.id"))
    __table_args__ = options(
        one_of("act", BATCH_ACTS),
        UniqueConstraint("of_id"),
        Index(
            "ix_batch_open", "id", postgresql_where=text("finished_at IS NULL"),
            sqlite_where=text("finished_at IS NULL"),
        ),
    )  # fmt: skip


class BatchItem(Base):
    """One conference of a batch: one unit of work. ``code``: why it was skipped."""

    __tablename__ = "batch_item"
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(default="waiting")
    at: Mapped[datetime | None]
    code: Mapped[str | None]
    __table_args__ = (one_of("state", ITEM_STATES), Index(None, "conference_id"))
