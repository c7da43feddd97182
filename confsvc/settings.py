"""Loading the configuration, and everything that can be wrong with it."""

from __future__ import annotations

import copy
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource
from pydantic_settings.exceptions import SettingsError

from confsvc.config import BridgeSection, Settings
from confsvc.secret import ConfigError, Mistake, make_secret
from confsvc.settings_check import check

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
        merged = _merged(_merged(data, environment), overrides or {})
        settings = Settings(**merged)
    except SettingsError as problem:
        raise ConfigError([*mistakes, Mistake("environment", str(problem), "Lists are written as JSON")]) from problem
    except ValidationError as problem:
        named = {mistake.where for mistake in mistakes}
        found = [_from_pydantic(dict(error)) for error in problem.errors()]
        mistakes += [m for m in found if m.where not in named]
        raise ConfigError([*mistakes, *_in_the_rest(merged, problem)]) from problem
    if quickstart and not settings.bridges:
        settings = with_simulated_bridge(settings)
    mistakes += check(settings)
    if mistakes:
        raise ConfigError(mistakes)
    return settings


def with_simulated_bridge(settings: Settings) -> Settings:
    """The same settings with a simulated Jitsi on the next port; its secrets are made in ``var`` (mode 0600)."""
    folder = settings.var.absolute() / "secrets"
    secret, callback = folder / "simulated-app-secret", folder / "simulated-callback-secret"
    make_secret(secret)
    make_secret(callback)
    host = settings.service.host if settings.loopback else "127.0.0.1"
    bridge = BridgeSection(
        name="simulated", base_url=f"http://{host}:{settings.service.port + 1}", simulated=True, seats=500,
        kbps=1_000_000, domain=SIMULATED_DOMAIN, muc_domain=f"conference.{SIMULATED_DOMAIN}", secret_file=secret,
        callback_secret_file=callback,
    )  # fmt: skip
    return settings.model_copy(update={"bridges": [bridge]})


def _in_the_rest(merged: dict[str, Any], problem: ValidationError) -> list[Mistake]:
    """What is wrong besides the fields that are not well-formed; nothing where the rest makes no sense without them."""
    rest = copy.deepcopy(merged)
    for error in problem.errors():
        path = error["loc"][:-1] if error["type"] == "missing" else error["loc"]
        _remove(rest, path)
    try:
        return check(Settings(**rest))
    except ValidationError:
        return []


def _remove(data: Any, path: Sequence[int | str]) -> None:
    for part in path[:-1]:
        inside = dict(enumerate(data)) if isinstance(data, list) else data
        data = inside.get(part) if isinstance(inside, dict) else None
    if path and isinstance(data, dict):
        data.pop(path[-1], None)
    elif path and isinstance(data, list) and isinstance(path[-1], int):
        data[path[-1]] = None
        data[:] = [item for item in data if item is not None]


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
