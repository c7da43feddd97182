"""Runs the simulated Jitsi as a process of its own: ``python -m confsvc.simulate`` or ``confsvc simulate-jitsi``."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from pathlib import Path

from aiohttp import web

from confsvc.simulate.app import build
from confsvc.simulate.config import SimulatorConfig


async def serve(config: SimulatorConfig, *, started: asyncio.Event | None = None) -> None:
    """Serves until SIGTERM, SIGINT or cancellation; ``started`` is set once the port is open. OSError: port taken."""
    runner = web.AppRunner(build(config), access_log=None)
    await runner.setup()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        await web.TCPSite(runner, config.host, config.port).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if started is not None:
            started.set()
        await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        await runner.cleanup()


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(prog="confsvc.simulate", description="Simulated Jitsi (Jitsi mô phỏng), 127.0.0.1.")
    out.add_argument("--port", type=int, default=8081)
    out.add_argument("--callback-url", required=True, help="prefix of /conference and /events/… at the service")
    out.add_argument("--events-url", help="prefix of /events/… where it differs")
    out.add_argument("--callback-secret-file", type=Path, help="file with the secret sent as Bearer")
    out.add_argument("--callback-secret", default="", help="the same in the open; visible in the list of processes")
    out.add_argument("--app-id", default="confsvc", help="the tokens' iss")
    out.add_argument("--hs256-secret-file", type=Path, help="file with the shared secret of the tokens")
    out.add_argument("--rs256-key-server", help="URL below which <sha256 of kid>.pem are served")
    out.add_argument("--domain", default="meet.simulated", help="the tokens' sub")
    out.add_argument("--muc-domain", help="conference.<domain> unless given")
    out.add_argument("--tick", type=float, default=60.0, help="seconds between two looks at expired reservations")
    out.add_argument("--hibernation", type=float, default=60.0, help="seconds that a cut link stays in its room")
    out.add_argument("--ask-for-devices", action="store_true", help="the room page asks for camera and microphone")
    return out


def config_from(options: argparse.Namespace) -> SimulatorConfig:
    """ValueError or OSError where an option is of no use."""
    secret_file, callback_file = options.hs256_secret_file, options.callback_secret_file
    callback_secret = options.callback_secret or os.environ.get("CONFSVC_SIMULATOR_CALLBACK_SECRET", "")
    return SimulatorConfig(
        port=options.port,
        callback_url=options.callback_url.rstrip("/"),
        events_url=options.events_url.rstrip("/") if options.events_url else None,
        callback_secret=callback_file.read_text().strip() if callback_file else callback_secret,
        app_id=options.app_id,
        hs256_secret=secret_file.read_text().strip() if secret_file else None,
        rs256_key_server=options.rs256_key_server.rstrip("/") if options.rs256_key_server else None,
        domain=options.domain,
        muc_domain=options.muc_domain or f"conference.{options.domain}",
        tick=options.tick,
        hibernation=options.hibernation,
        ask_for_devices=options.ask_for_devices,
    )


def main(arguments: list[str] | None = None) -> None:
    words = parser()
    try:
        config = config_from(words.parse_args(arguments))
        asyncio.run(serve(config))
    except (ValueError, OSError) as error:
        words.error(str(error))
