"""What an operator may set of mail, outgoing and incoming."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from confsvc.config_fields import Domain, Section, Text
from confsvc.secret import Secret, read_secret


class Smtp(Section):
    """The mail server letters leave through."""

    host: Text
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: Text | None = None
    password_file: Path | None = None
    password_env: str | None = None
    timeout: float = Field(default=20, gt=0, le=120)

    @property
    def password(self) -> str | None:
        """Raises ConfigError when it is named but cannot be read."""
        return read_secret(Secret("mail.smtp", "password", self.password_file, self.password_env))


class Inbox(Section):
    """Where mail comes in: an IMAP mailbox that nobody else reads, or a folder (``path``; by default ``inbox`` in
    ``var``). ``operator``: who gets people's mails that answer no letter of ours.
    ``authserv_id``: how our own mail server signs its Authentication-Results; left out, they are not read."""

    kind: Literal["imap", "maildir"] = "maildir"
    host: Text = ""
    port: int = Field(default=993, ge=1, le=65535)
    tls: Literal["none", "starttls", "tls"] = "tls"
    user: Text = ""
    password_file: Path | None = None
    password_env: str | None = None
    folder: Text = "INBOX"
    ca_file: Path | None = None
    timeout: float = Field(default=20, gt=0, le=60)
    path: Path | None = None
    poll_seconds: int = Field(default=30, ge=5, le=60)
    operator: Text | None = None
    authserv_id: Text = ""

    @property
    def password(self) -> str | None:
        """Raises ConfigError when it is named but cannot be read."""
        return read_secret(Secret("mail.inbox", "password", self.password_file, self.password_env))


class Mail(Section):
    """Who letters come from. No ``smtp``: they are delivered into a Maildir in ``var``. ``bounce_domain``: where
    letters that cannot be delivered come back to, ``domain`` when left out. ``inbox``: where mail comes in."""

    domain: Domain = "confsvc.localhost"
    bounce_domain: Domain | None = None
    from_name: Text = "Hệ thống điều phối hội nghị truyền hình"
    from_address: Text | None = None
    smtp: Smtp | None = None
    inbox: Inbox | None = None

    @property
    def sender(self) -> str:
        return self.from_address or f"hnth@{self.domain}"
