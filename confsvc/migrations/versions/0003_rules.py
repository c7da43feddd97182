"""The house's rules as dated rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PLACE = "what || '/' || coalesce(kind, '') || '/' || coalesce(CAST(unit_id AS TEXT), '')"
_CLASH = (
    "SELECT 1 FROM rule t WHERE t.place = new.place AND t.id IS NOT new.id "
    "AND t.valid_from <= coalesce(new.valid_to, '9999-12-31') AND new.valid_from <= coalesce(t.valid_to, '9999-12-31')"
)


def upgrade() -> None:
    op.create_table(
        "rule",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("unit_id", Id, sa.ForeignKey("unit.id", name="fk_rule_unit_id"), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_rule"),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_rule_valid")),
        sa.CheckConstraint(f"place = {_PLACE}", name=op.f("ck_rule_place")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_place", "rule", ["place"])
    op.create_index("ix_rule_unit_id", "rule", ["unit_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE rule ADD CONSTRAINT rule_no_overlap EXCLUDE USING gist "
            "(place WITH =, daterange(valid_from, valid_to, '[]') WITH &&)"
        )
        return
    for verb in ("insert", "update"):
        op.execute(
            f"CREATE TRIGGER rule_no_overlap_{verb} BEFORE {verb.upper()} ON rule WHEN EXISTS ({_CLASH}) "
            f"BEGIN SELECT RAISE(ABORT, 'rule_no_overlap'); END"
        )


def downgrade() -> None:
    op.drop_table("rule")
