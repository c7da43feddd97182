"""Which processes of this machine may hold leases, and which of those are dead: their letters need not wait.

Every process that acts on effects holds a lock on a file of its own for life; its leases carry the file's name. The
system takes the lock back when the process ends, however it ends, and not before: whoever gets the lock knows that its
holder is gone and sends nothing any more. A lost connection to the database proves nothing of the kind, and no process
of another machine can be asked: the files of another machine, or of this one before it was started again, are left
alone, and the leases they name run out. The folder must be on this machine's own disk.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from confsvc.database import Database
from confsvc.jobs import Rounds
from scheduler.outbox import give_back

_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Holder:
    """A process and its file, locked through a descriptor that only `let_go` and the end of this process close.
    ``name`` is what its leases carry."""

    def __init__(self, name: str, path: Path, descriptor: int) -> None:
        self.name = name
        self._path = path
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Its leases are settled or given back: nobody needs to know of it any more."""
        self._path.unlink(missing_ok=True)
        self.let_go()

    def let_go(self) -> None:
        """Whoever comes next may find it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def announce(folder: Path) -> Holder:
    """This process. The file is locked before it bears the name by which others find it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = secrets.token_hex(8)
    fresh, path = folder / f".{name}", folder / f"{_boot()}.{name}"
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    fresh.rename(path)
    return Holder(name, path, descriptor)


def list_dead(folder: Path) -> list[Holder]:
    """Holders of this machine that are gone; to be closed when their leases were given back."""
    found: list[Holder] = []
    for path in folder.glob(f"{_boot()}.*"):
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:  # another has dealt with it
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        found.append(Holder(path.name.rpartition(".")[2], path, descriptor))
    return found


async def free_leases(database: Database, folder: Path, now: datetime) -> int:
    """All leases of the dead run out now; how many."""
    dead, freed = await asyncio.to_thread(list_dead, folder), 0
    try:
        for one in dead:
            freed += await database.write(give_back, now=now, holder=one.name)
            one.close()
    finally:
        for one in dead:
            one.let_go()
    return freed


def lease_round(database: Database, folder: Path) -> Rounds:
    """Looks for the dead at the start, and twice a minute."""

    async def free(now: datetime) -> None:
        await free_leases(database, folder, now)

    return Rounds(timedelta(seconds=30), free)


def _boot() -> str:
    return _BOOT.read_text(encoding="ascii").strip()
