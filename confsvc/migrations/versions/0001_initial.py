"""All tables of the first release, as frozen SQL for each database."""

from __future__ import annotations

from importlib.resources import files

from alembic import op
from sqlalchemy import inspect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    sql = files("confsvc.migrations").joinpath("initial", f"{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in sql.split("\n--;;\n"):
        connection.exec_driver_sql(
            statement.replace("%", "%%") if connection.dialect.name == "postgresql" else statement
        )


def downgrade() -> None:
    connection = op.get_bind()
    postgres = connection.dialect.name == "postgresql"
    for table in inspect(connection).get_table_names():
        if table != "alembic_version":
            op.execute(f"DROP TABLE {table}{' CASCADE' if postgres else ''}")
    if postgres:
        op.execute("DROP FUNCTION IF EXISTS change_append_only()")
