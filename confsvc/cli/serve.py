"""Running the service."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from confsvc.cli.calendar import load_calendar
from confsvc.cli.data import prepare
from confsvc.cli.setup import Setup, fail, now
from confsvc.config import Settings
from confsvc.tokens import first_admin_link
from confsvc.web.serving import serve as run

SIMULATOR_PATIENCE = 15.0


@click.command()
@click.option("--host", help="Address to listen on. [default: service.host]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on. [default: service.port]")
@click.option("--var", type=click.Path(), help="The folder of data.")
@click.option("--quickstart", is_flag=True, help="Create and fill the database; simulate a video host if none is set.")
@click.option("--json-logs", is_flag=True, help="Log lines as JSON, for a collector.")
@click.option("--without-simulator", is_flag=True, help="Do not start the simulated video host beside the service.")
@click.option("--without-jobs", is_flag=True, help="Advance no conference and send nothing: see service.jobs.")
@click.pass_obj
def serve(
    setup: Setup, host: str | None, port: int | None, var: str | None, quickstart: bool, json_logs: bool,
    without_simulator: bool, without_jobs: bool,
) -> None:  # fmt: skip
    """Serve pages, API, room endpoints and video hosts until SIGTERM or Ctrl+C.

    Listening on an address that others can reach is refused without TLS (docs/operations.md says how to set it up).
    """
    settings = setup.settings(quickstart=quickstart, host=host, port=port, var=var)
    if without_jobs:  # after the checks: on SQLite whoever says so here means it
        settings = settings.model_copy(update={"service": settings.service.model_copy(update={"jobs": False})})
    if quickstart:
        prepare(settings, now())
    with setup.database(settings) as database:
        load_calendar(database, now())
        link = database.write_now(first_admin_link, now=now())
    with _simulator(setup, settings, without_simulator):
        _announce(settings, link)
        try:
            asyncio.run(run(settings, json_logs=json_logs))
        except OSError as problem:
            fail(f"cannot listen on {settings.service.host}:{settings.service.port}: {problem.strerror or problem}")


def _announce(settings: Settings, link: str | None) -> None:
    url = settings.public_url
    click.echo(f"» {url}")
    if link:
        click.echo("» nobody can sign in yet: make the first administrator (once, within seven days) at")
        click.echo(f"  {url}/first-admin/{link}")
    if settings.maildir:
        click.echo(f"» no mail server is set: letters are kept in {settings.maildir} and shown at {url}/outbox")
    if settings.simulated:
        click.echo("» the video host is simulated (mô phỏng): no picture, no sound")
    click.echo(f"» a room's screen: {url}/kiosk")
    sys.stdout.flush()


@contextmanager
def _simulator(setup: Setup, settings: Settings, without: bool) -> Iterator[None]:
    """The simulated video host in a process of its own that ends with this one, whatever happens to it."""
    if without or not settings.simulated:
        yield
        return
    command = [sys.executable, "-m", "confsvc"]
    if setup.config is not None:
        command += ["--config", str(setup.config)]
    command += ["--var", str(settings.var), "simulate-jitsi", "--port", str(settings.service.port), "--until-eof"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        _wait_until_up(child, settings.service.port + 1)
        yield
    finally:
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()


def _wait_until_up(child: subprocess.Popen[bytes], port: int) -> None:
    """Until it answers, or has ended, or has had its time: the first look at the video hosts would report it missing
    while it is only starting."""
    until = time.monotonic() + SIMULATOR_PATIENCE
    while child.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
