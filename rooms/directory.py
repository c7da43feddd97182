"""Reading the directory as a whole: the tree as of a day, and one search over units, rooms and people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from rooms.models import LEVELS
from rooms.names import search_key
from rooms.place_queries import list_people, list_rooms
from rooms.queries import UnitOn, find_successor, list_names, list_units


@dataclass(frozen=True)
class Branch:
    """A unit and those below it, in protocol order."""

    unit: UnitOn
    below: tuple[Branch, ...]


def tree(db: Session, on: date, *, levels: Sequence[str] = LEVELS) -> tuple[Branch, ...]:
    """The tree of a day, without the levels that are not wanted.

    A unit whose parent has ended stands below the parent's successor; with none of the wanted levels above, on top.
    """
    units = {unit.id: unit for unit in list_units(db, on)}
    children: dict[int | None, list[UnitOn]] = {}
    for unit in units.values():
        if unit.level not in levels:
            continue
        parent = unit.parent_id
        if parent is not None and parent not in units:
            parent = find_successor(db, parent, on)
        while parent in units and units[parent].level not in levels:
            parent = units[parent].parent_id
        children.setdefault(parent if parent in units else None, []).append(unit)

    def branch(unit: UnitOn) -> Branch:
        return Branch(unit, tuple(branch(child) for child in children.get(unit.id, ())))

    return tuple(branch(unit) for unit in children.get(None, ()))


@dataclass(frozen=True)
class Found:
    """A hit: ``kind`` unit, room or person; ``key`` a unit's code, a room's key, a person's id; ``at`` its office."""

    kind: str
    key: str
    name: str
    at: str


def search(db: Session, text: str, on: date, *, limit: int = 20) -> list[Found]:
    """What carries ``text`` in its name as of a day, whatever its case and accents: at most ``limit`` of each kind."""
    key = search_key(text)[:100]
    if not key:
        return []
    units = list_units(db, on, key=key)[:limit]
    rooms = list_rooms(db, on, search=key)[:limit]
    people = list_people(db, search=key)[:limit]
    offices = list_names(db, {person.unit_id for person in people}, on)
    return [
        *(Found("unit", unit.code, unit.name, unit.short) for unit in units),
        *(Found("room", room.key, room.name, room.unit_short) for room in rooms),
        *(Found("person", str(person.id), person.name, offices[person.unit_id].short) for person in people),
    ]
