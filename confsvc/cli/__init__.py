"""The command line: ``confsvc --help`` teaches it.

Exit codes: 0 done; 1 the answer is no (nothing found, refused); 2 the call or the configuration is wrong.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from confsvc.cli.setup import Setup

EPILOG = """\b
First steps:
  confsvc serve --quickstart          everything on this machine, with a simulated video host
  confsvc check-config                all mistakes of the configuration at once
  confsvc user add lan --name "…"     an account and the link with which its owner sets the password
"""


COMMANDS = {
    "serve": "serve:serve", "migrate": "data:migrate", "init": "data:init", "import-units": "data:import_units",
    "calendar": "calendars:calendar",
    "import-calendar": "calendar:import_calendar", "user": "users:user", "token": "users:token",
    "conference": "conferences:conference", "report": "conferences:report", "import-plan": "plans:import_plan",
    "export-plan": "plans:export_plan", "check-config": "check:check_config",
    "simulate-jitsi": "simulate:simulate_jitsi", "demo": "demo:demo", "mail": "mail:mail", "itip": "itip:itip",
}  # fmt: skip
"""Name on the command line to module of this folder and command in it."""


class Commands(click.Group):
    """Imports a command when it is called: what reads one hostile file must not pay for the whole service."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"confsvc.cli.{module}"), name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is no command")
        return found


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path), help="Configuration. [default: config.toml if there]")
@click.option("--var", type=click.Path(path_type=Path), help="The folder of data (database, mail, secrets).")
@click.version_option(package_name="confsvc")
@click.pass_context
def main(context: click.Context, config: Path | None, var: Path | None) -> None:
    """Books, provisions, conducts and measures video conferences between a province and its districts."""
    context.obj = Setup(config, var)
