"""Where a style sheet or script is: hashed names from the build's manifest, plain ones when nothing was built yet."""

from __future__ import annotations

import json
from pathlib import Path

DIST = Path(__file__).parent / "static" / "dist"
PREFIX = "/static"


class Assets:
    """The files of the front end's build."""

    def __init__(self, folder: Path = DIST) -> None:
        self.folder = folder
        manifest = folder / "manifest.json"
        self._names: dict[str, str] = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {}

    def url(self, name: str) -> str:
        """The address of "app.css"; its content never changes under one address."""
        return f"{PREFIX}/{self._names.get(name, name)}"
