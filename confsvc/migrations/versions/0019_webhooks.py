"""Other systems that are told of conferences, what was delivered to them, and how far changes were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id, Json, UtcTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"


def _utc(table: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{name} GLOB '{_UTC}'", name=op.f(f"ck_{table}_{name}_utc")).ddl_if(dialect="sqlite")


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("wants", Json, nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("since", Id, nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("failing_since", UtcTime(), nullable=True),
        sa.Column("disabled_at", UtcTime(), nullable=True),
        sa.Column("disabled_by", sa.String(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sa.UniqueConstraint("key", name="uq_webhook_key"),
        *(_utc("webhook", name) for name in ("made_at", "failing_since", "disabled_at")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("webhook_id", Id, nullable=False),
        sa.Column("conference_id", Id, nullable=True),
        sa.Column("change_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("millis", sa.Integer(), nullable=True),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name="fk_webhook_delivery_webhook_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name="fk_webhook_delivery_conference_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("webhook_id", "event_id", "number", name="uq_webhook_delivery_webhook_id_event_id_number"),
        *(_utc("webhook_delivery", name) for name in ("made_at", "answered_at")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_delivery_webhook_id_conference_id", "webhook_delivery", ["webhook_id", "conference_id"])
    op.create_index("ix_webhook_delivery_conference_id", "webhook_delivery", ["conference_id"])
    op.create_table(
        "news_reader",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("upto", Id, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_news_reader"),
        sqlite_autoincrement=False,
    )


def downgrade() -> None:
    op.drop_table("news_reader")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
    op.execute("DELETE FROM effect WHERE kind IN ('webhook', 'urgent', 'sms', 'alarm', 'reminder')")
