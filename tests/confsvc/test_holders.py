"""A process that was killed beside others: they learn of it, and its letters go out at once on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.holders import announce, free_leases, list_dead
from confsvc.parts import JOBS
from scheduler import outbox
from scheduler.models import Effect
from tests.confsvc.conftest import START, serving
from tests.scheduler.conduct.world import World

ROOT = Path(__file__).parents[2]
LEASE = {"lease_seconds": 270, "kinds": ["letter"]}
PROCESS = """
import sys
from pathlib import Path
from confsvc.holders import announce
own = announce(Path(sys.argv[1]))
print(own.name, flush=True)
sys.stdin.read()
"""


@contextmanager
def process(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A real process that has announced itself, and its name."""
    command = [sys.executable, "-c", PROCESS, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        try:
            yield started.stdout.readline().strip(), started
        finally:
            started.kill()


def letters(database: Database) -> list[Any]:
    query = select(Effect.state, Effect.lease_until, Effect.maybe).where(Effect.kind == "letter").order_by(Effect.id)
    return database.read_now(lambda db: list(db.execute(query)))


def test_only_a_killed_process_is_found_dead(tmp_path: Path) -> None:
    own = announce(tmp_path)
    with process(tmp_path) as (name, started):
        assert list_dead(tmp_path) == []
        started.kill()
        started.wait()
        (dead,) = list_dead(tmp_path)
        assert dead.name == name
        assert list_dead(tmp_path) == [], "two do not deal with it at once"
        dead.let_go()
        (dead,) = list_dead(tmp_path)
        dead.close()
        assert list_dead(tmp_path) == []
    own.close()
    assert list(tmp_path.iterdir()) == [], "who ends by itself leaves nothing behind"


def test_the_files_of_another_machine_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "boot_id"
    other.write_text("0a-another-machine\n")
    with monkeypatch.context() as there:
        there.setattr("confsvc.holders._BOOT", other)
        announce(tmp_path).let_go()
        (dead,) = list_dead(tmp_path)
        dead.let_go()
    assert list_dead(tmp_path) == []


async def test_the_dead_ones_leases_run_out_and_the_living_ones_do_not(database: Database, tmp_path: Path) -> None:
    World(database)
    with process(tmp_path) as (dies, started), process(tmp_path) as (lives, _):
        for holder in (dies, lives):
            assert len(database.write_now(outbox.claim, now=START, limit=2, holder=holder, **LEASE)) == 2
        assert await free_leases(database, tmp_path, START) == 0
        started.kill()
        started.wait()
        assert await free_leases(database, tmp_path, START) == 2
        assert [until for _, until, _ in letters(database)] == [START] * 2 + [START + timedelta(seconds=270)] * 2
        assert await free_leases(database, tmp_path, START) == 0


async def test_a_service_sends_what_one_that_dies_beside_it_held(settings: Settings, database: Database) -> None:
    World(database)
    if not database.sqlite:  # that world numbered its video host by itself
        database.write_now(lambda db: db.execute(text("SELECT setval('bridge_id_seq', 9)")))
    async for running in serving(settings, database):
        with process(settings.var / "holders") as (name, started):
            database.write_now(outbox.claim, now=START, limit=2, holder=name, **LEASE)
            running.wait(seconds=31)
            await running.app[JOBS].tick()
            assert [state for state, _, _ in letters(database)].count("leased") == 2
            started.kill()
            started.wait()
        running.wait(seconds=31)
        for _ in range(2):  # the rounds come after the letters
            await running.app[JOBS].tick()
        assert {state for state, _, _ in letters(database)} == {"done"}
        assert [maybe for _, _, maybe in letters(database)].count(True) == 2
