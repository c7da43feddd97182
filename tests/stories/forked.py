"""A worker that is forked from a process in which everything is imported already: it lives and is killed in no time."""

from __future__ import annotations

import asyncio
import multiprocessing
from datetime import datetime

from tests.stories.worker import forked

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.stories.worker"])


class Forked:
    """One process; it says words until it ends, by itself or killed."""

    def __init__(self, url: str, smtp_port: int, video_url: str, start: datetime, until: datetime | None) -> None:
        self._words, theirs = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(target=forked, args=(theirs, url, smtp_port, video_url, start, until))
        self._process.start()
        theirs.close()

    async def said(self) -> str | None:
        """Its next word; None when it is gone and has said everything."""
        try:
            return str(await asyncio.to_thread(self._words.recv))
        except EOFError:
            return None

    async def kill_after(self, seconds: float) -> int:
        """Kill it unless it ends before that; with what it ended (negative: the signal)."""
        await asyncio.to_thread(self._process.join, seconds)
        self._process.kill()
        return await self.ended()

    async def ended(self) -> int:
        await asyncio.to_thread(self._process.join)
        assert self._process.exitcode is not None
        return self._process.exitcode

    def close(self) -> None:
        self._words.close()
        self._process.close()
