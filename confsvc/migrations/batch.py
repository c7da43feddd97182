"""Changing a table on SQLite without losing what Alembic's batch mode drops.

Batch mode builds the table anew, copies the rows and drops the old one, and with it the triggers that refuse double
bookings, silently (measured: the next double booking is accepted). Every change of an existing table goes through
``keeping_triggers``; a test alters ``reservation`` through it and races a booking afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy import text


@contextmanager
def keeping_triggers(table: str) -> Iterator[BatchOperations]:
    """``with keeping_triggers("reservation") as batch: batch.add_column(…)``, on both databases."""
    connection = op.get_bind()
    triggers: list[tuple[str, str]] = []
    if connection.dialect.name == "sqlite":
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table ORDER BY name")
        triggers = [(row[0], row[1]) for row in connection.execute(query, {"table": table})]
    with op.batch_alter_table(table) as batch:
        yield batch
    for name, sql in triggers:
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(sql)
