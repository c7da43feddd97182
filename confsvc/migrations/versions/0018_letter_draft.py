"""What is added to a conference so that a letter of invitation can be made of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id, Json, UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"


def upgrade() -> None:
    op.create_table(
        "letter_draft",
        sa.Column("conference_id", Id, nullable=False),
        sa.Column("host_unit_id", Id, nullable=False),
        sa.Column("said", Json, nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_letter_draft"),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_letter_draft_conference_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["host_unit_id"], ["unit.id"], name="fk_letter_draft_host_unit_id"),
        sa.UniqueConstraint("conference_id", name="uq_letter_draft_conference_id"),
        sa.CheckConstraint(f"saved_at GLOB '{_UTC}'", name=op.f("ck_letter_draft_saved_at_utc")).ddl_if(
            dialect="sqlite"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_letter_draft_host_unit_id_saved_at", "letter_draft", ["host_unit_id", "saved_at"])


def downgrade() -> None:
    op.drop_table("letter_draft")
