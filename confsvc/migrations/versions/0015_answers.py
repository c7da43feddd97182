"""What the invited say: answers, unverified ones, other times that they propose, people whom nobody invited."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from rooms.schema import Id, UtcTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_UTC = "????-??-?? ??:??:??.??????"
_PARTSTATS = "('NEEDS-ACTION', 'ACCEPTED', 'DECLINED', 'TENTATIVE', 'DELEGATED')"


def upgrade() -> None:
    _table(
        "answer", _text("partstat"), _text("comment"), _number("reply_sequence"), _time("reply_dtstamp", null=True),
        _time("received_at"), _text("source"), sa.Column("old_version", sa.Boolean(), nullable=False),
        _text("delegated_to", null=True), _number("mail_id", null=True),
        partstat=f"partstat IN {_PARTSTATS}", source="source IN ('mail', 'page')", comment="length(comment) <= 2048",
    )  # fmt: skip
    _one_each("answer", "mail")
    _table(
        "unverified_answer", _text("sender"), _text("partstat"), _text("comment"), _text("why"), _time("received_at"),
        _number("mail_id", null=True), partstat=f"partstat IN {_PARTSTATS}", comment="length(comment) <= 2048",
    )  # fmt: skip
    _one_each("unverified_answer", "mail", "sender")
    _table(
        "proposal", _time("starts"), _time("ends"), _text("comment"), _text("state"), _number("reply_sequence"),
        _time("reply_dtstamp", null=True), _time("received_at"), _number("mail_id", null=True),
        _time("decided_at", null=True), _text("decided_by", null=True), _text("said"),
        state="state IN ('open', 'accepted', 'declined')", span="starts < ends", comment="length(comment) <= 2048",
    )  # fmt: skip
    _one_each("proposal", "mail", where=" AND state = 'open'")
    op.create_index("ix_proposal_uid", "proposal", ["uid"])
    _table(
        "stranger", _text("name"), _text("partstat"), _text("comment"), _text("through"), _text("state"),
        _number("reply_sequence"), _time("reply_dtstamp", null=True), _time("received_at"), _text("source"),
        _number("mail_id", null=True), _time("decided_at", null=True), _text("decided_by", null=True),
        partstat=f"partstat IN {_PARTSTATS}", state="state IN ('waiting', 'added', 'refused')",
        source="source IN ('mail', 'page')", comment="length(comment) <= 2048",
    )  # fmt: skip
    _one_each("stranger", "mail")


def downgrade() -> None:
    for name in ("stranger", "proposal", "unverified_answer", "answer"):
        op.drop_table(name)


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UtcTime(), nullable=null)


def _table(table: str, *columns: sa.Column[Any], **checks: str) -> None:
    """A table of what is said about an entry or one date of it."""
    own = [_text("uid"), _time("recurrence_id", null=True), _text("mail"), *columns]
    times = [column.name for column in own if isinstance(column.type, UtcTime)]
    op.create_table(
        table,
        *own,
        sa.Column("id", Id, autoincrement=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["uid"], ["calendar_item.uid"], name=f"fk_{table}_uid", ondelete="CASCADE"),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in checks.items()),
        *(
            sa.CheckConstraint(f"{name} GLOB '{_UTC}'", name=op.f(f"ck_{table}_{name}_utc")).ddl_if(dialect="sqlite")
            for name in times
        ),
        sqlite_autoincrement=True,
    )


def _one_each(table: str, *columns: str, where: str = "") -> None:
    for name, part, more in (("all", "IS NULL", []), ("date", "IS NOT NULL", ["recurrence_id"])):
        only = sa.text(f"recurrence_id {part}{where}")
        op.create_index(
            f"uq_{table}_{name}", table, ["uid", *more, *columns], unique=True, postgresql_where=only,
            sqlite_where=only,
        )  # fmt: skip
