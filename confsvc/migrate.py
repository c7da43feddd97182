"""Bringing a database to the schema of this version, and back.

SQLite: foreign keys are off while tables are rebuilt, because dropping a rebuilt parent would empty its cascading
children; they are checked before the commit. PostgreSQL: several processes may start at once, an advisory lock lets
one migrate while the others wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from confsvc.database import Database

_LOCK = 7_201_202_611


class BrokenReferences(RuntimeError):
    """A migration left rows that point nowhere; nothing was committed."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "confsvc:migrations")
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision that this version of the program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("no migrations are installed")
    return head


def current(database: Database) -> str | None:
    """The revision a database is at; None when it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to ``revision``; nothing happens when it is there already."""
    _run(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str) -> None:
    """Take the database back to ``revision`` ("base" removes every table)."""
    _run(database, lambda config: command.downgrade(config, revision))


def _run(database: Database, act: Callable[[Config], None]) -> None:
    with database.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if database.sqlite:
            raw.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
        try:
            with connection.begin():
                if not database.sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                act(_config(connection))
                if database.sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                    if broken:
                        raise BrokenReferences(f"{len(broken)} rows point nowhere, the first in {broken[0][0]}")
        finally:
            if database.sqlite:
                raw.execute("PRAGMA foreign_keys = ON")
