"""event_sync: every event a POST of its own, in no guaranteed order, retried, and lost when nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from confsvc.simulate.caller import Call, Caller, Patience
from confsvc.simulate.config import SimulatorConfig
from confsvc.simulate.faults import Fault, Faults
from confsvc.simulate.lua import Order

MAX_PENDING = 20_000
_TARGETS = {
    "muc-room-created": "room/created",
    "muc-room-destroyed": "room/destroyed",
    "muc-occupant-joined": "occupant/joined",
    "muc-occupant-left": "occupant/left",
}


class Events:
    """Sends without being waited for; ``quiet`` waits until nothing is under way any more."""

    def __init__(self, config: SimulatorConfig, caller: Caller, faults: Faults, order: Order) -> None:
        self._config = config
        self._caller = caller
        self._faults = faults
        self._order = order
        self._patience = Patience(config.events_timeout, config.events_retries, config.events_retry_delay)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._held: list[Call] = []
        self._release_at = 0

    def send(self, room: str, event: dict[str, Any]) -> None:
        """``room`` is the room's name, for the faults."""
        target = _TARGETS[event["event_name"]]
        url = f"{self._config.events_prefix}/events/{target}"
        call = Call(target, room, "POST", url, self._order.json(event), "application/json")
        if self._held or self._reordering(target, room):
            self._hold(call)
        else:
            self.later(self._caller.call(call, self._patience))

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs a call beside the others; dropped when too many wait."""
        if len(self._tasks) >= MAX_PENDING:
            work.close()
            self._caller.lost += 1
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def pending(self) -> int:
        return len(self._tasks) + len(self._held)

    def release(self) -> None:
        """Lets go of held events, the newest first."""
        held, self._held = self._held[::-1], []
        if held:
            self.later(self._one_by_one(held))

    async def quiet(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _reordering(self, target: str, room: str) -> bool:
        rule: Fault | None = self._faults.take("reorder", target, room)
        if rule is not None:
            self._release_at = rule.count
        return rule is not None

    def _hold(self, call: Call) -> None:
        self._held.append(call)
        if len(self._held) >= self._release_at:
            self.release()

    async def _one_by_one(self, calls: list[Call]) -> None:
        for call in calls:
            await self._caller.call(call, self._patience)
