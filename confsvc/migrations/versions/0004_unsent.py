"""What somebody types into a form and has not sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id, Json, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


_AS_TEXT = "at GLOB '????-??-?? ??:??:??.??????'"


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "unsent",
        sa.Column("account_id", Id, sa.ForeignKey("account.id", name="fk_unsent_account_id"), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_unsent"),
        sa.UniqueConstraint("account_id", "form", name="uq_unsent_account_id_form"),
        *([sa.CheckConstraint(_AS_TEXT, name=op.f("ck_unsent_at_utc"))] if sqlite else []),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_unsent_at", "unsent", ["at"])


def downgrade() -> None:
    op.drop_table("unsent")
