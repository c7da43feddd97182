"""The simulator's clock: the machine's (or a test's) time plus an offset that stories may move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def machine_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Aware UTC times for token checks, expiries and the times inside events."""

    def __init__(self, base: Callable[[], datetime] = machine_time) -> None:
        self._base = base
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return self._base() + self.offset

    def seconds(self) -> int:
        """Unix time in whole seconds, as Lua's ``os.time()``."""
        return int(self.now().timestamp())
