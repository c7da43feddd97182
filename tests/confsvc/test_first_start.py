"""A first start as `make run` does it: real processes, an empty folder, and nothing said that is not true."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


def _free_port() -> int:
    """One of which the next is free as well, for the simulated video host."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@pytest.mark.slow
def test_the_first_start_warns_of_nothing(tmp_path: Path) -> None:
    port, log = _free_port(), tmp_path / "log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONFSVC_")}
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "confsvc", "--var", str(tmp_path), "serve", "--quickstart", "--port", str(port)],
            cwd=tmp_path, env={**kept, "PYTHONPATH": str(ROOT)}, stdout=written, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        video = None
        with httpx.Client(transport=httpx.HTTPTransport(retries=9), timeout=30) as client:
            while video is None and process.poll() is None:  # until it has looked at the video host once
                try:
                    video = client.get(f"http://127.0.0.1:{port}/health").json()["video"]["simulated"]
                except httpx.ConnectError:
                    continue
        assert video is True, log.read_text()
    finally:
        process.terminate()
        process.wait(timeout=30)
    said = log.read_text().splitlines()
    assert [line for line in said if "warning" in line.lower() or "error" in line.lower()] == []
    assert process.returncode == 0
