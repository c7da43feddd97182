"""Everything an operator may set: config.toml, over it CONFSVC_A__B in the environment, over it the command line.

All mistakes are reported at once, each with where it stands and how to mend it. Secrets never stand in the file: it
names a file (``…_file``) or a variable of the environment (``…_env``) that holds them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, IPvAnyNetwork
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url

from confsvc.config_fields import Domain, HttpUrl, Name, Section, Text
from confsvc.config_mail import Inbox, Mail
from confsvc.config_mail import Smtp as Smtp
from confsvc.config_outside import Channels, Outside
from confsvc.secret import Secret, make_secret, read_secret
from scheduler.timing import Timing


class Service(Section):
    """Where the service listens and how people reach it. ``var``: the folder of everything it writes.

    ``letter_fonts``: a folder with the serif of printed letters; left out, where systems keep one. ``jobs`` false: this
    process only answers; another one advances conferences, sends letters, ends rooms. ``key_file``, ``key_env``: the
    service's own key, the same on every machine; left out, one is made in ``var``.
    """

    public_url: HttpUrl | None = None
    host: Text = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    var: Path = Path("var")
    trusted_proxies: list[IPvAnyNetwork] = []
    allow_plain_http: bool = False
    operator_phone: Text = ""
    letter_fonts: Path | None = None
    jobs: bool = True
    key_file: Path | None = None
    key_env: str | None = None


class DatabaseSection(Section):
    """``url`` left out: an SQLite file in ``var``. A password stands elsewhere and is put in."""

    url: Text | None = None
    password_file: Path | None = None
    password_env: str | None = None


class Policy(Section):
    """The house's rules for booking; ``min_notice_days`` are working days."""

    min_notice_days: int = Field(default=3, ge=0, le=30)
    horizon_days: int = Field(default=400, ge=1, le=1100)
    longest_hours: int = Field(default=12, ge=1, le=60)


class BridgeSection(Section):
    """One Jitsi deployment. ``domain``: its XMPP main domain, the tickets' subject; by default ``base_url``'s host.

    ``prosody_url``: where its control calls are reached (end a room, count); by default ``base_url``. ``seats`` and
    ``kbps``: what it carries at once, in participants and in kbit/s received and sent together; left out, a booking
    does not check it.
    """

    name: Name
    base_url: HttpUrl
    muc_domain: Domain
    domain: Domain | None = None
    prosody_url: HttpUrl | None = None
    jicofo_url: HttpUrl | None = None
    app_id: Text = "confsvc"
    algorithm: Literal["HS256", "RS256"] = "HS256"
    secret_file: Path | None = None
    secret_env: str | None = None
    key_file: Path | None = None
    kid: Text | None = None
    callback_secret_file: Path | None = None
    callback_secret_env: str | None = None
    simulated: bool = False
    seats: int | None = Field(default=None, ge=1, le=1_000_000)
    kbps: int | None = Field(default=None, ge=1, le=1_000_000_000)

    @property
    def subject(self) -> str:
        return self.domain or urlsplit(self.base_url).hostname or ""

    @property
    def control_url(self) -> str:
        return self.prosody_url or self.base_url

    @property
    def origin(self) -> str:
        """Scheme and host of the video host, for a page's security policy."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secret(self) -> str | None:
        """The HS256 secret; None with RS256. Raises ConfigError when it cannot be read."""
        return read_secret(Secret(f"bridges.{self.name}", "secret", self.secret_file, self.secret_env))

    @property
    def private_key(self) -> str | None:
        """The RS256 key in PEM; None with HS256. Raises ConfigError when it cannot be read."""
        return read_secret(Secret(f"bridges.{self.name}", "key", self.key_file, None))

    @property
    def callback_secret(self) -> str | None:
        """What the video host shows when it calls us. Raises ConfigError when it cannot be read."""
        return read_secret(
            Secret(f"bridges.{self.name}", "callback_secret", self.callback_secret_file, self.callback_secret_env)
        )


class Settings(BaseSettings):
    """The whole configuration; made by ``confsvc.settings.load``."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="CONFSVC_", env_nested_delimiter="__", env_ignore_empty=True
    )
    service: Service = Service()
    database: DatabaseSection = DatabaseSection()
    mail: Mail = Mail()
    times: dict[str, int] = {}
    policy: Policy = Policy()
    bridges: list[BridgeSection] = Field(default=[], max_length=20)
    outside: Outside = Outside()
    channels: Channels = Channels()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        return (init_settings,)  # merged in confsvc.settings: the command line must win over the environment

    @cached_property
    def timing(self) -> Timing:
        """The ``times`` section with the house's defaults. Raises Invalid; ``load`` has checked it."""
        return Timing(**self.times)

    @property
    def public_url(self) -> str:
        """How people reach the service, without a slash at the end."""
        if self.service.public_url:
            return self.service.public_url.rstrip("/")
        host = f"[{self.service.host}]" if ":" in self.service.host else self.service.host
        return f"http://{host}:{self.service.port}"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def var(self) -> Path:
        return self.service.var

    @cached_property
    def service_key(self) -> bytes:
        """What addresses and links that only we can make are made with. Raises ConfigError when it cannot be read."""
        section = self.service
        named = read_secret(Secret("service", "key", section.key_file, section.key_env))
        if named is None:
            path = self.var / "secrets" / "service-key"
            make_secret(path)
            named = read_secret(Secret("service", "key", path, None))
        return (named or "").encode()

    @property
    def maildir(self) -> Path | None:
        """Where letters go when there is no mail server."""
        return None if self.mail.smtp else self.var / "mail"

    @property
    def inbox(self) -> Inbox | None:
        """Where mail comes in; without a mail server a folder in ``var``, with one only what is configured."""
        return self.mail.inbox or (None if self.mail.smtp else Inbox())

    @property
    def inbox_folder(self) -> Path:
        return (self.inbox and self.inbox.path) or self.var / "inbox"

    @property
    def simulated(self) -> bool:
        return any(bridge.simulated for bridge in self.bridges)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        if self.service.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.service.host).is_loopback
        except ValueError:
            return False

    @cached_property
    def database_url(self) -> str:
        """The SQLAlchemy URL, with the password in it. Raises ConfigError when that cannot be read."""
        section = self.database
        if not section.url:
            return f"sqlite:///{self.var / 'confsvc.sqlite3'}"
        password = read_secret(Secret("database", "password", section.password_file, section.password_env))
        if password is None:
            return section.url
        return make_url(section.url).set(password=password).render_as_string(hide_password=False)


def describe(settings: Settings) -> Mapping[str, Any]:
    """The configuration as it is in force, for people to look at; it holds no secret by construction."""
    return {**settings.model_dump(mode="json"), "public_url": settings.public_url, "https": settings.https}
