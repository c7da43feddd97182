"""A statement on the driver's own cursor, in the transaction of a SQLAlchemy connection.

``exec_driver_sql`` makes a context and a result around each statement, which costs more than a small one itself
(measured: a tenth of a booking's whole time). What the driver refuses still comes as SQLAlchemy's exceptions. A lost
connection is found at the rollback that follows, where SQLAlchemy empties its pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def _cursor(connection: Connection, statement: str) -> Iterator[Any]:
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except connection.dialect.loaded_dbapi.Error as problem:
        raise _as_sqlalchemy(connection, statement, problem) from problem
    finally:
        cursor.close()


def rows(connection: Connection, statement: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement that has some, as the driver gives them. Raises as SQLAlchemy would."""
    with _cursor(connection, statement) as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def execute(connection: Connection, statement: str, parameters: Any, *, many: bool = False) -> None:
    """A statement without rows; ``many``: once for each of the parameters. Raises as SQLAlchemy would."""
    with _cursor(connection, statement) as cursor:
        (cursor.executemany if many else cursor.execute)(statement, parameters)


def _as_sqlalchemy(connection: Connection, statement: str, problem: Exception) -> BaseException:
    dialect = connection.dialect
    base: Any = dialect.loaded_dbapi.Error
    return DBAPIError.instance(statement, None, problem, base, hide_parameters=True, dialect=dialect)
