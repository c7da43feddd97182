"""Mails on the command line: what the inbox would make of one."""

from __future__ import annotations

import click


@click.group()
def mail() -> None:
    """Mails that come in."""
