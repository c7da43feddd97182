"""What every table of the house is made of: the base class, UTC times, ids, choices, and rules against overlap.

Two databases, one schema. Where they differ the difference is written here once: PostgreSQL refuses overlaps with an
exclusion constraint, SQLite with a pair of triggers that raise under the same name, so one ``except`` serves both.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    CheckConstraint,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

_TEXT_TIME = "%Y-%m-%d %H:%M:%S.%f"
_GLOB = "????-??-?? ??:??:??.??????"


@lru_cache(4096)  # one booking stores the same few instants in a hundred rows
def _text_time(value: datetime) -> str:
    return value.astimezone(UTC).strftime(_TEXT_TIME)


class UtcTime(TypeDecorator[datetime]):
    """An aware instant. PostgreSQL: timestamptz. SQLite: fixed-width text in UTC, which sorts and compares as time.

    Naive values are refused when bound. SQLite's triggers compare text, so a row written in another form would slip
    past them: every such column carries a GLOB check there.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(26))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC) if dialect.name == "postgresql" else _text_time(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value).replace(tzinfo=UTC)


Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """Every table has a bigint ``id`` that is never used twice unless it says otherwise."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime, dict[str, Any]: Json, list[Any]: Json}
    __table_args__: Any = {"sqlite_autoincrement": True}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        table = getattr(cls, "__table__", None)
        if isinstance(table, Table):
            for column in table.columns:
                if isinstance(column.type, UtcTime):
                    rule = f"{column.name} GLOB '{_GLOB}'"
                    check = CheckConstraint(rule, name=f"{column.name}_utc").ddl_if(dialect="sqlite")
                    table.append_constraint(check)


class Row(Base):
    """A table with the usual id."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A CHECK that ``column`` (when not NULL) holds one of ``values``."""
    listed = ", ".join(f"'{v}'" for v in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def options(*constraints: Any) -> tuple[Any, ...]:
    """``__table_args__`` of a table with ``constraints``; ids are never reused."""
    return (*constraints, {"sqlite_autoincrement": True})


def no_overlap_ddl(
    name: str,
    table: str,
    key: str,
    starts: str,
    ends: str,
    *,
    dates: bool = False,
    where: str | None = None,
    sparse: bool = False,
) -> dict[str, list[str]]:
    """Statements by dialect that refuse two rows of one ``key`` whose spans overlap.

    Spans are half-open instants, or with ``dates`` inclusive days whose NULL end is open. ``where`` limits the rule to
    rows for which that column is true. Raises IntegrityError naming ``name`` on both databases.
    """
    span = f"daterange({starts}, {ends}, '[]')" if dates else f"tstzrange({starts}, {ends})"
    condition = f" WHERE ({where}{f' AND {key} IS NOT NULL' if sparse else ''})" if where else ""
    exclude = f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist ({key} WITH =, {span} WITH &&){condition}"
    if dates:
        clash = f"t.{starts} <= coalesce(new.{ends}, '9999-12-31') AND new.{starts} <= coalesce(t.{ends}, '9999-12-31')"
    else:
        # Spans are at most three days (a CHECK), so the lower bound on starts keeps the index scan short.
        bound = f"strftime('%Y-%m-%d %H:%M:%f', new.{starts}, '-3 days')"
        clash = f"t.{starts} < new.{ends} AND t.{starts} > {bound} AND t.{ends} > new.{starts}"
    mine, theirs = (f" AND new.{where}", f" AND t.{where}") if where else ("", "")
    triggers = [
        f"CREATE TRIGGER {name}_{verb} BEFORE {verb.upper()} ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} t WHERE t.{key} = new.{key} AND t.id IS NOT new.id"
        f"{mine}{theirs} AND {clash}) BEGIN SELECT RAISE(ABORT, '{name}'); END"
        for verb in ("insert", "update")
    ]
    return {"postgresql": [exclude], "sqlite": triggers}


def append_only_ddl(table: str, *, except_when: str) -> dict[str, list[str]]:
    """Statements by dialect that refuse UPDATE always, and DELETE unless ``except_when`` (an expression on ``old``)."""
    name = f"{table}_append_only"
    function = (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' AND {except_when} THEN RETURN old; END IF; "
        f"RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}'; "
        f"END $$"
    )
    trigger = f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    raise_ = f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
    return {
        "postgresql": [function, trigger],
        "sqlite": [
            f"CREATE TRIGGER {name}_update BEFORE UPDATE ON {table} {raise_}",
            f"CREATE TRIGGER {name}_delete BEFORE DELETE ON {table} WHEN NOT ({except_when}) {raise_}",
        ],
    }


def ddl_on(dialect: str, statement: str) -> Any:
    """``statement`` as a listener that runs on one dialect only."""
    return DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]


RULES: dict[str, list[dict[str, list[str]]]] = {}
"""Rules by table that SQLAlchemy cannot express; migrations re-create them after every batch change of that table."""


def add_rule(table: Any, ddl: dict[str, list[str]]) -> None:
    """Make ``create_all`` run the statements of ``ddl`` after creating ``table``, and remember them for migrations."""
    RULES.setdefault(table.name, []).append(ddl)
    for dialect, statements in ddl.items():
        for statement in statements:
            event.listen(table, "after_create", ddl_on(dialect, statement))


# btree_gist lets one exclusion constraint compare an id with = and a span with &&.
event.listen(Base.metadata, "before_create", ddl_on("postgresql", "CREATE EXTENSION IF NOT EXISTS btree_gist"))
