"""What comes in by mail: fetched and stored as it came first, then explained, then decided on.

Any number of processes may poll one mailbox: the same mail is stored once, and decided on by whoever locks it. What a
mail does to us while it is read stays in a process with limits (mail_reader.py).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.inbox_deciding import Door, decide
from confsvc.jobs import Rounds
from confsvc.mail_reader import MailReader
from confsvc.own_links import bounce_key
from confsvc.sender import sender_of
from integrations.errors import IntegrationError
from integrations.mail.explain_parts import MOST_BYTES
from integrations.mail.inbox import Fetched, Inbox
from integrations.mail.inbox_folder import FolderInbox
from integrations.mail.inbox_imap import ImapInbox
from rooms.once import poke
from scheduler import inbox_queries as queries

log = logging.getLogger(__name__)

AT_ONCE = 50
PATIENCE = 15.0
"""Seconds a poll is waited for; a mailbox that is slower is fetched on beside the other rounds."""
MOST_ATTEMPTS = 5
KEPT_FOR = timedelta(days=365)
_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)


class Incoming:
    """The round over one inbox. ``source`` None: nothing is fetched, what is stored is decided on."""

    def __init__(
        self, database: Database, source: Inbox | None, reader: MailReader, door: Door, *, now: Callable[[], datetime]
    ) -> None:
        self.database, self.source, self.reader, self.door, self.now = database, source, reader, door, now
        self.trouble: str | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def poll(self, _now: datetime) -> None:
        """Fetch what is new, decide on what is stored. A mailbox that does not answer is said once."""
        if self.source is not None:
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._fetch(self.source), name="inbox")
            await asyncio.wait({self._fetching}, timeout=PATIENCE)
        await self.decide_all()

    async def aclose(self) -> None:
        """Wait for the fetching under way and end the reader."""
        if self._fetching is not None:
            await asyncio.wait({self._fetching}, timeout=PATIENCE)
        await asyncio.to_thread(self.reader.close)

    async def decide_all(self) -> int:
        """Decide on every stored mail that nobody decided on; how many."""
        decided = 0
        while mail_ids := await self.database.read(queries.list_undecided, AT_ONCE):
            done = [await self._decide(mail_id) for mail_id in mail_ids]
            decided += sum(done)
            if not all(done):  # the rest fails or is held by another; the next poll looks again
                break
        return decided

    async def _decide(self, mail_id: int) -> bool:
        packed = await self.database.read(_packed, mail_id)
        try:
            raw = await asyncio.to_thread(zlib.decompress, packed) if packed else b""
            explained = await asyncio.to_thread(self.reader.explain, raw)
            return await self.database.write(decide, mail_id, explained, self.door, now=self.now())
        except Exception:
            log.exception("mail %s cannot be decided on", mail_id)
            await self.database.write(note_failure, mail_id, now=self.now())
            return False

    async def _fetch(self, source: Inbox) -> None:
        loop = asyncio.get_running_loop()

        def keep(fetched: Fetched) -> None:
            stored = self.database.write(store, fetched, now=self.now())
            asyncio.run_coroutine_threadsafe(stored, loop).result(60)

        try:
            await asyncio.to_thread(source.collect, keep, AT_ONCE)
        except IntegrationError as problem:
            if str(problem) != self.trouble:
                log.warning("the inbox: %s", problem)
            self.trouble = str(problem)
        except Exception as problem:
            log.exception("what is in the inbox cannot be stored")
            self.trouble = type(problem).__name__
        else:
            self.trouble = None


def store(db: Session, fetched: Fetched, *, now: datetime) -> bool:
    """Keep the mail as it came; False when it is kept already. One that was too large is only noted."""
    if fetched.raw is None or len(fetched.raw) > MOST_BYTES:
        named = hashlib.sha256(f"{fetched.name}\n{fetched.size}\n{now:%Y-%m}".encode()).hexdigest()
        values = {"sha256": named, "kind": "refused", "reason": "too_much_size", "code": "refused", "decided_at": now}
        return queries.add_mail(db, {"received": now, "size": fetched.size, **values})
    found = _ID.search(fetched.raw, 0, 64 * 1024)
    values = {
        "sha256": hashlib.sha256(fetched.raw).hexdigest(), "raw": zlib.compress(fetched.raw, 6),
        "message_id": found[1].decode("ascii", "replace") if found else None,
    }  # fmt: skip
    new = queries.add_mail(db, {"received": now, "size": fetched.size, **values})
    poke(db, "inbox")
    return new


def note_failure(db: Session, mail_id: int, *, now: datetime) -> None:
    """It was tried in vain; after MOST_ATTEMPTS it is left for people."""
    mail = queries.find_undecided(db, mail_id)
    if mail is None:
        return
    mail.attempts += 1
    if mail.attempts >= MOST_ATTEMPTS:
        mail.code, mail.decided_at = "failed", now


def sweep_mails(db: Session, *, now: datetime) -> int:
    """Forget the mails of more than a year ago; what was decided on them stays. How many."""
    return queries.set_raw_gone(db, before=now - KEPT_FOR)


def open_inbox(settings: Settings) -> Inbox | None:
    """The mailbox or folder of the configuration; None when there is none."""
    inbox = settings.inbox
    if inbox is None:
        return None
    if inbox.kind == "maildir":
        return FolderInbox(settings.inbox_folder, most_bytes=MOST_BYTES)
    return ImapInbox(
        inbox.host, inbox.port, tls=inbox.tls, user=inbox.user, password=inbox.password or "", folder=inbox.folder,
        most_bytes=MOST_BYTES, timeout=inbox.timeout, ca=inbox.ca_file,
    )  # fmt: skip


def incoming(settings: Settings, database: Database, *, now: Callable[[], datetime]) -> Incoming:
    """The round of the configuration."""
    sender = sender_of(settings)
    reader = MailReader(bounce_key=bounce_key(sender.key), own_address=sender.mail)
    inbox = settings.inbox
    door = Door(sender, inbox.operator, inbox.authserv_id) if inbox else Door(sender)
    return Incoming(database, open_inbox(settings), reader, door, now=now)


def inbox_rounds(incoming: Incoming, settings: Settings) -> dict[str, Rounds]:
    """Look into the inbox as often as configured; forget old mails now and then."""

    async def forget(now: datetime) -> None:
        await incoming.database.write(sweep_mails, now=now)

    every = settings.inbox.poll_seconds if settings.inbox else 60
    return {
        "inbox": Rounds(timedelta(seconds=every), incoming.poll), "old_mails": Rounds(timedelta(days=1), forget),
    }  # fmt: skip


def _packed(db: Session, mail_id: int) -> bytes | None:
    mail = queries.find_mail(db, mail_id)
    return mail.raw if mail else None
