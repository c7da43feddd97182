"""Delivery into a folder on disk (Maildir), for machines without a mail server: nothing pretends to have been sent."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from integrations.errors import Unavailable
from integrations.mail.letter import Letter


class MaildirMailer:
    """Delivers into ``folder`` (made when missing). Named by the Message-ID: a repeat is no second file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, letter: Letter) -> None:
        """Write, flush to disk, then rename into ``new``; Unavailable when the disk does not take it."""
        try:
            await asyncio.to_thread(self._deliver, letter)
        except OSError as exc:
            raise Unavailable(f"the mail folder cannot be written ({type(exc).__name__})") from exc

    async def aclose(self) -> None:
        """Nothing is kept open."""

    def find(self, message_id: str) -> Path | None:
        """The delivered file, also after a mail reader has moved it to ``cur`` and marked it."""
        name = _name(message_id)
        new = self.folder / "new" / name
        return new if new.exists() else next(iter((self.folder / "cur").glob(f"{name}*")), None)

    def _deliver(self, letter: Letter) -> None:
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.find(letter.message_id):
            return
        name = _name(letter.message_id)
        draft = self.folder / "tmp" / f"{name}.{os.getpid()}"
        with draft.open("wb") as file:
            file.write(f"Return-Path: <{letter.sender}>\r\nDelivered-To: {letter.recipient}\r\n".encode("ascii"))
            file.write(letter.content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / "new" / name)
        handle = os.open(self.folder / "new", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _name(message_id: str) -> str:
    return f"{hashlib.sha256(message_id.encode()).hexdigest()[:40]}.confsvc"
