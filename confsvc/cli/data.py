"""Commands on the data as a whole: schema, default directory, imports."""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

import click

from confsvc import migrate as schema
from confsvc.cli.calendar import load_calendar
from confsvc.cli.setup import Setup, fail, json_option, now, show, told
from confsvc.config import Settings
from confsvc.database import Database
from rooms.history import import_history
from rooms.importing import Report
from rooms.importing import import_units as add_units
from rooms.queries import list_units
from rooms.unit_files import read_history, read_units
from scheduler.local_time import local_day
from scheduler.record.goals import add_commune_scope, add_default_goals

DEFAULT_ON = date(2010, 11, 16)
"""The day of the plan: the default directory is the province as it was then."""


@click.command()
@click.option("--to", "revision", help='A revision, or "base" to remove every table. [default: the newest]')
@click.option("--yes", is_flag=True, help="Do not ask before going back.")
@click.pass_obj
def migrate(setup: Setup, revision: str | None, yes: bool) -> None:
    """Bring the database to the schema of this version (or to another revision)."""
    settings = setup.settings()
    settings.var.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    try:
        before = schema.current(database)
        if revision is None or revision == schema.newest():
            schema.upgrade(database)
            load_calendar(database, now())
        else:
            if not yes and not click.confirm(f"Going back to {revision} can lose data. Have you made a backup?"):
                fail("nothing was changed")
            schema.downgrade(database, revision)
        click.echo(f"» schema: {before or 'empty'} → {schema.current(database) or 'empty'}")
    finally:
        database.close()


@click.command()
@click.pass_obj
def init(setup: Setup) -> None:
    """Create the database and load the default directory (Bắc Giang as of 16/11/2010) into an empty one.

    The working calendar of Vietnam is loaded, too, and brought up to date by a later run.
    """
    prepare(setup.settings(), now())


def prepare(settings: Settings, at: datetime) -> None:
    """Create and migrate the database, load the working calendar, and the directory where there is no unit yet."""
    settings.var.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    try:
        if schema.current(database) != schema.newest():
            click.echo("» creating the tables")
            schema.upgrade(database)
        if not database.read_now(list_units, local_day(at)):
            click.echo("» loading the default directory: Bắc Giang as of 16/11/2010")
            load_default_directory(database, mail_domain=settings.mail.domain, at=at)
        load_calendar(database, at)
    finally:
        database.close()


def load_default_directory(database: Database, *, mail_domain: str, at: datetime) -> Report:
    """The 33 offices with hall, line, endpoint and role contact, the goals and the scope of the plan."""
    rows = read_units(files("confsvc.data").joinpath("units-2010.csv").read_bytes())
    report = database.write_now(add_units, rows, on=DEFAULT_ON, actor="cli", now=at, mail_domain=mail_domain)
    database.write_now(add_default_goals, actor="cli", now=at, current_year=local_day(at).year)
    return report


@click.command("import-units")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--history", is_flag=True, help="FILE holds dated reforms (default: those of Bắc Giang up to 2025).")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="As of which day FILE is true. [default: today]")
@click.option("--dry-run", is_flag=True, help="Check and count, change nothing.")
@json_option
@click.pass_obj
def import_units(
    setup: Setup, file: Path | None, history: bool, on: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Add or update units from a CSV file, or apply dated reforms (merge, split, rename, abolish).

    Columns of a unit file: code, level, parent, name_vi and, as known, short_vi, name_en, letter_symbol, gso, seat,
    road_km, drive_min, valid_from, valid_to, confidence. UTF-8. The same file twice changes nothing.
    """
    settings, at = setup.settings(), now()
    with setup.database(settings) as database, told():
        domain = settings.mail.domain
        if history:
            packaged = files("confsvc.data").joinpath("units-history.csv")
            reforms = read_history(file.read_bytes() if file else packaged.read_bytes())
            report = database.write_now(
                import_history, reforms, actor="cli", now=at, mail_domain=domain, dry_run=dry_run
            )
            if not dry_run:
                database.write_now(add_commune_scope, actor="cli", now=at)
        else:
            if file is None:
                raise click.UsageError("name the CSV file to import (or use --history)")
            day = on.date() if on else local_day(at)
            rows = read_units(file.read_bytes())
            report = database.write_now(
                add_units, rows, on=day, actor="cli", now=at, mail_domain=domain, dry_run=dry_run
            )
    counts = {"added": report.added, "changed": report.changed, "unchanged": report.unchanged, "dry_run": dry_run}
    words = ", ".join(f"{len(codes)} {name}" for name, codes in counts.items() if isinstance(codes, list))
    show(counts, as_json=as_json, line=f"» {words}{' (nothing was written)' if dry_run else ''}")
