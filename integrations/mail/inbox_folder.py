"""Mail as files in a folder: dropped there by people (``*.eml``), or delivered by a mail server (``new``)."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from integrations.errors import Unavailable
from integrations.mail.inbox import Fetched, Keep

SETTLED = 1.0
"""Seconds since the last change of a dropped file: a copy may still be under way. Deliveries into ``new`` are whole."""


class FolderInbox:
    """``folder`` is made when missing. What was taken is moved to ``cur``, what is larger than ``most_bytes`` to
    ``large``; nothing is deleted."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self.folder = folder
        self._most_bytes = most_bytes

    def collect(self, keep: Keep, most: int) -> int:
        """See :class:`~integrations.mail.inbox.Inbox`."""
        marked = 0
        try:
            for part in ("tmp", "new", "cur", "large"):
                (self.folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            waiting = list(self._waiting(most))
        except OSError as problem:
            raise Unavailable(f"the mail folder cannot be read ({type(problem).__name__})") from problem
        for path in waiting:
            found = self._read(path)
            if found is None:
                continue
            keep(found)
            marked += self._move(path, "cur" if found.raw is not None else "large")
        return marked

    def _waiting(self, most: int) -> Iterator[Path]:
        dropped = sorted(self.folder.glob("*.eml"))[: most * 2]
        old = time.time() - SETTLED
        found = 0
        for path in [*sorted((self.folder / "new").iterdir())[: most * 2], *dropped]:
            if found == most:
                return
            try:
                state = path.lstat()
            except FileNotFoundError:
                continue  # another process took it
            if stat.S_ISREG(state.st_mode) and (path.parent.name == "new" or state.st_mtime <= old):
                found += 1
                yield path

    def _read(self, path: Path) -> Fetched | None:
        """None when another process took it meanwhile."""
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                raw = file.read(self._most_bytes) if size <= self._most_bytes else None
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise Unavailable(f"{path.name} cannot be read ({type(problem).__name__})") from problem
        return Fetched(path.name, size, raw)

    def _move(self, path: Path, to: str) -> bool:
        target = self.folder / to / path.name
        number = 0
        while target.exists():  # two different mails under one name
            number += 1
            target = self.folder / to / f"{path.stem}.{number}{path.suffix}"
        try:
            path.rename(target)
        except FileNotFoundError:
            return False
        except OSError as problem:
            raise Unavailable(f"{path.name} cannot be moved ({type(problem).__name__})") from problem
        return True
