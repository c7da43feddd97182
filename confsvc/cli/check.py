"""Checking the configuration."""

from __future__ import annotations

import click

from confsvc.cli.setup import Setup, json_option, show
from confsvc.config import describe


@click.command("check-config")
@json_option
@click.pass_obj
def check_config(setup: Setup, as_json: bool) -> None:
    """Read the configuration and say everything that is wrong with it, or what is in force.

    Secrets must not stand in the file: it names a file (…_file) or a variable of the environment (…_env).
    """
    settings = setup.settings()
    if as_json:
        show(dict(describe(settings)), as_json=True)
        return
    click.echo("✓ the configuration can be used")
    click.echo(f"  people reach the service at {settings.public_url}")
    click.echo(f"  letters go {'into ' + str(settings.maildir) if settings.maildir else 'through the mail server'}")
    names = ", ".join(bridge.name for bridge in settings.bridges)
    click.echo(f"  video hosts: {names or 'none (only in-person conferences can be booked)'}")
