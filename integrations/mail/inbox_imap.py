"""Mail from an IMAP mailbox that nobody else reads: what is unread is new, what was stored is marked as read."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from integrations.errors import Refused, Unavailable
from integrations.mail.inbox import Fetched, Keep
from integrations.mail.smtp import Tls

_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,18})")
_UID = re.compile(rb"UID (\d{1,18})")


class ImapInbox:
    """One connection for each call. ``tls`` as for SmtpMailer; ``timeout``: seconds for each answer. A mail larger than
    ``most_bytes`` is not fetched; it is flagged and marked as read, so that whoever opens the mailbox sees it."""

    def __init__(
        self, host: str, port: int = 993, *, tls: Tls = "tls", user: str, password: str, folder: str = "INBOX",
        most_bytes: int, timeout: float = 20.0, ca: Path | None = None,
    ) -> None:  # fmt: skip
        self._host, self._port, self._tls = host, port, tls
        self._user, self._password, self._folder = user, password, folder
        self._most_bytes, self._timeout = most_bytes, timeout
        self._context = ssl.create_default_context(cafile=str(ca) if ca else None) if tls != "none" else None

    def collect(self, keep: Keep, most: int) -> int:
        """See :class:`~integrations.mail.inbox.Inbox`."""
        with self._open() as box:
            with _told():
                sizes = self._sizes(box, most)
            marked = 0
            for uid, size in sizes:
                with _told():
                    raw = self._content(box, uid) if size <= self._most_bytes else None
                    if raw is None and size <= self._most_bytes:
                        continue  # gone meanwhile
                keep(Fetched(uid, size, raw))
                flags = (
                    [MailMessageFlags.SEEN] if raw is not None else [MailMessageFlags.SEEN, MailMessageFlags.FLAGGED]
                )
                with _told():
                    box.flag(uid, flags, True)
                marked += 1
            return marked

    @contextmanager
    def _open(self) -> Iterator[BaseMailBox]:
        with _told():
            box = self._connect()
        try:
            with _told():
                box.login(self._user, self._password, initial_folder=self._folder)
            yield box
        finally:
            _leave(box)

    def _connect(self) -> BaseMailBox:
        if self._tls == "tls":
            return MailBox(self._host, self._port, timeout=self._timeout, ssl_context=self._context)
        if self._tls == "starttls":
            return MailBoxStartTls(self._host, self._port, timeout=self._timeout, ssl_context=self._context)
        return MailBoxUnencrypted(self._host, self._port, timeout=self._timeout)

    def _sizes(self, box: BaseMailBox, most: int) -> Sequence[tuple[str, int]]:
        """The oldest unread mails and how large the server says they are; nothing of them is fetched for that."""
        uids = list(islice(box.uids("UNSEEN UNDELETED"), most))
        if not uids:
            return []
        found: dict[str, int] = {}
        for item in _fetched(box, ",".join(uids), "(UID RFC822.SIZE)"):
            line = item[0] if isinstance(item, tuple) else item
            uid, size = _UID.search(line or b""), _SIZE.search(line or b"")
            if uid and size:
                found[uid[1].decode()] = int(size[1])
        return [(uid, found[uid]) for uid in uids if uid in found]

    def _content(self, box: BaseMailBox, uid: str) -> bytes | None:
        """The mail without marking it as read; not a byte more than allowed, whatever size was announced."""
        answer = _fetched(box, uid, f"(BODY.PEEK[]<0.{self._most_bytes + 1}>)")
        return next((bytes(item[1]) for item in answer if isinstance(item, tuple)), None)


def _fetched(box: BaseMailBox, uids: str, what: str) -> list[Any]:
    status, answer = box.client.uid("FETCH", uids, what)
    if status != "OK":
        raise Unavailable(f"the mailbox answered {status} to FETCH")
    return list(answer)


@contextmanager
def _told() -> Iterator[None]:
    """Turns what the library raises into what an integration may raise; texts of the server stay inside."""
    try:
        yield
    except MailboxLoginError as problem:
        raise Refused("the mailbox does not take user and password") from problem
    except MailboxFolderSelectError as problem:
        raise Refused("the mailbox has no such folder") from problem
    except ssl.SSLCertVerificationError as problem:
        raise Refused("the mailbox's certificate is not trusted") from problem
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as problem:
        raise Unavailable(f"the mailbox does not answer ({type(problem).__name__})") from problem


def _leave(box: BaseMailBox) -> None:
    """Say goodbye; a server that is gone is left."""
    try:
        box.logout()
    except (OSError, imaplib.IMAP4.error, ImapToolsError):
        box.client.shutdown()
