"""Delivery through a mail server, with one question answered for every failure: may the letter have been taken?"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import aiosmtplib

from integrations.addresses import plain_address
from integrations.errors import Refused, Unavailable
from integrations.mail.letter import Letter

Tls = Literal["none", "starttls", "tls"]
#: Errors of the connection itself; none of them is an answer.
_LOST = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)
_MAX_LETTERS = 100


class SmtpMailer:
    """Keeps one connection for a batch and makes a new one when the server closed it.

    ``tls``: ``none``, ``starttls`` (required, never skipped) or ``tls`` from the first byte; ``ca``: a CA file.
    ``timeout``: seconds for each reply. ``deadline``: seconds for one letter as a whole, enforced.
    A login that the server does not take is Unavailable, not Refused: the letter is fine, the configuration is not,
    and letters must wait for its repair. The same holds for a server that turns every connection away.
    """

    def __init__(
        self,
        host: str,
        port: int = 25,
        *,
        tls: Tls = "none",
        username: str | None = None,
        password: str | None = None,
        ca: Path | str | None = None,
        timeout: float = 20.0,
        deadline: float = 60.0,
        local_hostname: str | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._tls = tls
        self._login = (username, password) if username and password else None
        self._timeout = timeout
        self._deadline = deadline
        self._local_hostname = local_hostname
        self._context = ssl.create_default_context(cafile=str(ca) if ca else None) if tls != "none" else None
        self._lock = asyncio.Lock()
        self._smtp: aiosmtplib.SMTP | None = None
        self._sent = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Say goodbye and close; a server that does not answer is left."""
        async with self._lock:
            if self._smtp is not None:
                try:
                    await self._smtp.quit(timeout=2.0)
                except (aiosmtplib.SMTPException, *_LOST):
                    self._drop()
                self._smtp = None

    async def send(self, letter: Letter) -> None:
        """Hand over one letter; see :class:`~integrations.mail.mailer.Mailer`.

        4xx: Unavailable. 5xx to sender, recipient or content: Refused with its code. No connection: Unavailable. An
        answer lost after the content went out: Unavailable with ``maybe``.
        """
        async with self._lock:
            asked = _Step(self._host, self._port)
            try:
                async with asyncio.timeout(self._deadline):
                    await self._hand_over(letter, asked)
            except TimeoutError as exc:
                self._drop()
                raise asked.lost(exc) from exc
            except BaseException:
                if not asked.alive:
                    self._drop()
                raise

    async def _hand_over(self, letter: Letter, asked: _Step) -> None:
        try:
            sender, recipient = plain_address(letter.sender), plain_address(letter.recipient)
        except ValueError as exc:  # the library would send whatever it can read out of it
            asked.alive = True
            raise Refused(f"{asked.where}: the envelope is not plain") from exc
        async with self._reasons(asked):
            smtp = await self._ready(sender, asked)
            asked.name = "the recipient"
            await smtp.rcpt(recipient, options=_offered(smtp, "NOTIFY=FAILURE"))
            asked.name = "the content"
            asked.maybe = True
            await smtp.data(letter.content)
            self._sent += 1

    async def _ready(self, sender: str, asked: _Step) -> aiosmtplib.SMTP:
        """A connection that has taken the sender. A kept one may have been closed meanwhile: then once more, new."""
        if self._smtp is not None and self._sent < _MAX_LETTERS:
            asked.name = "the sender"
            try:
                await self._smtp.rset()
                await self._smtp.mail(sender, options=_offered(self._smtp, "RET=HDRS"))
            except (aiosmtplib.SMTPResponseException, *_LOST):
                pass  # closed while idle, as servers do: what is wrong shows on a new one
            else:
                return self._smtp
        self._drop()
        asked.name = "the connection"
        smtp = await self._connect()
        asked.name = "the sender"
        await smtp.mail(sender, options=_offered(smtp, "RET=HDRS"))
        return smtp

    async def _connect(self) -> aiosmtplib.SMTP:
        smtp = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            tls_context=self._context,
            local_hostname=self._local_hostname,
        )
        self._smtp, self._sent = smtp, 0
        await smtp.connect()
        if self._login:
            await smtp.login(*self._login)
        elif smtp.is_ehlo_or_helo_needed:  # what the server offers is asked for before the first letter
            try:
                await smtp.ehlo()
            except aiosmtplib.SMTPHeloError:
                await smtp.helo()
        return smtp

    @asynccontextmanager
    async def _reasons(self, asked: _Step) -> AsyncIterator[None]:
        """Turns every failure of the library into ours; the server's words are for the log, without our own."""
        try:
            yield
        except aiosmtplib.SMTPResponseException as exc:
            raise asked.answered(exc.code) from exc
        except (aiosmtplib.SMTPException, *_LOST) as exc:
            raise asked.lost(exc) from exc

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _offered(smtp: aiosmtplib.SMTP, option: str) -> tuple[str, ...]:
    """What is asked about reports (RFC 3461): only of failures, only the head of the letter; where it is understood."""
    return (option,) if smtp.supports_extension("dsn") else ()


class _Step:
    """How far a letter has come: what was being asked, and whether it may have been taken."""

    def __init__(self, host: str, port: int) -> None:
        self.where = f"mail server {host}:{port}"
        self.name = "the connection"
        self.maybe = False
        self.alive = False  # whether the connection is still good after the failure

    def lost(self, exc: Exception) -> Unavailable:
        return Unavailable(f"{self.where}: no answer to {self.name} ({type(exc).__name__})", maybe=self.maybe)

    def answered(self, code: int) -> Unavailable | Refused:
        self.alive = self.name != "the connection" and 400 <= code < 600 and code != 421
        if self.name == "the connection" or not 500 <= code < 600:
            return Unavailable(f"{self.where} answered {code} to {self.name}", maybe=self.maybe and code < 400)
        return Refused(f"{self.where} answered {code} to {self.name}", code=code)
