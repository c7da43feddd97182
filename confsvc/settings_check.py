"""What is wrong with settings that are well-formed: secrets that are not there, times and addresses that do not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from confsvc.config import BridgeSection, Settings
from confsvc.secret import ConfigError, Mistake
from confsvc.settings_outside import outside_mistakes
from rooms.errors import Invalid
from scheduler.timing import LIMITS, Timing


def check(settings: Settings) -> list[Mistake]:
    """Every mistake at once."""
    looks = (_secrets, _inbox, _times, _exposure, _bridges, _database, outside_mistakes)
    return [mistake for look in looks for mistake in look(settings)]


def _read_all(readers: Mapping[str, Callable[[], str | None]]) -> tuple[dict[str, str | None], list[Mistake]]:
    values: dict[str, str | None] = {}
    mistakes: list[Mistake] = []
    for name, reader in readers.items():
        try:
            values[name] = reader()
        except ConfigError as problem:
            mistakes += problem.mistakes
    return values, mistakes


def _secrets(settings: Settings) -> Iterator[Mistake]:
    if smtp := settings.mail.smtp:
        values, mistakes = _read_all({"password": lambda: smtp.password})
        yield from mistakes
        if smtp.user and values.get("password", "") is None:
            yield Mistake("mail.smtp.user", "a user without a password", "Add password_file or password_env")
        if smtp.user and smtp.tls == "none" and smtp.host not in ("127.0.0.1", "::1", "localhost"):
            yield Mistake("mail.smtp.tls", "a password would travel unencrypted", 'Write "starttls" or "tls"')


def _inbox(settings: Settings) -> Iterator[Mistake]:
    inbox = settings.mail.inbox
    if inbox is None or inbox.kind != "imap":
        return
    values, mistakes = _read_all({"password": lambda: inbox.password})
    yield from mistakes
    for name in ("host", "user"):
        if not getattr(inbox, name):
            yield Mistake(f"mail.inbox.{name}", "missing", 'kind = "imap" wants host, user and password_file')
    if values.get("password", "") is None:
        yield Mistake("mail.inbox.password_file", "a user without a password", "Add password_file or password_env")
    if inbox.tls == "none" and inbox.host not in ("127.0.0.1", "::1", "localhost"):
        yield Mistake("mail.inbox.tls", "a password would travel unencrypted", 'Write "tls" or "starttls"')


def _times(settings: Settings) -> Iterator[Mistake]:
    unknown = set(settings.times) - set(LIMITS)
    for name in sorted(unknown):
        yield Mistake(f"times.{name}", "there is no such setting", f"Times are {', '.join(LIMITS)}")
    try:
        Timing(**{name: value for name, value in settings.times.items() if name not in unknown})
    except Invalid as problem:
        for error in problem.errors:
            if error.code == "above":
                what = f"larger than times.{error.data['other']}"
            else:
                what = f"not between {error.data['low']} and {error.data['high']}"
            yield Mistake(f"times.{error.field}", what, "Correct the value")


def _exposure(settings: Settings) -> Iterator[Mistake]:
    if settings.loopback or settings.https or settings.service.trusted_proxies or settings.service.allow_plain_http:
        return
    what = (
        f"{settings.service.host} can be reached from other machines without TLS: passwords and sessions would travel "
        "readable, and browsers give no camera to such a page"
    )
    mend = (
        'Put a proxy with TLS in front (deploy/nginx) and set public_url = "https://…", or listen on 127.0.0.1, '
        "or write allow_plain_http = true if you accept it"
    )
    yield Mistake("service.host", what, mend)


def _bridges(settings: Settings) -> Iterator[Mistake]:
    names = [bridge.name for bridge in settings.bridges]
    for number, bridge in enumerate(settings.bridges):
        where = f"bridges.{bridge.name}"
        if names.index(bridge.name) != number:
            yield Mistake(where, "the name is used twice", "Give every video host its own name")
        yield from _bridge_secrets(bridge, where)


def _bridge_secrets(bridge: BridgeSection, where: str) -> Iterator[Mistake]:
    readers = {
        "secret": lambda: bridge.secret,
        "key": lambda: bridge.private_key,
        "callback": lambda: bridge.callback_secret,
    }
    values, mistakes = _read_all(readers)
    yield from mistakes
    if "callback" in values and not values["callback"]:
        mend = "Add callback_secret_file or callback_secret_env; the same secret goes into Prosody (docs/jitsi.md)"
        yield Mistake(f"{where}.callback_secret_file", "the video host could not prove who it is", mend)
    if bridge.algorithm == "HS256":
        if "secret" in values and not values["secret"]:
            yield Mistake(f"{where}.secret_file", "missing", "HS256 wants Prosody's app_secret in secret_file")
        elif "secret" in values and len((values["secret"] or "").encode()) < 14:
            yield Mistake(f"{where}.secret_file", "shorter than 14 bytes", "Make a longer one: openssl rand -hex 32")
    else:
        if "key" in values and not values["key"]:
            yield Mistake(f"{where}.key_file", "missing", "RS256 wants the private key in PEM")
        if not bridge.kid:
            yield Mistake(f"{where}.kid", "missing", "RS256 wants the key's name, as the key server shows it")


def _database(settings: Settings) -> Iterator[Mistake]:
    yield from _address(settings)
    if not settings.service.jobs and (settings.database.url or "sqlite").startswith("sqlite"):
        what = "SQLite is for one process, so nobody would advance conferences and send letters"
        mend = "Remove the line, or use PostgreSQL; to look at a copy in quiet: confsvc serve --without-jobs"
        yield Mistake("service.jobs", what, mend)


def _address(settings: Settings) -> Iterator[Mistake]:
    if not settings.database.url:
        return
    try:
        url = make_url(settings.database.url)
    except ArgumentError:
        yield Mistake("database.url", "not a database address", "Write postgresql://user@host/name or sqlite:///path")
        return
    if url.password:
        yield Mistake("database.url", "a password is written into it", "Use database.password_file or password_env")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        yield Mistake("database.url", "only SQLite and PostgreSQL are supported", "Write postgresql:// or sqlite:///")
    yield from _read_all({"url": lambda: settings.database_url})[1]
