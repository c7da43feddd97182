"""Requests recorded from a real Prosody, one JSON file per case, and how tests read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load(case: str) -> dict[str, Any]:
    """One recording: ``case``, ``client`` (what clients saw) and ``requests`` (what the server got and answered)."""
    found: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text("utf-8"))
    return found


def recorded() -> list[tuple[str, dict[str, Any]]]:
    """Every request of every case, as (case, request)."""
    cases = sorted(path.stem for path in FOLDER.glob("*.json"))
    return [(case, request) for case in cases for request in load(case)["requests"]]
