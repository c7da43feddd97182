"""How many came to a series' earlier dates, where seats of later ones are reserved by that."""

from __future__ import annotations

import sqlalchemy as sa

from confsvc.migrations.batch import keeping_triggers
from rooms.schema import Json

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with keeping_triggers("series") as batch:
        batch.add_column(sa.Column("expected", Json, nullable=True))


def downgrade() -> None:
    with keeping_triggers("series") as batch:
        batch.drop_column("expected")
