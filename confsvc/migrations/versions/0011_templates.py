"""Templates of offices; clashes of people that somebody has confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id, Json, UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"


def upgrade() -> None:
    op.create_table(
        "booking_template",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("unit_id", Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("clock", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("wish", Json, nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_booking_template"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_booking_template_unit_id"),
        sa.UniqueConstraint("key", name="uq_booking_template_key"),
        sa.UniqueConstraint("unit_id", "name_key", name="uq_booking_template_unit_id_name_key"),
        sa.CheckConstraint("clock >= 0 AND clock < 1440 AND minutes > 0", name=op.f("ck_booking_template_times")),
        sa.CheckConstraint(f"saved_at GLOB '{_UTC}'", name=op.f("ck_booking_template_saved_at_utc")).ddl_if(
            dialect="sqlite"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "known_clash",
        sa.Column("conference_id", Id, nullable=False),
        sa.Column("other_id", Id, nullable=False),
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_known_clash"),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_known_clash_conference_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["other_id"], ["conference.id"], name="fk_known_clash_other_id", ondelete="CASCADE"),
        sa.UniqueConstraint("conference_id", "other_id", "mail", name="uq_known_clash_conference_id_other_id_mail"),
        sa.CheckConstraint(f"at GLOB '{_UTC}'", name=op.f("ck_known_clash_at_utc")).ddl_if(dialect="sqlite"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_known_clash_other_id", "known_clash", ["other_id"])


def downgrade() -> None:
    op.drop_table("known_clash")
    op.drop_table("booking_template")
