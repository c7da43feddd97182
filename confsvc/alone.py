"""Whether a process is, as it starts, the only one that serves a database file.

A lock on a file beside the database, which the system takes back when its process ends, however it ends. Whoever serves
holds it shared for life; whoever gets it exclusively at the start is alone, and stays so until it shares. Only with
SQLite: its file is on this machine, and so is whoever serves it. That covers a machine that was switched off, too;
single processes that die beside living ones, and PostgreSQL, are the matter of confsvc/holders.py.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from confsvc.database import Database

SUFFIX = ".serving"


class Serving:
    """The lock of one serving process. ``alone``: nobody else serves, and nobody can begin before ``share``."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.alone = True
        except BlockingIOError:
            self.alone = False
            fcntl.flock(file, fcntl.LOCK_SH)  # waits while another is still alone, which is short

    def share(self) -> None:
        """Let others begin to serve too."""
        self.alone = False
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def close(self) -> None:
        self._file.close()


def serving(database: Database) -> Serving | None:
    """The lock, held until it is closed; None where nobody can know."""
    path = database.url.database
    if not database.sqlite or not path or path == ":memory:":
        return None
    return Serving(Path(f"{path}{SUFFIX}").open("a", encoding="utf-8"))
