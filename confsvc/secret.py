"""Secrets by reference: a file or a variable of the environment that holds one, read when it is needed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mistake:
    """One thing wrong with the configuration: where it stands, what is wrong, how to mend it."""

    where: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.mend}"


class ConfigError(Exception):
    """The configuration cannot be used; carries every mistake at once."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(m) for m in mistakes))


@dataclass(frozen=True)
class Secret:
    """Where a secret is kept: ``path`` or the name of an environment variable, or neither."""

    section: str
    name: str
    path: Path | None
    variable: str | None


def read_secret(secret: Secret) -> str | None:
    """The secret without the line end, or None when the configuration names none.

    Raises ConfigError when it is named twice, cannot be read, or is empty.
    """
    where = f"{secret.section}.{secret.name}"
    if secret.path and secret.variable:
        raise ConfigError([Mistake(f"{where}_file", "named twice", f"Keep {secret.name}_file or {secret.name}_env")])
    if secret.path:
        try:
            value = secret.path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            what = f"{secret.path} cannot be read ({problem.__class__.__name__})"
            mend = "Make the file, readable by the service's user only"
            raise ConfigError([Mistake(f"{where}_file", what, mend)]) from problem
        if not value:
            raise ConfigError([Mistake(f"{where}_file", f"{secret.path} is empty", "Write the secret into it")])
        return value
    if secret.variable:
        value = os.environ.get(secret.variable, "").strip()
        if not value:
            what = f"the environment has no {secret.variable}"
            raise ConfigError([Mistake(f"{where}_env", what, "Set it where the service is started")])
        return value
    return None


def make_secret(path: Path) -> None:
    """Write 32 random bytes (hex) into ``path``, readable by its owner only, unless it is there already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    try:
        os.link(draft, path)  # whole or not at all: others start at this moment
    except FileExistsError:
        return
    finally:
        draft.unlink()
