"""Mails that came in, what reports say of addresses, addresses in trouble."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id, UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"
_KINDS = "('reply', 'counter', 'refresh', 'bounce', 'auto-reply', 'abuse-report', 'human', 'refused')"


def _utc(table: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{name} GLOB '{_UTC}'", name=op.f(f"ck_{table}_{name}_utc")).ddl_if(dialect="sqlite")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "incoming_mail",
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("received", UtcTime(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        *_text("reason", "from_mail", "code"),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("effect_id", Id, nullable=True),
        sa.Column("conference_id", Id, nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_incoming_mail"),
        sa.UniqueConstraint("sha256", name="uq_incoming_mail_sha256"),
        sa.ForeignKeyConstraint(["effect_id"], ["effect.id"], name="fk_incoming_mail_effect_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_incoming_mail_conference_id", ondelete="SET NULL"
        ),
        sa.CheckConstraint(f"kind IN {_KINDS}", name=op.f("ck_incoming_mail_kind")),
        sa.CheckConstraint("length(raw) <= 2200000", name=op.f("ck_incoming_mail_raw")),
        *(_utc("incoming_mail", name) for name in ("received", "decided_at")),
        sqlite_autoincrement=True,
    )
    undecided = sa.text("decided_at IS NULL")
    op.create_index(
        "ix_incoming_mail_undecided", "incoming_mail", ["attempts", "id"], postgresql_where=undecided,
        sqlite_where=undecided,
    )  # fmt: skip
    op.create_index("ix_incoming_mail_received", "incoming_mail", ["received"])
    op.create_index("ix_incoming_mail_from_mail_received", "incoming_mail", ["from_mail", "received"])
    op.create_index("ix_incoming_mail_conference_id", "incoming_mail", ["conference_id"])
    op.create_table(
        "mail_report",
        sa.Column("mail_id", Id, nullable=False),
        *_text("mail", "action", "status", "diagnostic", "weight"),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("effect_id", Id, nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_mail_report"),
        sa.UniqueConstraint("mail_id", "mail", name="uq_mail_report_mail_id_mail"),
        sa.ForeignKeyConstraint(["mail_id"], ["incoming_mail.id"], name="fk_mail_report_mail_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["effect_id"], ["effect.id"], name="fk_mail_report_effect_id", ondelete="SET NULL"),
        sa.CheckConstraint("weight IN ('gone', 'hard', 'soft', 'none')", name=op.f("ck_mail_report_weight")),
        _utc("mail_report", "at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mail_report_mail_at", "mail_report", ["mail", "at"])
    op.create_index("ix_mail_report_effect_id", "mail_report", ["effect_id"])
    op.create_table(
        "address_trouble",
        *_text("mail", "state", "status"),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_address_trouble"),
        sa.UniqueConstraint("mail", name="uq_address_trouble_mail"),
        sa.CheckConstraint("state IN ('failing', 'stopped')", name=op.f("ck_address_trouble_state")),
        _utc("address_trouble", "since"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for name in ("address_trouble", "mail_report", "incoming_mail"):
        op.drop_table(name)
