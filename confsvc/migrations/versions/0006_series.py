"""Conferences may be booked as a series; the dates that are left out are kept, so that they can be put back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from confsvc.migrations.batch import keeping_triggers
from rooms.schema import Id, Json, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"


def upgrade() -> None:
    _series_table()
    _skip_table()
    with keeping_triggers("conference") as batch:
        batch.add_column(
            sa.Column("series_id", Id, sa.ForeignKey("series.id", name="fk_conference_series_id"), nullable=True)
        )
        for name in ("original_starts", "recurrence_id"):
            batch.add_column(sa.Column(name, UtcTime(), nullable=True))
        batch.add_column(sa.Column("altered", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_unique_constraint("uq_conference_series_id_original_starts", ["series_id", "original_starts"])
        if op.get_bind().dialect.name == "sqlite":
            for name in ("original_starts", "recurrence_id"):
                batch.create_check_constraint(op.f(f"ck_conference_{name}_utc"), f"{name} GLOB '{_UTC}'")


def _series_table() -> None:
    op.create_table(
        "series",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("host_unit_id", Id, sa.ForeignKey("unit.id", name="fk_series_host_unit_id"), nullable=False),
        sa.Column("counts", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("tz", sa.String(), nullable=False),
        sa.Column("local_start", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("wish", Json, nullable=False),
        sa.Column("uid", sa.String(), sa.ForeignKey("calendar_item.uid", name="fk_series_uid"), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("split_from_id", Id, sa.ForeignKey("series.id", name="fk_series_split_from_id"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("key", name="uq_series_key"),
        sa.CheckConstraint("counts IN ('each', 'once')", name=op.f("ck_series_counts")),
        sa.CheckConstraint("counts = 'each' OR rule IS NULL", name=op.f("ck_series_once_is_a_list")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_series_minutes")),
        *(_utc("series", name) for name in ("closed_at", "made_at")),
        sqlite_autoincrement=True,
    )
    for name in ("uid", "host_unit_id", "split_from_id"):
        op.create_index(f"ix_series_{name}", "series", [name])


def _skip_table() -> None:
    op.create_table(
        "series_skip",
        sa.Column(
            "series_id", Id, sa.ForeignKey("series.id", name="fk_series_skip_series_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("original_starts", UtcTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_series_skip"),
        sa.UniqueConstraint("series_id", "original_starts", name="uq_series_skip_series_id_original_starts"),
        *(_utc("series_skip", name) for name in ("original_starts", "at")),
        sqlite_autoincrement=True,
    )  # fmt: skip


def _utc(table: str, column: str) -> sa.CheckConstraint:
    rule = sa.CheckConstraint(f"{column} GLOB '{_UTC}'", name=op.f(f"ck_{table}_{column}_utc"))
    return rule.ddl_if(dialect="sqlite")


def downgrade() -> None:
    with keeping_triggers("conference") as batch:
        batch.drop_constraint("uq_conference_series_id_original_starts", type_="unique")
        batch.drop_constraint("fk_conference_series_id", type_="foreignkey")
        if op.get_bind().dialect.name == "sqlite":
            for name in ("original_starts", "recurrence_id"):
                batch.drop_constraint(op.f(f"ck_conference_{name}_utc"), type_="check")
        for name in ("series_id", "original_starts", "recurrence_id", "altered"):
            batch.drop_column(name)
    op.drop_table("series_skip")
    op.drop_table("series")
