"""Statements on every booking's way, compiled once a database and run on the driver.

What SQLAlchemy does around a statement (the cache key, the expansion of lists, the result's wrapping) costs three times
as much as a small SELECT itself (measured). The text still comes from SQLAlchemy, so tables and columns are named once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Dialect, Select, String, TypeDecorator, bindparam, types
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from rooms import driver

Processor = Callable[[Any], Any] | None


class _Listed(TypeDecorator[Any]):
    """A list as one parameter: an array, on SQLite JSON text."""

    impl = String
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.of) if dialect.name == "postgresql" else types.JSON())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value)


class listed(ColumnElement[Any]):
    """``listed(Room.id, "ids")``: the column is one of the parameter's values; one statement for every length."""

    inherit_cache = False
    type: TypeEngine[Any] = types.NULLTYPE  # as a boolean, SQLite's compiler would append "= 1"

    def __init__(self, column: Any, name: str) -> None:
        self.column = column
        of = String() if isinstance(column.type, String) else BigInteger()
        self.values = bindparam(name, type_=_Listed(of))


@compiles(listed, "postgresql")
def _any(element: listed, compiler: Any, **kwargs: Any) -> str:
    return f"{compiler.process(element.column, **kwargs)} = ANY ({compiler.process(element.values, **kwargs)})"


@compiles(listed, "sqlite")
def _json_each(element: listed, compiler: Any, **kwargs: Any) -> str:
    column, values = compiler.process(element.column, **kwargs), compiler.process(element.values, **kwargs)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - compiled from our own columns


class Prepared:
    """A SELECT with named parameters. ``rows(db, name=value, …)`` gives plain tuples."""

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self._query = query
        self._by_dialect: dict[str, _Compiled] = {}

    def rows(self, db: Session, **values: Any) -> list[tuple[Any, ...]]:
        """All rows, values as the columns' types give them. Raises as any statement."""
        connection = db.connection()
        name = connection.dialect.name
        compiled = self._by_dialect.get(name)
        if compiled is None:
            compiled = self._by_dialect[name] = _Compiled(self._query, connection.dialect)
        return compiled.rows(connection, values)


class _Compiled:
    def __init__(self, query: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled: Any = query.compile(dialect=dialect)
        self.text = str(compiled)
        self.positions: Sequence[str] | None = compiled.positiontup
        self.fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self.binds: dict[str, Processor] = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        kinds = [column.type.dialect_impl(dialect) for column in query.selected_columns]
        processors = [kind.result_processor(dialect, None) for kind in kinds]
        self.results = [(number, process) for number, process in enumerate(processors) if process is not None]

    def rows(self, connection: Connection, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        given = {**self.fixed, **values}
        bound = {name: process(given[name]) if process else given[name] for name, process in self.binds.items()}
        parameters: Any = tuple(bound[name] for name in self.positions) if self.positions is not None else bound
        rows = driver.rows(connection, self.text, parameters)
        return [self._processed(row) for row in rows] if self.results else rows

    def _processed(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        made = list(row)
        for number, processor in self.results:
            made[number] = processor(made[number])
        return tuple(made)
