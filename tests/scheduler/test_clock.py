"""The bell: it rings at once, when told, at the due time, never twice at once, and after a failure again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.clock import Clock

PATIENCE = 10.0


class Bell:
    def __init__(self, due: list[datetime | None] | None = None) -> None:
        self.rung = asyncio.Semaphore(0)
        self.count = self.inside = self.most_inside = 0
        self.due = due or []
        self.hold = asyncio.Event()
        self.hold.set()
        self.broken = False

    async def tick(self) -> datetime | None:
        self.count += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.rung.release()
        await self.hold.wait()
        self.inside -= 1
        if self.broken:
            raise RuntimeError("broken")
        return self.due.pop(0) if self.due else None

    async def heard(self, times: int = 1) -> None:
        async with asyncio.timeout(PATIENCE):
            for _ in range(times):
                await self.rung.acquire()


async def test_it_rings_at_the_start_and_when_told() -> None:
    bell = Bell()
    clock = Clock(bell.tick, seconds=3600)
    clock.start()
    await bell.heard()
    clock.ring()
    await bell.heard()
    await clock.stop()


async def test_it_rings_again_and_again_and_at_the_due_time() -> None:
    bell = Bell([datetime.now(UTC) + timedelta(milliseconds=30)])
    clock = Clock(bell.tick, seconds=3600)
    clock.start()
    await bell.heard(2)
    await clock.stop()
    often = Bell()
    clock = Clock(often.tick, seconds=0.02)
    clock.start()
    await often.heard(4)
    await clock.stop()


async def test_never_twice_at_once_and_no_ring_is_lost() -> None:
    bell = Bell()
    clock = Clock(bell.tick, seconds=3600)
    clock.start()
    await bell.heard()
    bell.hold.clear()
    clock.ring()
    await bell.heard()
    for _ in range(3):
        clock.ring()
        await asyncio.sleep(0)
    assert bell.count == 2
    bell.hold.set()
    await bell.heard()
    assert bell.most_inside == 1
    await clock.stop()


async def test_a_failure_is_said_and_it_rings_again(caplog: pytest.LogCaptureFixture) -> None:
    bell = Bell()
    bell.broken = True
    clock = Clock(bell.tick, seconds=0.02)
    clock.start()
    await bell.heard(3)
    await clock.stop()
    assert "broken" in caplog.text
