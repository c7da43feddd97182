"""Every way to today's schema ends in the same schema, with its rules, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Integer, inspect, text

from confsvc import migrate
from confsvc.database import Database
from confsvc.migrations.batch import keeping_triggers
from rooms.schema import Base
from scheduler.booking.book import book
from scheduler.errors import RoomTaken
from tests.postgres import Postgres
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

HOUR = timedelta(hours=1)
LATER = START + timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgres"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'bare.sqlite3'}")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        opened = Database(server.url(server.create()))
    yield opened
    opened.close()


def shape(database: Database) -> dict[str, Any]:
    """Columns, constraints, indexes and triggers by table, comparable between two databases of one kind."""
    inspector = inspect(database.engine)
    found: dict[str, Any] = {}
    for table in inspector.get_table_names():
        if table == "alembic_version":
            continue
        found[table] = {
            "columns": [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)],
            "checks": sorted(str(c["name"]) for c in inspector.get_check_constraints(table)),
            "foreign": sorted(
                (str(f["name"]), f["referred_table"], str(f["options"])) for f in inspector.get_foreign_keys(table)
            ),
            "unique": sorted(str(u["name"]) for u in inspector.get_unique_constraints(table)),
            "indexes": sorted(str(i["name"]) for i in inspector.get_indexes(table)),
        }
    if database.sqlite:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'x' UNION ALL "
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
        )
    with database.engine.connect() as connection:
        rules = {name: re.sub(r"\s+", " ", sql) for name, sql in connection.execute(text(query))}
        numbered = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' ORDER BY name"
        once = list(connection.scalars(text(numbered))) if database.sqlite else []
    return {"tables": found, "rules": rules, "ids given once": once}


def made_by_models(bare: Database, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    if bare.sqlite:
        other = Database(f"sqlite:///{tmp_path / 'models.sqlite3'}")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        other = Database(server.url(server.create()))
    Base.metadata.create_all(other.engine)
    found = shape(other)
    other.close()
    return found


def refuses_double_booking(database: Database) -> None:
    offices(database)
    database.write_now(lambda db: book(db, wish(), actor="cli", now=NOW, rules=RULES))
    with pytest.raises(RoomTaken):
        database.write_now(lambda db: book(db, wish(), actor="cli", now=NOW, rules=RULES))
    clash = (
        "INSERT INTO reservation (room_id, conference_id, starts, ends, holds) "
        "SELECT room_id, conference_id, starts, ends, holds FROM reservation LIMIT 1"
    )
    with pytest.raises(Exception, match="reservation_room_taken"):
        database.write_now(lambda db: db.execute(text(clash)))


def test_upgrading_gives_the_schema_of_the_models(
    bare: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    assert migrate.current(bare) is None
    migrate.upgrade(bare)
    assert migrate.current(bare) == migrate.newest()
    wanted = made_by_models(bare, request, tmp_path)
    assert shape(bare) == wanted
    assert {"unit_name_no_overlap", "reservation_room_taken"} <= {
        re.sub("_(insert|update)$", "", n) for n in wanted["rules"]
    }
    migrate.upgrade(bare)
    refuses_double_booking(bare)


def test_back_and_forth(bare: Database, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    migrate.upgrade(bare)
    offices(bare)
    migrate.downgrade(bare, "base")
    assert set(shape(bare)["tables"]) == set()
    migrate.upgrade(bare)
    assert shape(bare) == made_by_models(bare, request, tmp_path)
    refuses_double_booking(bare)


def test_ids_go_on_after_an_upgrade_with_rows(bare: Database) -> None:
    migrate.upgrade(bare)
    offices(bare)
    booked = bare.write_now(lambda db: book(db, wish(), actor="cli", now=NOW, rules=RULES))
    migrate.downgrade(bare, "0004")
    with bare.engine.connect() as connection, connection.begin():
        for table in ("effect", "guest", "delegation", "site", "opening", "conference"):
            connection.execute(text(f"DELETE FROM {table}"))
    migrate.upgrade(bare)
    again = bare.write_now(lambda db: book(db, wish(), actor="cli", now=NOW, rules=RULES))
    assert again.id > booked.id


def test_altering_a_table_keeps_its_rules_and_its_children(bare: Database) -> None:
    """What a later revision would do to ``reservation`` and, harder, to its parent ``conference``."""
    migrate.upgrade(bare)
    offices(bare)
    booked = bare.write_now(lambda db: book(db, wish(), actor="cli", now=NOW, rules=RULES))
    rules = shape(bare)["rules"]

    def alter(_: object) -> None:
        connection = _.attributes["connection"]  # type: ignore[attr-defined]
        with Operations.context(MigrationContext.configure(connection)):
            for table in ("reservation", "conference"):
                with keeping_triggers(table) as batch:
                    batch.add_column(Column("chairs", Integer))
                    batch.alter_column("chairs", new_column_name="places")

    migrate._run(bare, alter)
    assert shape(bare)["rules"] == rules
    left = (
        "SELECT count(*) FROM reservation r JOIN site s ON s.conference_id = r.conference_id AND s.room_id = r.room_id"
    )
    assert bare.read_now(lambda db: db.execute(text(left)).scalar()) == 4
    again = wish(starts=LATER, ends=LATER + HOUR)
    later = bare.write_now(lambda db: book(db, again, actor="cli", now=NOW, rules=RULES))
    assert later.id > booked.id
    with pytest.raises(RoomTaken):
        bare.write_now(lambda db: book(db, wish(), actor="cli", now=NOW, rules=RULES))
    assert booked.id > 0


def test_several_processes_may_start_at_once(postgres: Postgres) -> None:
    from concurrent.futures import ThreadPoolExecutor

    url = postgres.url(postgres.create())
    databases = [Database(url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate.upgrade, databases))
    assert migrate.current(databases[0]) == migrate.newest()
    for database in databases:
        database.close()


def test_leaders_stay_leaders_and_a_chairman_becomes_one_on_the_way_back(bare: Database) -> None:
    migrate.upgrade(bare)
    offices(bare)
    plain, led, chaired = (
        bare.write_now(
            lambda db, n=n, level=level: book(
                db, wish(starts=START + n * 4 * HOUR, ends=START + n * 4 * HOUR + HOUR, chair_level=level),
                actor="cli", now=NOW, rules=RULES,
            )
        )
        for n, level in enumerate(("", "leader", "chairman"))
    )  # fmt: skip
    levels = text("SELECT chair_level FROM conference ORDER BY id")
    migrate.downgrade(bare, "0011")
    with bare.engine.connect() as connection:
        assert list(connection.scalars(levels)) == ["", "leader", "leader"]
    migrate.upgrade(bare)
    with bare.engine.connect() as connection:
        assert list(connection.scalars(levels)) == ["", "leader", "leader"]
    assert plain.id < led.id < chaired.id
