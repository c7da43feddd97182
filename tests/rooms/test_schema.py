"""The rules that both databases must keep by themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.bulk import insert_bundle, next_ids
from rooms.changes import add_change
from rooms.models import Change, Unit, UnitName

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def _unit(code: str = "A") -> dict[str, Any]:
    return {"code": code, "level": "district", "valid_from": date(2000, 1, 1)}


def test_names_of_one_unit_may_not_overlap(database: Database) -> None:
    def work(db: Session, last: date | None, first: date) -> None:
        (unit_id,) = next_ids(db, Unit)
        insert_bundle(db, [(Unit, [{"id": unit_id, **_unit()}])])
        for name, start, end in (("one", date(2000, 1, 1), last), ("two", first, None)):
            row = {"unit_id": unit_id, "name": name, "short": name, "search_key": name, "valid_from": start}
            db.execute(insert(UnitName).values(**row, valid_to=end))

    with pytest.raises(IntegrityError, match="unit_name_no_overlap"):
        database.write_now(work, date(2009, 12, 31), date(2009, 12, 31))
    with pytest.raises(IntegrityError, match="unit_name_no_overlap"):
        database.write_now(work, None, date(2030, 1, 1))
    database.write_now(work, date(2009, 12, 31), date(2010, 1, 1))


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    def work(db: Session) -> None:
        add_change(db, "unit", 1, "made", actor="cli", now=datetime(2026, 1, 1))  # noqa: DTZ001

    with pytest.raises(StatementError, match="without a zone"):
        database.write_now(work)


def test_times_come_back_as_utc(database: Database) -> None:
    local = NOW.astimezone(tz=None)
    database.write_now(lambda db: add_change(db, "unit", 1, "made", actor="cli", now=local, after={"a": [1, "ô"]}))
    row = database.read_now(lambda db: db.query(Change).one())
    assert (row.at, row.at.tzinfo, row.after, row.before) == (NOW, UTC, {"a": [1, "ô"]}, None)


def test_changes_are_append_only_but_for_the_demonstration(database: Database) -> None:
    for actor in ("cli", "demo"):
        database.write_now(lambda db, actor=actor: add_change(db, "unit", 1, "made", actor=actor, now=NOW))
    with pytest.raises(DBAPIError, match="change_append_only"):
        database.write_now(lambda db: db.execute(update(Change).values(act="other")))
    with pytest.raises(DBAPIError, match="change_append_only"):
        database.write_now(lambda db: db.execute(text("DELETE FROM change WHERE actor = 'cli'")))
    database.write_now(lambda db: db.execute(text("DELETE FROM change WHERE actor = 'demo'")))
    assert database.read_now(lambda db: db.query(Change.actor).all()) == [("cli",)]


def test_ids_are_never_used_twice(database: Database) -> None:
    def add(db: Session, code: str) -> int:
        (unit_id,) = next_ids(db, Unit)
        insert_bundle(db, [(Unit, [{"id": unit_id, **_unit(code)}])])
        return unit_id

    first = database.write_now(add, "A")
    database.write_now(lambda db: db.execute(text("DELETE FROM unit")))
    assert database.write_now(add, "B") > first


def test_a_time_in_another_form_is_refused_by_sqlite(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    row = "INSERT INTO change (at, actor, subject_kind, subject_id, act) VALUES (:at, 'cli', 'unit', 1, 'made')"
    with pytest.raises(IntegrityError, match="change_at_utc"):
        database.write_now(lambda db: db.execute(text(row), {"at": "2026-11-24T01:00:00.000000"}))
    database.close()


async def test_reads_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read.?only"):
        await database.read(lambda db: add_change(db, "unit", 1, "made", actor="cli", now=NOW))


async def test_pokes_are_delivered_only_after_a_commit(database: Database) -> None:
    heard: list[set[str]] = []
    database.on_poke = heard.append

    def work(db: Session, fail: bool) -> None:
        db.info.setdefault("pokes", set()).add("endpoint:1")
        add_change(db, "unit", 1, "made", actor="cli", now=NOW + timedelta(days=1))
        if fail:
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await database.write(work, True)
    await database.write_first(work, False)
    assert heard == [{"endpoint:1"}]
