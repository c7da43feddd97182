"""The parts of the configuration about calls to others: what may be called, and second ways for urgent things."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from confsvc.config_fields import HttpUrl, Section, Text
from confsvc.secret import Secret, read_secret
from integrations.outside import Allowed


class Outside(Section):
    """What may be called outside beside public addresses by https: host names, single addresses and networks, for
    webhooks and the second channels. ``ca_file``: whose certificates are believed, the system's when left out."""

    allow: list[Text] = Field(default=[], max_length=100)
    ca_file: Path | None = None

    @property
    def allowed(self) -> Allowed:
        """Raises ValueError for an entry that is none of these."""
        return Allowed.of(self.allow)


class SmsChannel(Section):
    """An SMS gateway by HTTP. ``fields`` and ``headers`` are filled with {phone}, {text}, {id} and {secret}; ``body``
    says how the fields travel. Sent when the status is one of ``ok_status`` and ``ok_pattern``, if any, is found in the
    answer. ``phone``: how numbers begin. ``ascii``: Vietnamese without its marks, which costs a third."""

    url: HttpUrl
    method: Literal["POST", "GET"] = "POST"
    body: Literal["form", "json", "query"] = "form"
    headers: dict[Text, Text] = {}
    fields: dict[Text, Text] = {"to": "{phone}", "text": "{text}"}
    secret_file: Path | None = None
    secret_env: str | None = None
    ok_status: list[int] = [200, 201, 202]
    ok_pattern: Text | None = None
    phone: Literal["84", "+84", "0"] = "84"
    ascii: bool = True
    longest: Literal[160, 306] = 160
    per_minute: int = Field(default=30, ge=4, le=6000)

    @property
    def secret(self) -> str | None:
        """Raises ConfigError when it is named but cannot be read."""
        return read_secret(Secret("channels.sms", "secret", self.secret_file, self.secret_env))


class AlarmChannel(Section):
    """Another system that is told of urgent things with the people and their numbers: a signed call."""

    url: HttpUrl
    secret_file: Path | None = None
    secret_env: str | None = None

    @property
    def secret(self) -> str | None:
        """Raises ConfigError when it is named but cannot be read."""
        return read_secret(Secret("channels.webhook", "secret", self.secret_file, self.secret_env))


class Channels(Section):
    """Second ways for urgent things."""

    sms: SmsChannel | None = None
    webhook: AlarmChannel | None = None
