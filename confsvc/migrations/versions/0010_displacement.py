"""Who gave way to whom and what came of it; meetings postponed together and brought back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id, Json, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"
_OUTCOMES = "'accepted', 'refused', 'unanswered', 'changed', 'cancelled', 'no_alternative', 'ended', 'sites_out'"


def _utc(table: str, *names: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(f"{name} GLOB '{_UTC}'", name=op.f(f"ck_{table}_{name}_utc")).ddl_if(dialect="sqlite")
        for name in names
    ]


def upgrade() -> None:
    op.create_table(
        "displacement",
        sa.Column("displaced_id", Id, nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("room_ids", Json, nullable=False),
        sa.Column("alternative_starts", UtcTime(), nullable=True),
        sa.Column("alternative_ends", UtcTime(), nullable=True),
        sa.Column("answer_until", UtcTime(), nullable=True),
        sa.Column("decided", UtcTime(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_displacement"),
        sa.ForeignKeyConstraint(
            ["displaced_id"], ["conference.id"], name="fk_displacement_displaced_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["conference.id"], name="fk_displacement_by_id", ondelete="CASCADE"),
        sa.CheckConstraint(f"outcome IN ({_OUTCOMES})", name=op.f("ck_displacement_outcome")),
        sa.CheckConstraint("(decided IS NULL) = (outcome IS NULL)", name=op.f("ck_displacement_decided")),
        sa.CheckConstraint("displaced_id <> by_id", name=op.f("ck_displacement_other")),
        *_utc("displacement", "at", "alternative_starts", "alternative_ends", "answer_until", "decided"),
        sqlite_autoincrement=True,
    )
    where = sa.text("decided IS NULL")
    op.create_index(
        "uq_displacement_open", "displacement", ["displaced_id"], unique=True, postgresql_where=where,
        sqlite_where=where,
    )  # fmt: skip
    op.create_index("ix_displacement_displaced_id", "displacement", ["displaced_id"])
    op.create_index("ix_displacement_by_id", "displacement", ["by_id"])
    _batch_tables()


def _batch_tables() -> None:
    op.create_table(
        "batch",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("chosen", Json, nullable=False),
        sa.Column("notice", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("of_id", Id, nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
        sa.ForeignKeyConstraint(["of_id"], ["batch.id"], name="fk_batch_of_id"),
        sa.UniqueConstraint("key", name="uq_batch_key"),
        sa.UniqueConstraint("of_id", name="uq_batch_of_id"),
        sa.CheckConstraint("act IN ('postpone', 'put_back')", name=op.f("ck_batch_act")),
        *_utc("batch", "made_at", "finished_at"),
        sqlite_autoincrement=True,
    )
    where = sa.text("finished_at IS NULL")
    op.create_index("ix_batch_open", "batch", ["id"], postgresql_where=where, sqlite_where=where)
    op.create_table(
        "batch_item",
        sa.Column("batch_id", Id, nullable=False),
        sa.Column("conference_id", Id, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "conference_id", name="pk_batch_item"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_batch_item_batch_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_batch_item_conference_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("state IN ('waiting', 'done', 'skipped')", name=op.f("ck_batch_item_state")),
        *_utc("batch_item", "at"),
    )
    op.create_index("ix_batch_item_conference_id", "batch_item", ["conference_id"])


def downgrade() -> None:
    """Who waits for an answer about another time is postponed: nobody would ask any more."""
    waiting = "SELECT displaced_id FROM displacement WHERE decided IS NULL"
    op.execute(f"DELETE FROM reservation WHERE conference_id IN ({waiting})")  # noqa: S608
    op.execute(f"UPDATE conference SET state = 'postponed', due = NULL WHERE id IN ({waiting})")  # noqa: S608
    for table in ("batch_item", "batch", "displacement"):
        op.drop_table(table)
