"""Loading the configuration, and everything that can be wrong with it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource
from pydantic_settings.exceptions import SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from confsvc.config import BridgeSection, Settings
from confsvc.secret import ConfigError, Mistake, make_secret
from rooms.errors import Invalid
from scheduler.timing import LIMITS, Timing

DEFAULT_PATH = Path("config.toml")
SIMULATED_DOMAIN = "meet.simulated"
_SECRET_NAMES = re.compile(r"(^|_)(secret|password|passwd|passphrase|token|key)$")
_SECTIONS = tuple(Settings.model_fields)
_MENDS = {
    "extra_forbidden": "Remove it, or look for the right spelling in the commented config.toml",
    "missing": "Add it",
    "string_pattern_mismatch": "Look at the example in the commented config.toml",
    "int_parsing": "Write a whole number",
    "int_type": "Write a whole number",
    "bool_parsing": "Write true or false",
}


def load(
    path: Path | None = None, *, quickstart: bool = False, overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> Settings:
    """The settings from ``path`` (default config.toml when it is there), the environment and ``overrides``.

    ``overrides`` has the file's shape ({"service": {"port": 8090}}) and wins over everything. ``quickstart``: with no
    bridge configured, a simulated one on the next port, its secrets made in ``var``. Raises ConfigError.
    """
    data, mistakes = _read(path)
    mistakes += _written_secrets(data)
    mistakes += _unknown_variables()
    try:
        environment = EnvSettingsSource(Settings)()
        settings = Settings(**_merged(_merged(data, environment), overrides or {}))
    except SettingsError as problem:
        raise ConfigError([*mistakes, Mistake("environment", str(problem), "Lists are written as JSON")]) from problem
    except ValidationError as problem:
        named = {mistake.where for mistake in mistakes}
        found = [_from_pydantic(dict(error)) for error in problem.errors()]
        raise ConfigError([*mistakes, *(m for m in found if m.where not in named)]) from problem
    if quickstart and not settings.bridges:
        settings = with_simulated_bridge(settings)
    mistakes += check(settings)
    if mistakes:
        raise ConfigError(mistakes)
    return settings


def check(settings: Settings) -> list[Mistake]:
    """What is wrong with settings that are well-formed: secrets, times, addresses that do not fit each other."""
    return [*_secrets(settings), *_times(settings), *_exposure(settings), *_bridges(settings), *_database(settings)]


def with_simulated_bridge(settings: Settings) -> Settings:
    """The same settings with a simulated Jitsi on the next port; its secrets are made in ``var`` (mode 0600)."""
    folder = settings.var.absolute() / "secrets"
    secret, callback = folder / "simulated-app-secret", folder / "simulated-callback-secret"
    make_secret(secret)
    make_secret(callback)
    host = settings.service.host if settings.loopback else "127.0.0.1"
    bridge = BridgeSection(
        name="simulated", base_url=f"http://{host}:{settings.service.port + 1}", simulated=True,
        domain=SIMULATED_DOMAIN, muc_domain=f"conference.{SIMULATED_DOMAIN}", secret_file=secret,
        callback_secret_file=callback,
    )  # fmt: skip
    return settings.model_copy(update={"bridges": [bridge]})


def _read(path: Path | None) -> tuple[dict[str, Any], list[Mistake]]:
    if path is None and not DEFAULT_PATH.exists():
        return {}, []
    path = path or DEFAULT_PATH
    try:
        return tomllib.loads(path.read_text("utf-8")), []
    except (OSError, UnicodeDecodeError) as problem:
        mistake = Mistake(str(path), f"cannot be read ({problem.__class__.__name__})", "Name another with --config")
        raise ConfigError([mistake]) from problem
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError([Mistake(str(path), f"is not TOML: {problem}", "Mend that line first")]) from problem


def _written_secrets(data: Any, where: str = "") -> list[Mistake]:
    if isinstance(data, list):
        return [m for number, item in enumerate(data) for m in _written_secrets(item, f"{where}.{number}")]
    found: list[Mistake] = []
    for key, value in data.items() if isinstance(data, dict) else ():
        inner = f"{where}.{key}" if where else key
        if _SECRET_NAMES.search(key):
            mend = f'Put it into a file and write {key}_file = "/path", or name a variable with {key}_env'
            found.append(Mistake(inner, "a secret is written into the file", mend))
        found += _written_secrets(value, inner)
    return found


def _unknown_variables() -> list[Mistake]:
    found = []
    for name in sorted(os.environ):
        section, _, rest = name.removeprefix("CONFSVC_").partition("__")
        if name.startswith("CONFSVC_") and rest and section.lower() not in _SECTIONS:
            what = f"there is no section {section.lower()}"
            found.append(Mistake(f"environment {name}", what, f"Sections are {', '.join(_SECTIONS)}"))
    return found


def _merged(data: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(data)
    for key, value in over.items():
        merged[key] = _merged(merged.get(key) or {}, value) if isinstance(value, Mapping) else value
    return merged


def _from_pydantic(error: dict[str, Any]) -> Mistake:
    path = ".".join(str(part) for part in error["loc"])
    variable = "CONFSVC_" + "__".join(str(part).upper() for part in error["loc"])
    where = f"environment {variable}" if variable in os.environ else path
    what = "there is no such setting" if error["type"] == "extra_forbidden" else error["msg"]
    return Mistake(where, what, _MENDS.get(error["type"], "Correct the value"))


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
