"""What every command needs: settings, a database, the time, and problems said in plain words.

Settings, database and texts are imported where they are needed: a command that needs none of them starts in a tenth of
the time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from rooms.errors import Invalid, Problem

if TYPE_CHECKING:
    from confsvc.config import Settings
    from confsvc.database import Database

NO, WRONG = 1, 2


@dataclass
class Setup:
    """What stood before the command: ``--config`` and ``--var``."""

    config: Path | None
    var: Path | None

    def settings(self, *, quickstart: bool = False, **service: Any) -> Settings:
        """The settings with the command line over them; mistakes end the program, all of them listed."""
        from confsvc.secret import ConfigError
        from confsvc.settings import load

        given = {name: value for name, value in service.items() if value is not None}
        if self.var is not None:
            given["var"] = self.var
        try:
            return load(self.config, quickstart=quickstart, overrides={"service": given})
        except ConfigError as problem:
            for mistake in problem.mistakes:
                click.echo(f"✗ {mistake}", err=True)
            sys.exit(WRONG)

    @contextmanager
    def database(self, settings: Settings | None = None) -> Iterator[Database]:
        """The database of the settings, at the schema of this version; refuses one that is not there yet."""
        from confsvc import migrate
        from confsvc.database import Database

        settings = settings or self.settings()
        opened = Database(settings.database_url)
        try:
            if migrate.current(opened) != migrate.newest():
                fail("the database is not at the schema of this version; run: confsvc migrate", WRONG)
            yield opened
        finally:
            opened.close()


def now() -> datetime:
    """The present, aware, in UTC; the only place of the command line that reads the clock."""
    return datetime.now(UTC)


def fail(message: str, code: int = NO) -> NoReturn:
    """Say it on standard error and end with ``code``."""
    click.echo(f"✗ {message}", err=True)
    sys.exit(code)


@contextmanager
def told() -> Iterator[None]:
    """Turns a Problem into its English sentence, every wrong field on a line of its own."""
    try:
        yield
    except Invalid as problem:
        from confsvc.web.errors import field_text

        for error in problem.errors:
            click.echo(f"✗ {error.field}: {field_text(error, 'en')}", err=True)
        sys.exit(WRONG)
    except Problem as problem:
        from confsvc.web.errors import text_of

        fail(text_of(problem, "en"))


def show(value: Mapping[str, Any] | list[Any], *, as_json: bool, line: str | None = None) -> None:
    """Print for a program (one JSON document) or a person (``line``, else the pairs)."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
    elif line is not None:
        click.echo(line)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            click.echo(f"{name}: {part}")


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
