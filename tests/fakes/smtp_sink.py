"""A real mail server on a real socket that keeps what it gets and can be told to fail in every way that matters.

async with SmtpSink() as sink:
    mailer = SmtpMailer(sink.host, sink.port)
    sink.answers["b@huyen.example"] = "550 5.1.1 no such user"
    ...
    assert sink.received[0].recipients == ["a@so.example"]
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.fakes import post


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted message: envelope and raw bytes."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class SmtpSink:
    """``received``: in order of arrival, repetitions included.

    Failures, all may be changed while running: ``answers`` maps a recipient to a reply for RCPT ("451 …", "550 …");
    ``data_answer`` is the reply to every content; ``greeting_answer`` turns connections away; ``drop_after_data``
    takes the message and cuts the line before the reply; ``drop_before_data`` cuts it at RCPT; ``hang`` keeps the
    reply to the content back. ``dsn``: it offers RFC 3461, and ``asked`` keeps what was asked. ``stop`` refuses
    connections, ``start`` listens again on the same port.
    """

    def __init__(
        self,
        *,
        login: tuple[str, str] | None = None,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.received: list[Received] = []
        self.connections = 0
        self.answers: dict[str, str] = {}
        self.data_answer: str | None = None
        self.greeting_answer: str | None = None
        self.dsn = False
        self.asked: list[str] = []
        self.drop_after_data = False
        self.drop_before_data = False
        self.hang = False
        self._login, self._starttls, self._tls = login, starttls, tls
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.BaseTransport] = set()
        self._released = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._released.clear()
        self._server = await asyncio.get_running_loop().create_server(
            self._session, self.host, self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections and cut the open ones."""
        self._released.set()
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        await asyncio.sleep(0)

    def cut(self) -> None:
        """Cut the open connections, as servers do with idle ones."""
        for transport in self._open:
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
        self._open.clear()

    def to(self, recipient: str) -> list[Received]:
        """What was received for one address."""
        return [one for one in self.received if recipient in one.recipients]

    def _session(self) -> SMTP:
        return _Session(self, self._login, self._starttls, self._tls is not None)

    def opened(self, transport: asyncio.BaseTransport) -> None:
        self.connections += 1
        self._open.add(transport)

    async def take(self, session: Session, envelope: Envelope, cut: Callable[[], None]) -> str:
        """The reply to a content."""
        if self.data_answer:
            return self.data_answer
        assert isinstance(envelope.original_content, bytes)
        post.keep(envelope.original_content, list(envelope.rcpt_tos))
        self.received.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content))
        if self.hang:
            await self._released.wait()
        if self.drop_after_data:
            cut()
        return "250 2.0.0 taken"


class _Session(SMTP):
    """aiosmtpd's protocol with the sink's failures."""

    def __init__(
        self, sink: SmtpSink, login: tuple[str, str] | None, starttls: ssl.SSLContext | None, encrypted: bool
    ) -> None:
        self._sink = sink
        options: dict[str, Any] = {"hostname": "sink.test", "ident": "sink", "enable_SMTPUTF8": True}
        if login:
            options |= {
                "authenticator": _checker(login),
                "auth_required": True,
                "auth_require_tls": starttls is not None,
            }
        if starttls:
            options |= {"tls_context": starttls, "require_starttls": True}
        super().__init__(self, **options)
        self._encrypted = encrypted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink.opened(transport)
        super().connection_made(transport)

    async def push(self, status: Any) -> None:
        if self._sink.greeting_answer and str(status).startswith("220 sink.test"):
            await super().push(self._sink.greeting_answer)
            self.cut()
            return
        await super().push(status)

    def cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]] if self._sink.dsn else responses

    async def smtp_MAIL(self, arg: str | None) -> None:
        await super().smtp_MAIL(self._understood(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:
        await super().smtp_RCPT(self._understood(arg))

    def _understood(self, arg: str | None) -> str | None:
        """Without the options of RFC 3461, which the library does not know and refuses."""
        words = (arg or "").split()
        found = [word for word in words if word.startswith(("RET=", "NOTIFY="))] if self._sink.dsn else []
        self._sink.asked += found
        return " ".join(word for word in words if word not in found) if arg else arg

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._sink.drop_before_data:
            self.cut()
        if address in self._sink.answers:
            return self._sink.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return await self._sink.take(session, envelope, self.cut)


def _checker(login: tuple[str, str]) -> Callable[..., AuthResult]:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == login
        return AuthResult(success=good, handled=False)

    return check
