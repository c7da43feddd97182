"""Whether this is the only process that serves a database file, for as long as it lives.

A lock on a file beside the database, which the system takes back when its process ends, however it ends. Only with
SQLite: its file is on this machine, and so is whoever serves it. Several processes on PostgreSQL cannot know of each
other's death (a lost connection is no proof), there a lease has to run out.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from confsvc.database import Database

SUFFIX = ".serving"


def hold_alone(database: Database) -> IO[str] | None:
    """The lock, held until it is closed; None when another process has it, or where nobody can know."""
    path = database.url.database
    if not database.sqlite or not path or path == ":memory:":
        return None
    lock = Path(f"{path}{SUFFIX}").open("a", encoding="utf-8")  # noqa: SIM115 - held for as long as the service runs
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock
