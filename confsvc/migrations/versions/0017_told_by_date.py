"""What people know of one date of a shared entry, apart from the whole; and who opened and acknowledged a letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from confsvc.migrations.batch import keeping_triggers
from rooms.schema import Id, UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"


def upgrade() -> None:
    with keeping_triggers("told") as batch:
        batch.add_column(sa.Column("part", sa.String(), nullable=False, server_default=""))
        batch.drop_constraint("uq_told_uid_mail", type_="unique")
        batch.create_unique_constraint("uq_told_uid_mail_part", ["uid", "mail", "part"])
    with keeping_triggers("told") as batch:
        batch.alter_column("part", server_default=None)
    op.create_table(
        "receipt",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("opened", UtcTime(), nullable=True),
        sa.Column("acknowledged", UtcTime(), nullable=True),
        sa.Column("acknowledged_edition", sa.Integer(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.ForeignKeyConstraint(["uid"], ["calendar_item.uid"], name="fk_receipt_uid", ondelete="CASCADE"),
        sa.UniqueConstraint("uid", "mail", name="uq_receipt_uid_mail"),
        *_times("receipt", "opened", "acknowledged"),
        sqlite_autoincrement=True,
    )


def _times(table: str, *columns: str) -> list[sa.CheckConstraint]:
    """SQLite's times are texts of one form."""
    if op.get_bind().dialect.name != "sqlite":
        return []
    return [sa.CheckConstraint(f"{name} GLOB '{_UTC}'", name=op.f(f"ck_{table}_{name}_utc")) for name in columns]


def downgrade() -> None:
    op.drop_table("receipt")
    # Of several rows of one address the one about the whole stays, else the first: what it says is true as well.
    op.execute(
        "DELETE FROM told WHERE EXISTS (SELECT 1 FROM told AS other WHERE other.uid = told.uid"
        " AND other.mail = told.mail AND (other.part < told.part OR (other.part = told.part AND other.id < told.id)))"
    )
    with keeping_triggers("told") as batch:
        batch.drop_constraint("uq_told_uid_mail_part", type_="unique")
        batch.create_unique_constraint("uq_told_uid_mail", ["uid", "mail"])
        batch.drop_column("part")
