"""What can come of acting on an effect, and how patient each kind is.

(pure) An act either took place, may be tried later, or is pointless to repeat. ``maybe`` says that it may have taken
place although no answer came: such an effect is repeated identically and never quietly replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Claimed:
    """An effect that is ours until ``lease_until``. ``attempts`` counts this one; ``maybe``: an earlier attempt may
    have taken place."""

    id: int
    kind: str
    key: str
    chain: str
    conference_id: int | None
    payload: Mapping[str, Any]
    token: str
    lease_until: datetime
    attempts: int
    maybe: bool


@dataclass(frozen=True)
class Done:
    """It took place. ``result``: of a letter {"message_id"}."""

    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Later:
    """Not now. ``after``: seconds the other side asked for; ``maybe``: it may have taken place."""

    after: float | None = None
    maybe: bool = False
    error: str = ""


@dataclass(frozen=True)
class Dead:
    """The other side said no for good; people see it."""

    error: str


@dataclass(frozen=True)
class Needless:
    """Nobody needs it any more, so nothing was done."""


@dataclass(frozen=True)
class Untried:
    """Nothing was attempted: the lease was about to run out, or we are stopping."""


Outcome = Done | Later | Dead | Needless | Untried


@dataclass(frozen=True)
class Patience:
    """``deadline``: seconds one act may take. ``waits``: seconds before each further attempt, the last one repeats."""

    deadline: float
    waits: tuple[int, ...]

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after this many attempts."""
        return timedelta(seconds=self.waits[min(max(attempts, 1), len(self.waits)) - 1])


PATIENCE: dict[str, Patience] = {
    "letter": Patience(30, (30, 60, 120, 300, 600, 1200, 1800, 3600)),
    "forwarded": Patience(30, (60, 300, 900, 1800, 3600)),
    "counter_declined": Patience(30, (30, 60, 120, 300, 600, 1200, 1800, 3600)),
    "notice": Patience(30, (60, 300, 900, 1800, 3600)),
    "reminder": Patience(30, (30, 60, 120, 300, 600)),
    "webhook": Patience(20, (10, 60, 300, 900, 1800, 3600)),
    "urgent": Patience(15, (5, 15, 60, 300)),
    "sms": Patience(25, (10, 30, 60, 120, 300)),
    "alarm": Patience(25, (10, 30, 60, 120, 300)),
    "asked": Patience(15, (5, 15, 60, 300)),
    "waiting": Patience(30, (60, 300, 900, 1800, 3600)),
    "end_meeting": Patience(15, (5, 10, 20, 30, 60)),
}
DEFAULT_PATIENCE = Patience(30, (30, 60, 300, 900, 3600))


def patience(kind: str) -> Patience:
    return PATIENCE.get(kind, DEFAULT_PATIENCE)
