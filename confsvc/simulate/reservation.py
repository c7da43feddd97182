"""The reservation gate: one question to the service per room, its answer kept, refusals kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from confsvc.simulate.answers import (
    INVALID,
    REJECTED,
    TIMED_OUT,
    Granted,
    LuaError,
    parse_conflict,
    parse_refusal,
    parse_success,
)
from confsvc.simulate.caller import Answer, Call, Caller, Patience
from confsvc.simulate.clock import Clock
from confsvc.simulate.config import SimulatorConfig
from confsvc.simulate.lua import Order, concatenated


class NotReserved(Exception):
    """The room may not open; ``code`` and ``text`` are what the client's reservation-error carries."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


@dataclass(eq=False)
class Reservation:
    """One room's record. ``answered`` is never set where Prosody would leave its clients without an answer."""

    node: str
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    granted: Granted | None = None
    refused: tuple[int, str] | None = None
    state: str = "pending"
    expires: datetime | None = None
    settled: datetime | None = None
    waiting: int = 0


class Gate:
    """All records of one Prosody, by room name."""

    def __init__(
        self,
        config: SimulatorConfig,
        clock: Clock,
        caller: Caller,
        order: Order,
        opened: Callable[[str, Granted], object],
    ) -> None:
        """``opened`` is called once per grant, also when whoever asked has gone meanwhile: Jicofo makes the room."""
        self._config = config
        self._clock = clock
        self._caller = caller
        self._order = order
        self._opened = opened
        self.patience = Patience(config.reservation_timeout, config.reservation_retries, config.reservation_retry_delay)
        self._tasks: set[asyncio.Task[None]] = set()
        self.records: dict[str, Reservation] = {}

    async def ask(self, node: str, bare_jid: str) -> Granted:
        """Waits for the service's word on a room that does not exist yet; raises NotReserved.

        May wait for ever (see ``answered``). Many may ask at once: one POST answers all.
        """
        record = self.records.get(node)
        if record is None:
            if len(self.records) >= self._config.max_rooms:
                raise NotReserved("500", "too many rooms in the simulator")
            record = self.records[node] = Reservation(node)
            task = asyncio.create_task(self._inquire(record, bare_jid))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        record.waiting += 1
        try:
            await record.answered.wait()
        finally:
            record.waiting -= 1
        if record.refused is not None:
            raise NotReserved(str(record.refused[0]), record.refused[1])
        assert record.granted is not None  # noqa: S101 - answered is set only with one of the two
        if self._clock.now() > record.granted.expires:
            raise NotReserved("419", "Reservation expired")
        return record.granted

    def forget(self, node: str) -> Call | None:
        """The room ended and its record goes at once; the DELETE that is due, when the id can be written into a URL."""
        record = self.records.pop(node, None)
        identity = concatenated(record.granted.id) if record is not None and record.granted is not None else None
        if identity is None:
            return None
        return Call("reservation-delete", node, "DELETE", f"{self._config.callback_url}/conference/{identity}")

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _inquire(self, record: Reservation, bare_jid: str) -> None:
        asked = self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        body = self._order.form({"name": record.node, "start_time": asked, "mail_owner": bare_jid})
        url = f"{self._config.callback_url}/conference"
        call = Call("reservation", record.node, "POST", url, body, "application/x-www-form-urlencoded")
        try:
            await self._read(record, await self._caller.call(call, self.patience))
        except LuaError:
            record.state = "pending for ever"

    async def _read(self, record: Reservation, answer: Answer | None) -> None:
        if answer is None:
            self._refuse(record, 500, TIMED_OUT)
        elif answer.status in (200, 201):
            self._grant(record, answer)
        elif answer.status == 409:
            await self._look_up(record, answer)
        else:
            self._refuse(record, answer.status, parse_refusal(answer.body) if answer.status else REJECTED)

    async def _look_up(self, record: Reservation, answer: Answer) -> None:
        conflict = parse_conflict(answer.body)
        if conflict is None:
            self._refuse(record, 409, INVALID)
            return
        identity = concatenated(conflict)
        if identity is None:
            raise LuaError("conflict_id cannot be written into a URL")
        call = Call("reservation-get", record.node, "GET", f"{self._config.callback_url}/conference/{identity}")
        found = await self._caller.call(call, self.patience)
        if found is None:
            self._refuse(record, 500, TIMED_OUT)
        elif found.status == 200:
            self._grant(record, found)
        else:
            self._refuse(record, found.status, parse_refusal(found.body) if found.status else REJECTED)

    def _grant(self, record: Reservation, answer: Answer) -> None:
        granted = parse_success(answer.body, record.node)
        if granted is None:
            self._refuse(record, 500, INVALID)
            return
        record.granted, record.expires, record.state = granted, granted.expires, "granted"
        record.settled = self._clock.now()
        if record.settled <= granted.expires and self.records.get(record.node) is record:
            self._opened(record.node, granted)
        record.answered.set()

    def _refuse(self, record: Reservation, code: int, text: str | None) -> None:
        """Kept for ``refusal_kept`` seconds and then until the next tick: a client asks in vain for 30 to 90 s."""
        record.settled = self._clock.now()
        record.expires = record.settled + timedelta(seconds=self._config.refusal_kept)
        record.state = "refused"
        if text is not None:
            record.refused = (code, text)
            record.answered.set()
