"""The working calendar on the command line: the packaged table under what people decided, and files."""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

import click

from confsvc.cli.setup import Setup, json_option, now, show, told
from confsvc.database import Database
from scheduler.calendar_acts import Report, import_days, load_packaged
from scheduler.calendar_file import read_days

PACKAGED = "calendar-vn.csv"


def load_calendar(database: Database, at: datetime) -> Report:
    """Bring the calendar to the table of this version; days that people decided stay as they are."""
    days = read_days(files("confsvc.data").joinpath(PACKAGED).read_bytes())
    report = database.write_now(load_packaged, days, actor="cli", now=at)
    if report.added or report.changed or report.removed:
        counts = f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed"
        click.echo(f"» working calendar of Vietnam: {counts}, {len(report.kept)} kept as people decided")
    return report


@click.command("import-calendar")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and show, change nothing.")
@json_option
@click.pass_obj
def import_calendar(setup: Setup, file: Path | None, dry_run: bool, as_json: bool) -> None:
    """Add or change holidays and swapped working days from a CSV file, as the government announced them.

    Columns: day (2027-02-05), working (0 a day off, 1 worked), name_vi, name_en, source. UTF-8. Days that FILE does not
    name stay; the same file twice changes nothing. Without FILE the table of this version is loaded, which leaves alone
    what people decided.
    """
    with setup.database() as database, told():
        if file is None:
            packaged = files("confsvc.data").joinpath(PACKAGED)
            days = read_days(packaged.read_bytes())
            report = database.write_now(load_packaged, days, actor="cli", now=now(), dry_run=dry_run)
        else:
            report = database.write_now(
                import_days, read_days(file.read_bytes()), actor="cli", now=now(), dry_run=dry_run
            )
    counts = {"added": report.added, "changed": report.changed, "removed": report.removed, "kept": report.kept}
    lines = [
        f"» {', '.join(f'{len(days)} {name}' for name, days in counts.items())}, {len(report.unchanged)} unchanged"
    ]
    lines += [f"  {name} {day}" for name, days in counts.items() for day in _first(days)]
    if dry_run:
        lines.append("» nothing was written")
    document = {name: [day.isoformat() for day in days] for name, days in counts.items()} | {"dry_run": dry_run}
    show(document, as_json=as_json, line="\n".join(lines))


def _first(days: tuple[date, ...], most: int = 40) -> list[str]:
    """The first of many days, and how many more there are."""
    more = [f"… and {len(days) - most} more"] if len(days) > most else []
    return [f"{day:%d/%m/%Y}" for day in days[:most]] + more
