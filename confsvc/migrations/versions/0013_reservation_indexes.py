"""Indexes of what is taken carry its end, and none carries rows of other resources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_Indexes = dict[str, tuple[list[str], str | None]]
_BEFORE: _Indexes = {
    "ix_reservation_room_id_starts_ends": (["room_id", "starts", "ends"], None),
    "ix_reservation_line_id_starts": (["line_id", "starts"], "line_id IS NOT NULL"),
    "ix_reservation_bridge_id_starts": (["bridge_id", "starts"], "bridge_id IS NOT NULL"),
    "ix_reservation_closure_id": (["closure_id"], None),
}
_AFTER: _Indexes = {
    "ix_reservation_room_id_starts_ends": (["room_id", "starts", "ends"], "room_id IS NOT NULL"),
    "ix_reservation_line_id_starts_ends": (["line_id", "starts", "ends"], "line_id IS NOT NULL"),
    "ix_reservation_bridge_id_starts_ends": (["bridge_id", "starts", "ends"], "bridge_id IS NOT NULL"),
    "ix_reservation_closure_id": (["closure_id"], "closure_id IS NOT NULL"),
}


def upgrade() -> None:
    _exchange(_BEFORE, _AFTER)


def downgrade() -> None:
    _exchange(_AFTER, _BEFORE)


def _exchange(old: _Indexes, new: _Indexes) -> None:
    for name in old:
        op.drop_index(name, "reservation")
    for name, (columns, condition) in new.items():
        where = sa.text(condition) if condition else None
        op.create_index(name, "reservation", columns, postgresql_where=where, sqlite_where=where)
