"""A service that was killed: whoever starts next knows that it is alone, and no letter waits for its lease."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from confsvc.alone import serving as serving_lock
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.parts import JOBS
from scheduler import outbox
from scheduler.models import Effect
from tests.confsvc.conftest import START, serving
from tests.scheduler.conduct.world import World

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from confsvc.alone import serving
from confsvc.database import Database
lock = serving(Database(sys.argv[1]))
print("alone" if lock.alone else "not alone", flush=True)
lock.share()
print("sharing", flush=True)
sys.stdin.read()
"""


def _leased(database: Database) -> list[Any]:
    def rows(db: Any) -> list[Any]:
        return [(row.state, row.lease_until, row.maybe) for row in db.query(Effect).filter_by(kind="letter")]

    return database.read_now(rows)


async def test_a_killed_ones_letters_go_out_at_once_and_as_perhaps_sent(settings: Settings, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    World(database)
    taken = database.write_now(outbox.claim, now=START, limit=2, lease_seconds=270, kinds=["letter"])
    async for running in serving(settings, database):
        assert {lease for state, lease, _ in _leased(database) if state == "leased"} == {START}
        running.wait(seconds=1)
        await running.app[JOBS].tick()
        assert {state for state, _, _ in _leased(database)} == {"done"}
        assert [maybe for _, _, maybe in _leased(database)].count(True) == len(taken)
    database.close()


async def test_a_living_ones_leases_are_left_alone(settings: Settings, sqlite_url: str) -> None:
    database, other = Database(sqlite_url), Database(sqlite_url)
    World(database)
    async for _ in serving(settings, database):
        database.write_now(outbox.claim, now=START, limit=2, lease_seconds=270, kinds=["letter"])
        async for _ in serving(settings, other):
            until = {lease for state, lease, _ in _leased(database) if state == "leased"}
            assert until == {START + timedelta(seconds=270)}
    lock = serving_lock(database)
    assert lock is not None and lock.alone, "given back when the service ends"
    lock.close()
    database.close()
    other.close()


def test_nobody_can_know_it_of_another_machine(postgres_url: str) -> None:
    database = Database(postgres_url)
    assert serving_lock(database) is None
    database.close()


def test_the_system_takes_the_lock_back_from_a_killed_process_but_not_from_one_that_lives(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, sqlite_url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None and holder.stdout is not None
    try:
        assert [holder.stdout.readline() for _ in range(2)] == ["alone\n", "sharing\n"]
        second = serving_lock(database)
        assert second is not None and not second.alone
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    third = serving_lock(database)
    assert third is not None and not third.alone, "the second lives on, and its leases are its own"
    second.close()
    third.close()
    last = serving_lock(database)
    assert last is not None and last.alone
    last.close()
    database.close()
