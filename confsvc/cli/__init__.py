"""The command line: ``confsvc --help`` teaches it.

Exit codes: 0 done; 1 the answer is no (nothing found, refused); 2 the call or the configuration is wrong.
"""

from __future__ import annotations

from pathlib import Path

import click

from confsvc.cli import calendar, check, conferences, data, demo, plans, serve, simulate, users
from confsvc.cli.setup import Setup

EPILOG = """\b
First steps:
  confsvc serve --quickstart          everything on this machine, with a simulated video host
  confsvc check-config                all mistakes of the configuration at once
  confsvc user add lan --name "…"     an account and the link with which its owner sets the password
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path), help="Configuration. [default: config.toml if there]")
@click.option("--var", type=click.Path(path_type=Path), help="The folder of data (database, mail, secrets).")
@click.version_option(package_name="confsvc")
@click.pass_context
def main(context: click.Context, config: Path | None, var: Path | None) -> None:
    """Books, provisions, conducts and measures video conferences between a province and its districts."""
    context.obj = Setup(config, var)


for command in (
    serve.serve, data.migrate, data.init, data.import_units, calendar.import_calendar, users.user, users.token,
    conferences.conference, conferences.report, plans.import_plan, plans.export_plan, check.check_config,
    simulate.simulate_jitsi, demo.demo,
):  # fmt: skip
    main.add_command(command)
