"""The simulated Jitsi as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import click

from confsvc.cli.setup import Setup, fail
from confsvc.simulate.config import SimulatorConfig
from confsvc.simulate.main import serve as run


@click.command("simulate-jitsi")
@click.option("--port", type=click.IntRange(1, 65535), help="The service's port; the video host takes the next.")
@click.option("--until-eof", is_flag=True, hidden=True, help="End when standard input closes.")
@click.pass_obj
def simulate_jitsi(setup: Setup, port: int | None, until_eof: bool) -> None:
    """Run the simulated video host (mô phỏng) for a service started with `serve --quickstart --without-simulator`.

    It takes tickets, asks whether a room may open and reports who comes and goes, as a real Jitsi does; no picture
    or sound is carried. For trying out and tests, on this machine only.
    """
    settings = setup.settings(quickstart=True, port=port)
    bridge = next((b for b in settings.bridges if b.simulated), None)
    if bridge is None:
        fail("the configuration has video hosts, none of them simulated")
        return
    config = SimulatorConfig(
        port=settings.service.port + 1,
        callback_url=f"http://127.0.0.1:{settings.service.port}/jitsi/{bridge.name}",
        callback_secret=bridge.callback_secret or "",
        app_id=bridge.app_id,
        hs256_secret=bridge.secret,
        domain=bridge.subject,
        muc_domain=bridge.muc_domain,
    )
    try:
        asyncio.run(_until_eof(config) if until_eof else run(config))
    except OSError as problem:
        fail(f"port {config.port} cannot be used: {os.strerror(problem.errno or 0)}")


async def _until_eof(config: SimulatorConfig) -> None:
    """Ends with the process that started it, however that one ends: its end of the pipe closes."""
    serving = asyncio.ensure_future(run(config))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    closed = asyncio.ensure_future(reader.read())
    await asyncio.wait({serving, closed}, return_when=asyncio.FIRST_COMPLETED)
    closed.cancel()
    if serving.done():
        serving.result()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
