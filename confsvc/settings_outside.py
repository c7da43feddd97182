"""What is wrong with the settings of calls to others: entries, hosts that are not allowed, templates, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from confsvc.config import Settings
from confsvc.config_outside import SmsChannel
from confsvc.secret import ConfigError, Mistake
from integrations.outside import Allowed, WrongUrl
from integrations.sms import SLOTS, slots_of

_ANY_SLOT = re.compile(r"\{([a-z_]+)\}")
SHORTEST_SECRET = 16


def outside_mistakes(settings: Settings) -> Iterator[Mistake]:
    """Every mistake in ``outside`` and ``channels``."""
    try:
        allowed = settings.outside.allowed
    except ValueError:
        what = "an entry is neither a host name nor an address nor a network"
        yield Mistake("outside.allow", what, 'Write for example ["sms.example.vn", "10.20.0.0/16"]')
        allowed = Allowed()
    if settings.outside.ca_file and not settings.outside.ca_file.is_file():
        yield Mistake("outside.ca_file", f"{settings.outside.ca_file} is not there", "Put the certificates there")
    sms, alarm = settings.channels.sms, settings.channels.webhook
    if sms is not None:
        yield from _host("channels.sms.url", sms.url, allowed)
        yield from _sms(sms)
    if alarm is not None:
        yield from _host("channels.webhook.url", alarm.url, allowed)
        try:
            secret = alarm.secret
        except ConfigError as problem:
            yield from problem.mistakes
        else:
            if len(secret or "") < SHORTEST_SECRET:
                what = f"missing or shorter than {SHORTEST_SECRET} signs"
                yield Mistake("channels.webhook.secret_file", what, "Make one: openssl rand -hex 32")


def _host(where: str, url: str, allowed: Allowed) -> Iterator[Mistake]:
    host = urlsplit(url).hostname or ""
    if not allowed.lists(host):
        yield Mistake(where, f"{host} is not among the hosts that may be called", "Add it to outside.allow")
        return
    try:
        allowed.check(url)
    except WrongUrl:
        yield Mistake(where, "this address cannot be called", "Write https://host/path")


def _sms(sms: SmsChannel) -> Iterator[Mistake]:
    where = "channels.sms"
    named = {name for value in (*sms.fields.values(), *sms.headers.values()) for name in _ANY_SLOT.findall(value)}
    if unknown := sorted(named - SLOTS):
        yield Mistake(f"{where}.fields", f"nothing is called {{{unknown[0]}}}", f"There are {', '.join(sorted(SLOTS))}")
    if not {"phone", "text"} <= slots_of(sms.fields):
        yield Mistake(f"{where}.fields", "{phone} or {text} is in no field", 'For example to = "{phone}"')
    try:
        secret = sms.secret
    except ConfigError as problem:
        yield from problem.mistakes
    else:
        if "secret" in named and not secret:
            yield Mistake(f"{where}.secret_file", "missing", "A field asks for {secret}: name its file or variable")
        if secret and not (secret.isascii() and secret.isprintable()):
            yield Mistake(f"{where}.secret_file", "holds signs that no header can", "Use plain letters and digits")
    if sms.ok_pattern is not None:
        try:
            re.compile(sms.ok_pattern)
        except re.error as problem:
            yield Mistake(f"{where}.ok_pattern", f"not a pattern ({problem})", "Correct it, or remove the line")
