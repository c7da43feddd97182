"""The demonstration year from the command line."""

from __future__ import annotations

import sys
from typing import Any

import click

from confsvc.cli.data import prepare
from confsvc.cli.setup import Setup, json_option, now, show, told
from confsvc.demonstration import queries
from confsvc.demonstration.play import play
from confsvc.rules import configured_bridges, rules_of
from confsvc.standing_rules import read_rules
from scheduler.bridge_queries import register_bridges

_AT_ONCE = 20


@click.command()
@click.option("--year", type=click.IntRange(2010, 2100), help="A whole year. [default: this one so far]")
@click.option("--seed", type=int, default=2668, show_default=True, help="The same seed makes the same year.")
@click.option("--remove", is_flag=True, help="Remove every demonstration conference instead.")
@json_option
@click.pass_obj
def demo(setup: Setup, year: int | None, seed: int, remove: bool, as_json: bool) -> None:
    """Fill an empty database with a believable year for the 33 offices, marked as demonstration on every page.

    About 230 counted meetings with peaks, refusals, line faults and in-person ones. No mail is sent for them.
    """
    settings, at = setup.settings(quickstart=True), now()
    prepare(settings, at)
    with setup.database(settings) as database, told():
        if remove:
            count = 0
            while done := database.write_now(queries.delete_demo, _AT_ONCE):
                count += done
            database.write_now(queries.delete_demo_changes)
            show({"removed": count}, as_json=as_json, line=f"» {count} demonstration conferences were removed")
            return
        ids = database.write_now(register_bridges, configured_bridges(settings))
        rules = database.read_now(read_rules, rules_of(settings, ids))
        label = "» playing the year"
        bar: Any = click.progressbar(length=1, label=label, file=sys.stderr)
        with bar:

            def progress(_done: int, of: int) -> None:
                bar.length = of
                bar.update(1)

            played = play(database, rules, now=at, year=year, seed=seed, progress=progress)
    counts = {name: getattr(played, name) for name in ("booked", "logged", "refused", "moved", "cancelled")}
    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    show(counts, as_json=as_json, line=f"» {words}; hosts: {len(played.hosts)}")
