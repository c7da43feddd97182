"""Secret addresses of feeds, feeds as they were written, offices whose timetable is public."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id, UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"


def upgrade() -> None:
    op.create_table(
        "feed_token",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_by", Id, nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("last_used", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_feed_token"),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_feed_token_made_by"),
        sa.UniqueConstraint("sha256", name="uq_feed_token_sha256"),
        sa.CheckConstraint("kind IN ('account', 'unit', 'room')", name=op.f("ck_feed_token_kind")),
        *_times("feed_token", "created", "last_used", "revoked_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feed_token_kind_subject_id", "feed_token", ["kind", "subject_id"])
    op.create_table(
        "feed_body",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("modified", UtcTime(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_feed_body"),
        sa.UniqueConstraint("feed", name="uq_feed_body_feed"),
        *_times("feed_body", "modified"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "public_timetable",
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_public_timetable"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_public_timetable_unit_id"),
        sa.UniqueConstraint("unit_id", name="uq_public_timetable_unit_id"),
        *_times("public_timetable", "opened_at"),
        sqlite_autoincrement=True,
    )


def _times(table: str, *columns: str) -> list[sa.CheckConstraint]:
    """SQLite's times are texts of one form."""
    if op.get_bind().dialect.name != "sqlite":
        return []
    return [sa.CheckConstraint(f"{name} GLOB '{_UTC}'", name=op.f(f"ck_{table}_{name}_utc")) for name in columns]


def downgrade() -> None:
    op.drop_table("public_timetable")
    op.drop_table("feed_body")
    op.drop_table("feed_token")
