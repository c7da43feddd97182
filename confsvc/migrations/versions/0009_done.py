"""Steps of a sitting keep what was found; sites are checked in to or given back; comments; trial runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from confsvc.migrations.batch import keeping_triggers
from rooms.schema import Id, Json, UtcTime

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"
_TIMES = ("checked_in_at", "given_back_at")


def upgrade() -> None:
    with keeping_triggers("done") as batch:
        batch.add_column(sa.Column("data", Json, nullable=True))
    with keeping_triggers("site") as batch:
        batch.add_column(sa.Column("checked_in_at", UtcTime(), nullable=True))
        batch.add_column(sa.Column("checked_in_by", sa.String(), nullable=True))
        batch.add_column(sa.Column("given_back_at", UtcTime(), nullable=True))
        if _sqlite():
            for name in _TIMES:
                batch.create_check_constraint(op.f(f"ck_site_{name}_utc"), f"{name} GLOB '{_UTC}'")
    with keeping_triggers("conference") as batch:
        link = sa.ForeignKey("conference.id", name="fk_conference_trial_for_id")
        batch.add_column(sa.Column("trial_for_id", Id, link, nullable=True))
    op.create_table(
        "comment",
        sa.Column("conference_id", Id, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_comment_conference_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint(f"at GLOB '{_UTC}'", name=op.f("ck_comment_at_utc")).ddl_if(dialect="sqlite"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comment_conference_id", "comment", ["conference_id"])


def _sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def downgrade() -> None:
    op.drop_table("comment")
    with keeping_triggers("conference") as batch:
        batch.drop_constraint("fk_conference_trial_for_id", type_="foreignkey")
        batch.drop_column("trial_for_id")
    with keeping_triggers("site") as batch:
        if _sqlite():
            for name in _TIMES:
                batch.drop_constraint(op.f(f"ck_site_{name}_utc"), type_="check")
        for name in ("given_back_at", "checked_in_by", "checked_in_at"):
            batch.drop_column(name)
    with keeping_triggers("done") as batch:
        batch.drop_column("data")
