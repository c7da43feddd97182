"""Many rows of several tables in one round trip.

PostgreSQL: one statement, a CTE per table fed by a JSON parameter. SQLite: prepared statements on the driver. Measured
four to eight times faster than ORM objects; used where a booking must be quick, nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import JSON, Connection, Dialect, Table
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from rooms import driver

Bundle = Sequence[tuple[Any, Sequence[dict[str, Any]]]]
"""Tables (mapped classes) and their rows, parents first. All rows of one table have the same keys."""


def insert_bundle(db: Session, bundle: Bundle) -> None:
    """Insert all rows of ``bundle``; columns left out take their scalar default.

    Raises IntegrityError as any insert would; ids that other rows refer to must be given (``next_ids``).
    """
    parts = [(model.__table__, _complete(model.__table__, rows)) for model, rows in bundle if rows]
    if not parts:
        return
    connection = db.connection()
    if connection.dialect.name == "postgresql":
        _insert_postgresql(connection, parts)
    else:
        for table, rows in parts:
            _insert_sqlite(connection, table, rows)


def next_ids(db: Session, model: Any, count: int = 1) -> list[int]:
    """``count`` ids that nobody else gets; on SQLite the caller must hold the write lock (every write unit does)."""
    name = model.__table__.name
    if db.connection().dialect.name == "postgresql":
        return [row[0] for row in driver.rows(db.connection(), _NEXT, {"name": name, "count": count})]
    return next_ids_of(db, {model: count})[0]


def next_ids_of(db: Session, counts: Mapping[Any, int]) -> list[list[int]]:
    """On SQLite, ids for several tables in one statement: how many by mapped class, in their order."""
    last = dict(driver.rows(db.connection(), "SELECT name, seq FROM sqlite_sequence"))
    firsts = [(last.get(model.__table__.name, 0) + 1, count) for model, count in counts.items()]
    return [list(range(first, first + count)) for first, count in firsts]


_NEXT = "SELECT nextval(pg_get_serial_sequence(%(name)s, 'id')) FROM generate_series(1, %(count)s)"


def _complete(table: Table, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    defaults = {
        c.name: c.default.arg
        for c in table.columns
        if c.name not in rows[0] and isinstance(c.default, ScalarElementColumnDefault)
    }
    return [{**defaults, **row} for row in rows] if defaults else list(rows)


@cache
def _statement(parts: tuple[tuple[Table, tuple[str, ...]], ...], dialect: Dialect) -> str:
    """One statement for rows of these tables and columns; psycopg's own parameters, for there is nothing to compile."""
    ctes = []
    for number, (table, columns) in enumerate(parts):
        listed = ", ".join(columns)
        shape = ", ".join(f"{name} {table.c[name].type.compile(dialect)}" for name in columns)
        source = f"json_to_recordset(CAST(%(p{number})s AS json)) AS r({shape})"
        ctes.append(f"c{number} AS (INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {source})")  # noqa: S608
    return f"WITH {', '.join(ctes)} SELECT 1"


def _insert_postgresql(connection: Connection, parts: list[tuple[Table, list[dict[str, Any]]]]) -> None:
    statement = _statement(tuple((table, tuple(rows[0])) for table, rows in parts), connection.dialect)
    values = {f"p{number}": to_json(rows).decode() for number, (_, rows) in enumerate(parts)}
    driver.execute(connection, statement, values)


def _insert_sqlite(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    columns = tuple(rows[0])
    sql, processors = _prepared(table, columns, connection.dialect)
    by_column = [_bound([row[name] for row in rows], p) for name, p in zip(columns, processors, strict=True)]
    values = list(zip(*by_column, strict=True))
    driver.execute(connection, sql, values, many=True)


def _bound(values: list[Any], process: Any) -> list[Any]:
    """A column's values for the driver. The rows of one bundle share most of theirs: one object is converted once."""
    if process is None:
        return values
    bound, last, made = [], None, None
    for value in values:
        if value is not last:
            last, made = value, process(value)
        bound.append(made)
    return bound


@cache
def _prepared(table: Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    marks = ", ".join("?" * len(columns))
    processors = tuple(
        _json if isinstance(kind := table.c[name].type.dialect_impl(dialect), JSON) else kind.bind_processor(dialect)
        for name in columns
    )
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})", processors  # noqa: S608 - our own names


def _json(value: Any) -> str | None:
    return None if value is None else to_json(value).decode()
