"""The simulator as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from confsvc.simulate.config import SimulatorConfig
from confsvc.simulate.main import config_from, parser
from tests.confsvc.simulate.service import RecordingService
from tests.fakes.jitsi import SECRET, Endpoint, SimulatedJitsi


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def answers(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def test_runs_and_stops_on_a_signal(tmp_path: Path, service: RecordingService) -> None:
    secret, port = tmp_path / "secret", free_port()
    secret.write_text(f"{SECRET}\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "confsvc.simulate", "--port", str(port), "--callback-url", f"{service.url}/",
        "--callback-secret", "s", "--app-id", "confsvc", "--hs256-secret-file", str(secret),
    )  # fmt: skip
    try:
        async with asyncio.timeout(20):
            while not await answers(f"http://127.0.0.1:{port}/about/health"):
                assert process.returncode is None
                await asyncio.sleep(0.05)
            endpoint = await Endpoint.connect(f"http://127.0.0.1:{port}")
            await endpoint.login(SimulatedJitsi(service.url).token("r1"))
            await endpoint.ask("r1")
            await endpoint.enter("r1")
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            await endpoint.drop()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert service.of("POST", "/conference")[0].header("Authorization") == "Bearer s"
    assert service.events()[0] == "room/created"


def test_settings_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    words = ["--callback-url", "http://s/jitsi/", "--hs256-secret-file", str(file), "--domain", "meet.vn"]
    config = config_from(parser().parse_args([*words, "--tick", "5"]))
    assert (config.callback_url, config.events_prefix) == ("http://s/jitsi", "http://s/jitsi")
    assert (config.hs256_secret, config.muc_domain, config.tick, config.host) == (
        SECRET, "conference.meet.vn", 5.0, "127.0.0.1"
    )  # fmt: skip


def test_one_rule_for_tokens() -> None:
    for keys in ({}, {"hs256_secret": SECRET, "rs256_key_server": "http://k"}):
        with pytest.raises(ValueError, match="hs256_secret"):
            SimulatorConfig(callback_url="http://s", **keys)
