"""A service with the default directory, an account with a token, and as many reservations as wanted."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import text
from sqlalchemy.orm import Session

from confsvc import accounts, migrate, tokens
from confsvc.cli.data import load_default_directory
from confsvc.database import Database
from rooms.bulk import insert_bundle, next_ids
from rooms.models import Room, RoomUnit
from rooms.schema import RULES
from scheduler.bridge_queries import Configured, register_bridges
from tests.postgres import Postgres

BRIDGE = "bench"
_ROOMS = 34
_MILLION = 1_000_000
_PER_CONFERENCE = 10


@dataclass
class House:
    """A running service: where it listens, how to be let in, and its database by URL."""

    url: str
    token: str
    database_url: str
    rooms: list[str]
    folder: Path

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


@contextmanager
def postgres() -> Iterator[Postgres]:
    os.environ["CONFSVC_TEST_FSYNC"] = "on"  # what is measured must be as durable as in production
    server = Postgres().start()
    try:
        yield server
    finally:
        server.stop()


def furnish(database: Database, *, present: bool, rooms: int = _ROOMS) -> tuple[str, list[str]]:
    """Tables, directory, token and, with ``present``, a million reservations in the past years in that many rooms."""
    migrate.upgrade(database)
    now = datetime.now(UTC)
    load_default_directory(database, mail_domain="bench.example", at=now)

    def enter(db: Session) -> str:
        account_id = accounts.add_account(db, "bench", "Bench", actor="cli", now=now)
        for function in ("booker", "operator", "leader"):
            accounts.add_grant(db, account_id, function, actor="cli", now=now)
        expires = now + timedelta(days=1)
        return tokens.add_token(db, account_id, "bench", ["read", "book"], expires=expires, by="cli", now=now).token

    token = database.write_now(enter)
    database.write_now(register_bridges, [Configured(BRIDGE, "http://127.0.0.1:9")])
    database.write_now(_add_rooms, rooms - _ROOMS)
    if present:
        load_million(database, rooms)
    return token, database.read_now(lambda db: [room.key for room in db.query(Room).order_by(Room.id)])


def _add_rooms(db: Session, count: int) -> None:
    """Rooms beyond the directory's own, held by its offices in turn."""
    held = db.query(RoomUnit).order_by(RoomUnit.room_id).all()
    ids = next_ids(db, Room, count) if count else []
    rooms = [
        {"id": room_id, "key": f"bench{n}", "name": f"Phòng {n}", "search_key": f"phong {n}"}
        for n, room_id in enumerate(ids)
    ]
    of_units = [
        {"room_id": room_id, "unit_id": holder.unit_id, "valid_from": holder.valid_from}
        for n, room_id in enumerate(ids)
        for holder in [held[n % len(held)]]
    ]
    insert_bundle(db, [(Room, rooms), (RoomUnit, of_units)])
    ids = [row[0] for row in db.query(Room.id).order_by(Room.id)]
    if ids != list(range(1, _ROOMS + count + 1)):
        raise RuntimeError("the reservations are written for rooms 1, 2, 3, …")


def load_million(database: Database, rooms: int = _ROOMS) -> None:
    """A million reservations in the past years, ten rooms every half-hour. The rule, the indexes and, on PostgreSQL,
    the checks of foreign keys are off while they come in; the rule alone takes most of the time to come back."""
    count = _MILLION // _PER_CONFERENCE
    with database.engine.connect() as connection, connection.begin():
        _set_rule(connection, database.sqlite, on=False)
        if database.sqlite:
            connection.exec_driver_sql(_sqlite_conferences(count))
            connection.exec_driver_sql(_SQLITE_RESERVATIONS.format(count=count, per=_PER_CONFERENCE, rooms=rooms))
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
            indexes = connection.exec_driver_sql(_POSTGRES_INDEXES).all()
            for name, _ in indexes:
                connection.exec_driver_sql(f"DROP INDEX {name}")
            connection.exec_driver_sql(_POSTGRES_CONFERENCES.format(count=count))
            connection.exec_driver_sql(_POSTGRES_RESERVATIONS.format(count=count, per=_PER_CONFERENCE, rooms=rooms))
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('conference', 'id'), {count})")
            for _, made in indexes:
                connection.exec_driver_sql(made)
        _set_rule(connection, database.sqlite, on=True)
    with database.engine.connect() as connection:
        if not database.sqlite:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("VACUUM ANALYZE"))
        else:
            connection.execute(text("ANALYZE"))
            connection.commit()


def _set_rule(connection: Any, sqlite: bool, *, on: bool) -> None:
    (ddl,) = RULES["reservation"]
    if on:
        for statement in ddl["sqlite" if sqlite else "postgresql"]:
            connection.exec_driver_sql(statement)
    elif sqlite:
        for verb in ("insert", "update"):
            connection.exec_driver_sql(f"DROP TRIGGER reservation_room_taken_{verb}")
    else:
        connection.exec_driver_sql("ALTER TABLE reservation DROP CONSTRAINT reservation_room_taken")


_COLUMNS = (
    "id, key, counted_with, origin, kind, form, title, search_key, host_unit_id, starts, ends, booked_ends, opens, "
    "latest_end, state, version, outcome, chair_name, chair_title, contact_name, contact_phone, note, place, "
    "letter_number, in_person_note, booked_by, booked_at, demo"
)
_VALUES = (
    "n, 'b' || n, n, 'booked', 'briefing', 'in_person', 'Giao ban', 'giao ban', 2, {t}, {e}, {e}, {t}, {e}, "
    "'recorded', 1, 'held', '', '', '', '', '', '', '', '', 'cli', {t}, {false}"
)
# Conference n uses slot n: half-hours backwards from now, ten of the rooms in turn.
_POSTGRES_CONFERENCES = (
    f"INSERT INTO conference ({_COLUMNS}) SELECT "
    + _VALUES.format(t="s", e="s + interval '25 minutes'", false="false")
    + " FROM (SELECT n, date_trunc('hour', now()) - interval '1 day' - n * interval '30 minutes' AS s"
    " FROM generate_series(1, {count}) n) q"
)
_POSTGRES_INDEXES = (
    "SELECT i.indexname, i.indexdef FROM pg_indexes i LEFT JOIN pg_constraint c ON c.conname = i.indexname"
    " WHERE i.tablename = 'reservation' AND c.conname IS NULL"
)
_POSTGRES_RESERVATIONS = (
    "INSERT INTO reservation (room_id, conference_id, starts, ends, holds) SELECT 1 + mod(c.id + k, {rooms}), c.id,"
    " c.starts, c.ends, true FROM conference c, generate_series(1, {per}) k WHERE c.id <= {count}"
)


def _sqlite_conferences(count: int) -> str:
    moment = "strftime('%Y-%m-%d %H:%M:%f000', 'now', 'start of day', '-' || (1440 + n * 30{shift}) || ' minutes')"
    values = _VALUES.format(t=moment.format(shift=""), e=moment.format(shift=" - 25"), false="0")
    series = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count})"
    return f"INSERT INTO conference ({_COLUMNS}) {series} SELECT {values} FROM s"


_SQLITE_RESERVATIONS = (
    "WITH RECURSIVE k(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM k WHERE k < {per}) INSERT INTO reservation"
    " (room_id, conference_id, starts, ends, holds) SELECT 1 + (c.id + k) % {rooms}, c.id, c.starts, c.ends, 1"
    " FROM conference c, k WHERE c.id <= {count}"
)


@contextmanager
def serving(database_url: str, token: str, rooms: list[str], *, jobs: bool = True) -> Iterator[House]:
    """The real service in a process of its own on a free port; its mail goes into a folder, unless it is without jobs
    and sends none."""
    with tempfile.TemporaryDirectory(prefix="confsvc-bench-") as folder:
        port = _free_port()
        config = Path(folder) / "config.toml"
        config.write_text(_config(database_url, port), encoding="utf-8")
        for name in ("app", "callback"):
            (Path(folder) / name).write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        command = [sys.executable, "-m", "confsvc", "--config", str(config), "serve", "--without-simulator"]
        command += [] if jobs else ["--without-jobs"]
        log = (Path(folder) / "log").open("wb")
        child = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, child, Path(folder) / "log")
            yield House(url, token, database_url, rooms, Path(folder))
        finally:
            child.terminate()
            child.wait(20)
            log.close()


def _config(database_url: str, port: int) -> str:
    settings = {"service": {"port": port, "var": "var"}, "database": {"url": database_url}}
    lines = [
        f"[{name}]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in part.items()) for name, part in settings.items()
    ]
    bridge = {"name": BRIDGE, "base_url": "http://127.0.0.1:9", "muc_domain": "conference.bench", "secret_file": "app",
              "callback_secret_file": "callback", "simulated": True}  # fmt: skip
    lines.append("[[bridges]]\n" + _pairs(bridge))
    return "\n\n".join(lines) + "\n"


def _pairs(values: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    async def ask() -> bool:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/health") as answer:
            return answer.status < 600

    for _ in range(300):
        if child.poll() is not None:
            raise RuntimeError(f"the service ended:\n{log.read_text()}")
        try:
            if asyncio.run(ask()):
                return
        except aiohttp.ClientError:
            time.sleep(0.2)
    raise RuntimeError(f"the service did not answer:\n{log.read_text()}")
