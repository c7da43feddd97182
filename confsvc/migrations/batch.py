"""Changing a table on SQLite without losing what Alembic's batch mode drops.

Batch mode builds the table anew, copies the rows and drops the old one, and with it the triggers that refuse double
bookings, silently (measured: the next double booking is accepted). It also forgets AUTOINCREMENT: ids would be used
twice, and a booking, which takes its ids from ``sqlite_sequence``, fails the second time. Every change of an existing
table goes through ``keeping_triggers``; tests alter ``reservation`` through it and book afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy import Connection, text


@contextmanager
def keeping_triggers(table: str) -> Iterator[BatchOperations]:
    """``with keeping_triggers("reservation") as batch: batch.add_column(…)``, on both databases."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        with op.batch_alter_table(table) as batch:
            yield batch
        return
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table ORDER BY name")
    triggers = [(row[0], row[1]) for row in connection.execute(query, {"table": table})]
    numbered, last = _numbering(connection, table)
    with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": numbered}) as batch:
        yield batch
    if numbered:
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table})
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:table, :last)"), {"table": table, "last": last})
    for name, sql in triggers:
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(sql)


def _numbering(connection: Connection, table: str) -> tuple[bool, int]:
    """Whether ids of the table are never used twice, and the last one that was."""
    made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :table"), {"table": table}).scalar_one()
    query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    return "AUTOINCREMENT" in made, connection.execute(query, {"table": table}).scalar() or 0
