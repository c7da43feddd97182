"""The log of a conference for people: who, when, what, before and after.  (pure)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confsvc.web.pages.phrases import FIELDS, Phrases
from rooms.models import Change

_SAID = {("state", act) for act in (
    "provision", "open", "end", "record", "cancelled", "booked", "asked", "approved", "returned", "answered", "lapsed",
    "displaced", "time_accepted", "time_refused", "time_unanswered", "postponed", "put_back",
)}  # fmt: skip
"""What the act itself says."""


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
            row.at,
            actors[row.actor],
            words.act(row.act),
            words.change_reason(row.act, row.reason or ""),
            _differences(row, rooms, units, words),
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
    for name in before if "state" in before else after:  # a move writes columns that are no news
        if name not in after or before.get(name) == after[name] or name == "due":
            continue
        if name.startswith("unit:"):
            label = units.get(int(name.partition(":")[2]), name)
            found.append(Difference(label, _mark(before.get(name), words), _mark(after[name], words)))
        elif name == "rooms":
            found.append(Difference(words.field(name), *_rooms(before.get(name) or [], after[name], rooms)))
        elif name in FIELDS and (name, row.act) not in _SAID:
            old, new = words.value(name, before.get(name)), words.value(name, after[name])
            found.append(Difference(words.field(name), old, new))
    return tuple(found)


def _rooms(before: list[int], after: list[int], names: Mapping[int, str]) -> tuple[str, str]:
    """Those left out and those added; all of them when only their order changed."""
    gone, new = [r for r in before if r not in after], [r for r in after if r not in before]
    if not gone and not new:
        gone, new = before, after
    return ", ".join(names.get(r, str(r)) for r in gone) or "–", ", ".join(names.get(r, str(r)) for r in new) or "–"


def _mark(value: Any, words: Phrases) -> str:
    """How a unit attended, and with how many."""
    if not isinstance(value, dict) or not value.get("mode"):
        return "–"
    heads = value.get("heads")
    return words.mode(value["mode"]) + (f" ({heads})" if heads is not None else "")
