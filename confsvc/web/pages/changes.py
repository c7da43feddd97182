"""The log of a conference for people: who, when, what, before and after.  (pure)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confsvc.web.pages.phrases import FIELDS, Phrases
from rooms.models import Change


@dataclass(frozen=True)
class Difference:
    """One field, before and after, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangeView:
    at: datetime
    who: str
    act: str
    reason: str
    differences: tuple[Difference, ...]


def change_views(
    rows: Iterable[Change], actors: Mapping[str, str], rooms: Mapping[int, str], units: Mapping[int, str],
    words: Phrases,
) -> list[ChangeView]:  # fmt: skip
    """``rooms``, ``units``: names by id, for the values that are ids."""
    return [
        ChangeView(
            row.at, actors[row.actor], words.act(row.act), row.reason or "", _differences(row, rooms, units, words)
        )
        for row in rows
    ]


def room_ids(rows: Iterable[Change]) -> set[int]:
    """The rooms that these rows name by id."""
    sides = [side or {} for row in rows for side in (row.before, row.after)]
    return {room for side in sides for room in side.get("rooms", []) if isinstance(room, int)}


def _differences(
    row: Change, rooms: Mapping[int, str], units: Mapping[int, str], words: Phrases
) -> tuple[Difference, ...]:
    before, after = row.before or {}, row.after or {}
    if not before:
        return ()
    found = []
    for name in after:
        if before.get(name) == after[name] or name == "due":
            continue
        if name.startswith("unit:"):
            label = units.get(int(name.partition(":")[2]), name)
            found.append(Difference(label, _mark(before.get(name), words), _mark(after[name], words)))
        elif name in FIELDS:
            shown = (_shown(name, side.get(name), rooms, words) for side in (before, after))
            found.append(Difference(words.field(name), *shown))
    return tuple(found)


def _shown(name: str, value: Any, rooms: Mapping[int, str], words: Phrases) -> str:
    if name == "rooms" and isinstance(value, list):
        return ", ".join(rooms.get(room, str(room)) for room in value) or "–"
    return words.value(name, value)


def _mark(value: Any, words: Phrases) -> str:
    """How a unit attended, and with how many."""
    if not isinstance(value, dict) or not value.get("mode"):
        return "–"
    heads = value.get("heads")
    return words.mode(value["mode"]) + (f" ({heads})" if heads is not None else "")
