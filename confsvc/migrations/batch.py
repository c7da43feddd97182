"""Changing a table on SQLite without losing what Alembic's batch mode drops.

Batch mode builds the table anew, copies the rows and drops the old one, and with it the triggers that refuse double
bookings, silently (measured: the next double booking is accepted), and AUTOINCREMENT, so that ids come again. Every change of an existing table goes through
``keeping_triggers``; a test alters ``reservation`` through it and races a booking afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy import text

_LAST = text("SELECT seq FROM sqlite_sequence WHERE name = :table")


@contextmanager
def keeping_triggers(table: str) -> Iterator[BatchOperations]:
    """``with keeping_triggers("reservation") as batch: batch.add_column(…)``, on both databases."""
    connection = op.get_bind()
    triggers: list[tuple[str, str]] = []
    last = None
    if connection.dialect.name == "sqlite":
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table ORDER BY name")
        triggers = [(row[0], row[1]) for row in connection.execute(query, {"table": table})]
        last = connection.scalar(_LAST, {"table": table})
    with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as batch:
        yield batch
    if last is not None:  # the copied rows may lack the highest id that was ever given
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table})
        connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), {"table": table, "last": last}
        )
    for name, sql in triggers:
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(sql)
