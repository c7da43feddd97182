"""Where Lua differs from Python and it shows from outside: numbers in text, form encoding, the order of keys."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote


def concatenated(value: object) -> str | None:
    """What ``".." .. value`` gives for a value decoded from JSON; None where Lua raises.

    cjson decodes every number to a float, so 364758328 becomes ``364758328.0`` and 18 digits become
    ``1.2345678901235e+17`` (measured).
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = f"{float(value):.14g}"
        return text + ".0" if re.fullmatch(r"-?\d+", text) else text
    return None


def number(value: object) -> float | None:
    """``tonumber``: a number, or a string that reads as one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


class Order:
    """The order in which one Prosody process walks a table's keys: arbitrary, but the same for its whole life."""

    def __init__(self, seed: int | None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - order of keys, nothing secret
        self._rank: dict[str, float] = {}

    def of(self, table: Mapping[str, Any]) -> list[tuple[str, Any]]:
        return sorted(table.items(), key=lambda item: self._rank.setdefault(item[0], self._random.random()))

    def shuffled(self, items: list[Any]) -> list[Any]:
        return self._random.sample(items, len(items))

    def json(self, value: Any) -> str:
        return json.dumps(self._arranged(value), ensure_ascii=False, separators=(",", ":"))

    def form(self, table: Mapping[str, str]) -> str:
        return "&".join(f"{_escaped(key)}={_escaped(value)}" for key, value in self.of(table))

    def _arranged(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._arranged(item) for key, item in self.of(value)}
        if isinstance(value, list):
            return [self._arranged(item) for item in value]
        return value


def _escaped(text: str) -> str:
    lowered = re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), quote(text, safe=""))
    return lowered.replace("%20", "+")
