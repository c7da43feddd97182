"""Acts on what the outbox owes: claims in one transaction, acts outside, settles in another.

Any number of processes may drain at once. An act is given its kind's deadline, and a batch is acted on one after the
other, so a lease is longer than the batch times the deadline. Whatever a handler raises leaves the effect owed, never
lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy.orm import Session

from scheduler import outbox
from scheduler.outcomes import Claimed, Later, Outcome, Untried, patience

P = ParamSpec("P")
R = TypeVar("R")
Handler = Callable[[Claimed], Awaitable[Outcome]]
Now = Callable[[], datetime]
LEASE_MARGIN = 30.0

log = logging.getLogger(__name__)


class Units(Protocol):
    """Where units of work run: ``confsvc.database.Database``."""

    async def write(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R: ...


def _pass(_step: str) -> None:
    return None


async def drain(
    database: Units,
    handlers: Mapping[str, Handler],
    *,
    now: Now,
    batch: int = 8,
    stop: Callable[[], bool] = lambda: False,
    at: Callable[[str], Any] = _pass,
    holder: str = "",
) -> int:
    """Act until nothing is due or ``stop()`` says so; the number of effects settled.

    ``now`` is a function, since a drain may take long. ``at`` is told each step passed: after_claim, after_act,
    after_settle. ``holder``: the name of this process in its leases. Kinds are drained side by side, so that a slow
    mail server does not keep a room from being ended.
    """
    drained = (_drain_kind(database, kind, handler, now, batch, stop, at, holder) for kind, handler in handlers.items())
    return sum(await asyncio.gather(*drained))


async def _drain_kind(
    database: Units, kind: str, handler: Handler, now: Now, batch: int, stop: Callable[[], bool],
    at: Callable[[str], Any], holder: str,
) -> int:  # fmt: skip
    settled = 0
    lease = batch * patience(kind).deadline + LEASE_MARGIN
    while not stop():
        claimed = await database.write(
            outbox.claim, now=now(), limit=batch, lease_seconds=lease, kinds=[kind], holder=holder
        )
        if not claimed:
            break
        at("after_claim")
        for one in claimed:
            settled += await _act(database, handler, one, now, stop, at)
    return settled


async def _act(
    database: Units, handler: Handler, claimed: Claimed, now: Now, stop: Callable[[], bool], at: Callable[[str], Any]
) -> bool:
    deadline = patience(claimed.kind).deadline
    if stop() or now() + timedelta(seconds=deadline) >= claimed.lease_until:
        outcome: Outcome = Untried()
    else:
        outcome = await attempt(handler, claimed, deadline)
        at("after_act")
    ours = await database.write(outbox.settle, claimed, outcome, now=now())
    at("after_settle")
    if not ours:
        log.warning("effect %s: the lease ran out before it was settled", claimed.key)
    return ours


async def attempt(handler: Handler, claimed: Claimed, deadline: float) -> Outcome:
    """What came of one act: cut off at ``deadline`` seconds, and never an exception."""
    try:
        async with asyncio.timeout(deadline):
            return await handler(claimed)
    except TimeoutError:
        return Later(maybe=True, error=f"no result within {deadline:g} s")
    except Exception as problem:
        log.exception("effect %s failed", claimed.key)
        return Later(maybe=True, error=f"{type(problem).__name__}: {problem}")
