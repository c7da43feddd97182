"""A conference may wait for approval or be postponed; who was asked is kept, and the signed letter with its file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from confsvc.migrations.batch import keeping_triggers
from rooms.schema import Id, Json, UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"
_BEFORE = "'draft', 'planned', 'provisioned', 'open', 'ended', 'recorded', 'cancelled'"
_AFTER = f"{_BEFORE}, 'pending', 'postponed'"
_TIMES = ("approved_at", "hold_until")
_TEXTS = ("chair_level", "chair_for", "chair_consent", "verbal_order")


def upgrade() -> None:
    with keeping_triggers("conference") as batch:
        batch.drop_constraint(op.f("ck_conference_state"), type_="check")
        batch.create_check_constraint(op.f("ck_conference_state"), f"state IN ({_AFTER})")
        for name in _TEXTS:
            batch.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        batch.create_check_constraint(op.f("ck_conference_chair_level"), "chair_level IN ('', 'leader')")
        for name in _TIMES:
            batch.add_column(sa.Column(name, UtcTime(), nullable=True))
        if _sqlite():
            for name in _TIMES:
                batch.create_check_constraint(op.f(f"ck_conference_{name}_utc"), f"{name} GLOB '{_UTC}'")
    _approval_table()
    _letter_table()
    _done_table()


def _sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def _utc(table: str, *names: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(f"{name} GLOB '{_UTC}'", name=op.f(f"ck_{table}_{name}_utc")).ddl_if(dialect="sqlite")
        for name in names
    ]


def _approval_table() -> None:
    op.create_table(
        "approval",
        sa.Column("conference_id", Id, nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("unit_id", Id, nullable=True),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("asked", UtcTime(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("decided", UtcTime(), nullable=True),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("for_by", sa.String(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_approval_conference_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_approval_unit_id"),
        sa.CheckConstraint("function IN ('head', 'hall', 'operator')", name=op.f("ck_approval_function")),
        sa.CheckConstraint(
            "verdict IN ('approved', 'returned', 'answered', 'withdrawn', 'lapsed')", name=op.f("ck_approval_verdict")
        ),
        *_utc("approval", "asked", "decided"),
        sqlite_autoincrement=True,
    )
    where = sa.text("decided IS NULL")
    op.create_index(
        "uq_approval_open", "approval", ["conference_id", "function"], unique=True, postgresql_where=where,
        sqlite_where=where,
    )  # fmt: skip
    op.create_index("ix_approval_conference_id", "approval", ["conference_id"])


def _letter_table() -> None:
    op.create_table(
        "letter",
        sa.Column("conference_id", Id, nullable=False),
        sa.Column("host_unit_id", Id, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("issued", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=True),
        sa.Column("pdf_name", sa.String(), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.Column("pdf_read", sa.Boolean(), nullable=True),
        sa.Column("purged_by", sa.String(), nullable=True),
        sa.Column("purged_at", UtcTime(), nullable=True),
        sa.Column("purge_reason", sa.String(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_letter_conference_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["host_unit_id"], ["unit.id"], name="fk_letter_host_unit_id"),
        sa.UniqueConstraint("conference_id", name="uq_letter_conference_id"),
        sa.UniqueConstraint("host_unit_id", "number", "symbol", "year", name="uq_letter_number"),
        *_utc("letter", "recorded_at", "purged_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_letter_pdf_sha256", "letter", ["pdf_sha256"])


def _done_table() -> None:
    op.create_table(
        "done",
        sa.Column("conference_id", Id, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("for_starts", UtcTime(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("conference_id", "step", "for_starts", name="pk_done"),
        sa.ForeignKeyConstraint(["conference_id"], ["conference.id"], name="fk_done_conference_id", ondelete="CASCADE"),
        *_utc("done", "for_starts", "at"),
    )


def downgrade() -> None:
    for table in ("done", "letter", "approval"):
        op.drop_table(table)
    op.execute(
        "DELETE FROM reservation WHERE conference_id IN"
        " (SELECT id FROM conference WHERE state IN ('pending', 'postponed'))"
    )
    op.execute("UPDATE conference SET state = 'draft', due = NULL WHERE state = 'pending'")
    op.execute("UPDATE conference SET state = 'cancelled', due = NULL WHERE state = 'postponed'")
    with keeping_triggers("conference") as batch:
        batch.drop_constraint(op.f("ck_conference_state"), type_="check")
        batch.create_check_constraint(op.f("ck_conference_state"), f"state IN ({_BEFORE})")
        if _sqlite():
            for name in _TIMES:
                batch.drop_constraint(op.f(f"ck_conference_{name}_utc"), type_="check")
        batch.drop_constraint(op.f("ck_conference_chair_level"), type_="check")
        for name in (*_TIMES, *_TEXTS):
            batch.drop_column(name)
