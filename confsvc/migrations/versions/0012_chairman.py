"""The Chairman's own level of chair; mails to whoever decides are found quickly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from confsvc.migrations.batch import keeping_triggers

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_LEVEL = "ck_conference_chair_level"


def upgrade() -> None:
    with keeping_triggers("conference") as batch:
        batch.drop_constraint(op.f(_LEVEL), type_="check")
        batch.create_check_constraint(op.f(_LEVEL), "chair_level IN ('', 'leader', 'chairman')")
    kind = sa.text("kind = 'waiting'")
    op.create_index("ix_effect_waiting", "effect", ["chain", "id"], postgresql_where=kind, sqlite_where=kind)


def downgrade() -> None:
    op.drop_index("ix_effect_waiting", "effect")
    op.execute("DELETE FROM effect WHERE kind IN ('asked', 'waiting')")
    op.execute("UPDATE conference SET chair_level = 'leader' WHERE chair_level = 'chairman'")
    with keeping_triggers("conference") as batch:
        batch.drop_constraint(op.f(_LEVEL), type_="check")
        batch.create_check_constraint(op.f(_LEVEL), "chair_level IN ('', 'leader')")
